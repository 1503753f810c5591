import Foundation
import Testing

@testable import JacquardArrays

@Suite("NumPy's .npy files")
struct NPYFileTests {
  @Test("What NumPy writes is read", arguments: NumPyGolden.npy)
  func goldens(_ golden: NumPyGolden) throws {
    let folder = try ScratchFolder()
    let read = try NDArray(contentsOfNPY: try folder.write(golden.file, as: "a.npy"))
    #expect(read == golden.members[0].array)
  }

  @Test(
    "What is written is what NumPy writes",
    arguments: NumPyGolden.npy.filter {
      !["fortran", "big_endian", "version"].contains(where: $0.name.contains)
    })
  func sameBytes(_ golden: NumPyGolden) throws {
    let folder = try ScratchFolder()
    try golden.members[0].array.writeNPY(to: folder.path + "/a.npy")
    let written = try folder.bytes(of: "a.npy")
    #expect(written == golden.file)
    // The temporary file is gone.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.npy"])
  }

  @Test("Slices and reshapes are written as what they show")
  func slices() throws {
    let folder = try ScratchFolder()
    let whole = NDArray.arange(24, .float32).reshaped(to: [4, 6])
    try whole[1..<3].writeNPY(to: folder.path + "/a.npy")
    let read = try NDArray(contentsOfNPY: folder.path + "/a.npy")
    #expect(read == whole[1..<3])
  }

  @Test("Elements Jacquard does not have are refused by name", arguments: NumPyGolden.refused)
  func refused(_ golden: NumPyGolden) throws {
    let expected = [
      "npy_refused_float16": "elements of type '<f2' are none that Jacquard has",
      "npy_refused_complex64": "elements of type '<c8' are none",
      "npy_refused_uint16": "elements of type '<u2' are none",
      "npy_refused_int8": "elements of type '|i1' are none",
      "npy_refused_datetime64": "elements of type '<M8[s]' are none",
      "npy_refused_S3": "elements of type '|S3' are none",
      "npy_refused_U2": "elements of type '<U2' are none",
      "npy_refused_records": "'descr' describes records",
      "npy_refused_named_records": "'descr' describes records",
      "npy_refused_objects": "the elements are Python objects",
    ]
    let problem = try #require(expected[golden.name])
    let error = try failure(of: golden.file)
    #expect(error.problem.hasPrefix(problem))
    // Behind "{'descr': ", which follows ten bytes; twelve in version 3.
    #expect(error.byte == (golden.file[6] == 1 ? 20 : 22))
  }

