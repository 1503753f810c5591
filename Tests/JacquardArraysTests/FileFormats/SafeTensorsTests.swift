import Foundation
import JacquardArrays
import PythonReaders
import TemporaryFolders
import Testing

@Suite struct SafeTensorsTests {
  /// What Tests/Goldens/safetensors/generate.py writes, in another order.
  static let reference = SafeTensors(
    tensors: [
      ("uint8", NDArray([0, 7, 255] as [UInt8])),
      ("scalar", NDArray(1.5 as Float)),
      (
        "rnn/basic_lstm_cell/kernel",
        NDArray([0, 0.25, 0.5, 0.75, 1, 1.25] as [Float], shape: [2, 3])
      ),
      ("int32", NDArray([-1, .max] as [Int32], shape: [2, 1])),
      ("empty", .zeros(.float32, [0, 3])),
      ("quote \" backslash \\ newline \n tab \t bell \u{7} é 😀", NDArray([4] as [UInt8])),
      ("bool", NDArray([true, false, true])),
      ("beta1_power", NDArray([0.9, -0.0, .infinity] as [Double])),
      ("int64", NDArray([.min, .max] as [Int64])),
      ("empty float64", .zeros(.float64, [2, 0])),
    ], metadata: ["format": "np \"é\" \n"])

  private static let referencePath = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Goldens/safetensors/reference.safetensors").path

  @Test func readsWhatPythonWrote() throws {
    let file = try SafeTensors(contentsOf: Self.referencePath)
    #expect(file.metadata == Self.reference.metadata)
    #expect(file.tensors.count == Self.reference.tensors.count)
    for (name, value) in Self.reference.tensors {
      let read = file[name]
      #expect(read == value, "\(name)")
    }
  }

  @Test func writesTheBytesThatPythonWrites() throws {
    let expected = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.referencePath)))
    let written = try Self.reference.encoded()
    #expect(written == expected)
    let path = try temporaryFolder().appendingPathComponent("tensors.safetensors").path
    try Self.reference.write(to: path)
    #expect(FileManager.default.contents(atPath: path) == Data(expected))
  }

  @Test(
    "Python reads what is written here, and the other way round",
    .enabled(if: PythonReaders.areAvailable, "no Python environment"))
  func python() throws {
    let folder = try temporaryFolder().path
    try Self.reference.write(to: folder + "/ours.safetensors", checksum: true)
    let (status, output) = try PythonReaders.check(
      "safetensors_check.py", folder + "/ours.safetensors", folder + "/theirs.safetensors")
    #expect(status == 0, "\(output)")
    let theirs = try SafeTensors(contentsOf: folder + "/theirs.safetensors")
    #expect(theirs.metadata == Self.reference.metadata)
    for (name, value) in Self.reference.tensors {
      let read = theirs[name]
      #expect(read == value, "\(name)")
    }
  }

  @Test(arguments: DType.allCases, [[], [0], [1], [3, 0, 2], [2, 3], [2, 1, 4]])
  func keepsEveryTypeAndShape(dtype: DType, shape: [Int]) throws {
    let count = ShapeArithmetic.elementCount(shape)
    let array = NDArray.arange(count, dtype).reshaped(to: shape)
    let read = try SafeTensors(
      decoding: SafeTensors(tensors: [("a", array), ("b", NDArray(true))]).encoded())
    #expect(read["a"] == array)
    #expect(read["b"] == NDArray(true))
    #expect(read["c"] == nil)
  }

  @Test func keepsSlicesAndEveryBit() throws {
    let doubles = NDArray([.nan, -.nan, .infinity, -0.0, .leastNonzeroMagnitude, 0.1] as [Double])
    let read = try SafeTensors(
      decoding: SafeTensors(tensors: [("all", doubles), ("part", doubles[1..<4])]).encoded())
    #expect(read["all"] == doubles)
    #expect(read["part"] == doubles[1..<4])
  }

  @Test func aFileOfNothing() throws {
    let bytes = try SafeTensors(tensors: []).encoded()
    #expect(bytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    #expect(try SafeTensors(decoding: bytes).tensors.isEmpty)
  }

  @Test func metadataIsSortedWhateverTheHashSeed() throws {
    let keys = (0..<100).map { "key \($0)" }
    let file = SafeTensors(
      tensors: [], metadata: Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) }))
    let text = String(decoding: try file.encoded().dropFirst(8), as: UTF8.self)
    var last = text.startIndex
    for key in keys.sorted() {
      let range = try #require(text.range(of: "\"\(key)\":\"\(key)\""))
      #expect(range.lowerBound > last)
      last = range.lowerBound
    }
    #expect(try SafeTensors(decoding: file.encoded()).metadata == file.metadata)
  }

  @Test("with a checksum, every change of a byte is noticed")
  func checksum() throws {
    let whole = try Self.reference.encoded(checksum: true)
    let read = try SafeTensors(decoding: whole)
    #expect(read.metadata == Self.reference.metadata)
    #expect(try read.encoded(checksum: true) == whole)
    var generator = PhiloxGenerator(seed: 3)
    // Where its name is damaged, there is none.
    let name = try #require(whole.firstRange(of: Array("jacquard.crc32".utf8)))
    for position in whole.indices where !name.contains(position) {
      var bytes = whole
      bytes[position] ^= UInt8(1 + generator.next() % 255)
      #expect(throws: SafeTensorsError.self, "byte \(position)") {
        try SafeTensors(decoding: bytes)
      }
    }
  }

  @Test func aFileWithoutAChecksumOnPurpose() throws {
    var changed = Self.reference
    changed.metadata["jacquard.crc32"] = "none"
    let bytes = try changed.encoded()
    #expect(String(decoding: bytes, as: UTF8.self).contains("\"jacquard.crc32\":\"none\""))
    #expect(try SafeTensors(decoding: bytes).metadata == Self.reference.metadata)
    #expect(try changed.encoded(checksum: true) == Self.reference.encoded(checksum: true))
    changed.metadata["jacquard.crc32"] = "00000000"
    let error = #expect(throws: SafeTensorsError.self) { try changed.encoded() }
    #expect(error?.problem == "the metadata has 'jacquard.crc32', which is for a checksum")
  }

  @Test func namesThatAFileCannotHave() throws {
    let twice = #expect(throws: SafeTensorsError.self) {
      try SafeTensors(tensors: [("w", NDArray(1)), ("w", NDArray(2))]).encoded()
    }
    #expect(twice?.problem == "there are two tensors called 'w'")
    let reserved = #expect(throws: SafeTensorsError.self) {
      try SafeTensors(tensors: [("__metadata__", NDArray(1))]).write(to: "/nonexistent/a")
    }
    #expect(
      reserved?.description
        == "/nonexistent/a: no tensor can be called __metadata__; choose another name")
  }

  @Test func filesThatCannotBeOpenedAreNamed() throws {
    let folder = try temporaryFolder().path
    #expect(throws: FileReadError(path: "\(folder)/none", reason: "No such file or directory")) {
      try SafeTensors(contentsOf: "\(folder)/none")
    }
    #expect(throws: FileReadError(path: folder, reason: "it is a folder")) {
      try SafeTensors(contentsOf: folder)
    }
    #expect(throws: FileReadError(path: "/dev/null", reason: "it is not a file")) {
      try SafeTensors(contentsOf: "/dev/null")
    }
    let path = "\(folder)/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: FileReadError(path: path, reason: "it is not a file")) {
      try SafeTensors(contentsOf: path)
    }
  }
}