  @Test("A message has the file, the byte, the problem and the remedy")
  func message() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(try NumPyGolden.named("npy_float32_2x3").file.dropLast(5), as: "w")
    let error = #expect(throws: NumPyFileError.self) { try NDArray(contentsOfNPY: path) }
    #expect(
      "\(try #require(error))" == """
        cannot read '\(path)', byte 147: float32 of shape [2, 3] takes 24 bytes, \
        but only 19 follow the header; the file was cut off: copy or write it again
        """)
    #expect(error?.localizedDescription == error?.description)
  }

  @Test("A file that is not there, and a folder")
  func notFiles() throws {
    let folder = try ScratchFolder()
    let missing = #expect(throws: FileReadError.self) {
      try NDArray(contentsOfNPY: folder.path + "/none.npy")
    }
    #expect(missing?.description.contains("No such file") == true)
    let directory = #expect(throws: FileReadError.self) { try NDArray(contentsOfNPY: folder.path) }
    #expect(directory?.reason == "it is a folder")
  }

  @Test("A file that cannot be written is an error that names it")
  func unwritable() throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/none/a.npy"
    let error = #expect(throws: FileWriteError.self) { try NDArray(Float(1)).writeNPY(to: path) }
    #expect(error?.path == path)
  }

  // MARK: Headers

  struct BadHeader: Sendable, CustomTestStringConvertible {
    let header: String
    let problem: String
    /// Counted from the start of the header.
    let offset: Int
    var testDescription: String { header }

    init(_ header: String, _ problem: String, at offset: Int = 0) {
      self.header = header
      self.problem = problem
      self.offset = offset
    }
  }

  static let badHeaders = [
    BadHeader("", "the header ends where a value should be"),
    BadHeader("[]", "the header is not a dictionary"),
    BadHeader("{}", "the header has no 'descr'"),
    BadHeader(
      "{'descr': '<f4', 'shape': ()}", "the header has no 'fortran_order'"),
    BadHeader("{'descr': '<f4', 'fortran_order': False}", "the header has no 'shape'"),
    BadHeader("{'descr': '<f4', 'descr': '<f4'}", "'descr' is there twice", at: 17),
    BadHeader("{'descr': '<f4', 'size': 3}", "the header has a key other than", at: 17),
    BadHeader("{3: 4}", "the header has a key other than", at: 1),
    BadHeader("{'descr' '<f4'}", "''' stands where ':' should be", at: 9),
    BadHeader("{'descr': '<f4'", "the header ends where ',' should be", at: 15),
    BadHeader("{'descr': '<f4}", "a string has no end", at: 10),
    BadHeader("{'descr': '\\x3cf4'}", "a string has an escape", at: 12),
    BadHeader("{'descr': __import__('os')}", "'_' stands where a value should be", at: 10),
    BadHeader(filled(order: "0"), "'fortran_order' is neither True nor False", at: 34),
    BadHeader(filled(order: "Falsehood"), "'h' stands where ',' should be", at: 39),
    BadHeader(filled(shape: "[2]"), "'shape' is not a tuple", at: 50),
    BadHeader(filled(shape: "2"), "'shape' is not a tuple", at: 50),
    BadHeader(filled(shape: "(2)"), "'shape' is not a tuple", at: 50),
    BadHeader(filled(shape: "(-1,)"), "'shape' has an element that is no length", at: 50),
    BadHeader(filled(shape: "(2.0,)"), "a number is not a whole one", at: 51),
    BadHeader(filled(shape: "(02,)"), "a number is not a whole one", at: 51),
    BadHeader(filled(shape: "(0x2,)"), "a number is not a whole one", at: 51),
    BadHeader(filled(shape: "(-,)"), "a number is not a whole one", at: 51),
    BadHeader(filled(shape: "(None,)"), "'shape' has an element that is no length", at: 50),
    BadHeader(filled(shape: "(,)"), "',' stands where a value should be", at: 51),
    BadHeader(
      filled(shape: "(99999999999999999999,)"), "a number does not fit 64 bits", at: 51),
    BadHeader(
      filled(shape: "(4294967296, 4294967296)"), "'shape' has more elements than 64 bits",
      at: 50),
    BadHeader(
      filled(shape: "(0, 4294967296, 4294967296)"), "'shape' has more elements than 64 bits",
      at: 50),
    BadHeader(filled(descr: "'|f4'"), "elements of type '|f4' have no byte order", at: 10),
    BadHeader(filled(descr: "'<f4 '"), "elements of type '<f4 ' are none", at: 10),
    BadHeader(filled(descr: "''"), "elements of type '' are none", at: 10),
    BadHeader(filled() + "3", "'3' stands where the end of the header should be", at: 53),
    BadHeader(
      String(repeating: "(", count: 60_000), "brackets are nested more than 32 deep", at: 32),
  ]

  static func filled(
    descr: String = "'<f4'", order: String = "False", shape: String = "()"
  ) -> String {
    "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape)}"
  }

  @Test("A header is refused at the byte that is wrong", arguments: badHeaders)
  func badHeader(_ bad: BadHeader) throws {
    let error = try failure(of: file(bad.header))
    #expect(error.problem.hasPrefix(bad.problem))
    #expect(error.byte == 10 + bad.offset)
    #expect(!error.remedy.isEmpty)
  }

  @Test(
    "Other spellings of a header that Python reads",
    arguments: [
      "{'shape': (), 'fortran_order': False, 'descr': '<f4'}",
      "{ \"descr\" : \"<f4\" , 'fortran_order':True,'shape':()}",
      "{\n'descr': '=f4',\r\n\t'fortran_order': False, 'shape': (),\n}\n",
      "{'descr': 'f4', 'fortran_order': False, 'shape': ()}   \n",
    ])
  func spellings(_ header: String) throws {
    let array = try array(file(header) + [0, 0, 0x80, 0x3F])
    #expect(array == NDArray(Float(1)))
  }

  @Test("Long integers of Python 2, and plus signs")
  func longIntegers() throws {
    let array = try array(file(Self.filled(descr: "'|u1'", shape: "(2L, +1L)")) + [5, 6])
    #expect(array == NDArray([5, 6] as [UInt8], shape: [2, 1]))
  }

  @Test("What stands around the header")
  func frames() throws {
    let whole = try NumPyGolden.named("npy_float32_3").file
    let version = #expect(throws: NumPyFileError.self) { try array(Array(whole[..<6]) + [1, 1]) }
    #expect(version?.problem == "version 1.1 of the format is unknown")
    #expect(version?.byte == 6)
    #expect(try failure(of: []).problem.contains("does not begin with \\x93NUMPY"))
    #expect(try failure(of: Array("PK\u{3}\u{4}      ".utf8)).byte == 0)
    #expect(
      try failure(of: Array(whole[..<7])).problem == "the file ends before the end of the version")
    #expect(try failure(of: Array(whole[..<9])).problem.contains("the header's length"))
    #expect(try failure(of: Array(whole[..<50])).byte == 50)
    let trailing = try failure(of: whole + [0])
    #expect(trailing.problem == "float32 of shape [3] takes 12 bytes, but 13 follow the header")
    #expect(trailing.byte == whole.count)
    let long = try failure(of: NPYHeader.magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(long.problem.contains("a header of 4294967295 bytes is longer"))
    #expect(long.byte == 8)
  }

  @Test("A header's claim takes no memory")
  func claims() throws {
    let error = try failure(of: file(Self.filled(shape: "(1152921504606846975,)")) + [1])
    #expect(error.problem.contains("takes 4611686018427387900 bytes, but only 1 follow"))
  }

  @Test("Booleans are 0 or 1")
  func booleans() throws {
    let bytes = file(Self.filled(descr: "'|b1'", shape: "(3,)"))
    #expect(try array(bytes + [1, 0, 1]) == NDArray([true, false, true]))
    let error = try failure(of: bytes + [1, 0, 2])
    #expect(error.problem == "a Boolean is 2, neither 0 nor 1")
    #expect(error.byte == bytes.count + 2)
  }

  @Test("Shapes of many axes are written and read")
  func manyAxes() throws {
    let array = NDArray([1, 2] as [Int32], shape: [Int](repeating: 1, count: 30_000) + [2])
    var bytes: [UInt8] = []
    NPYFile.write(array) { bytes += $0 }
    #expect(bytes[6] == 2)
    #expect(NPYFile.byteCount(of: array) == bytes.count)
    let read = try self.array(bytes)
    #expect(read == array)
  }

  // MARK: Helpers

  private func array(_ bytes: [UInt8]) throws -> NDArray {
    try NPYFile.read(from: PlainStream(BytesInMemory(bytes: bytes), path: "a.npy"))
  }

  private func failure(
    of bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> NumPyFileError {
    try #require(
      #expect(throws: NumPyFileError.self, sourceLocation: sourceLocation) { try array(bytes) })
  }

  /// A version 1.0 file up to its elements.
  private func file(_ header: String) -> [UInt8] {
    let count = header.utf8.count
    return NPYHeader.magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(header.utf8)
  }
}
