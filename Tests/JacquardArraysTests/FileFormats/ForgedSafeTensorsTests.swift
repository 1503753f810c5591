import Foundation
import JacquardArrays
import TemporaryFolders
import Testing

@Suite struct ForgedSafeTensorsTests {
  /// A file with this header, and `dataCount` bytes after it.
  private static func file(_ header: String, dataCount: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8)
      + Array(repeating: 0, count: dataCount)
  }

  /// A file whose only tensor, `a`, is described by `fields`.
  private static func tensor(_ fields: String, dataCount: Int = 8) -> [UInt8] {
    file("{\"a\":{\(fields)}}", dataCount: dataCount)
  }

  private static let good = #""dtype":"F32","shape":[2],"data_offsets":[0,8]"#

  struct Forgery: CustomTestStringConvertible {
    let bytes: [UInt8]
    let byte: Int
    let problem: String
    var testDescription: String { problem }

    init(_ bytes: [UInt8], _ byte: Int, _ problem: String) {
      (self.bytes, self.byte, self.problem) = (bytes, byte, problem)
    }
  }

  static let forgeries: [Forgery] = [
    // The length of the header
    .init([], 0, "the file ends before the 8 bytes that give its header's length"),
    .init([2, 0, 0], 3, "the file ends before the 8 bytes that give its header's length"),
    .init(
      file("{}", length: .max), 0,
      """
      the header's length is given as 18446744073709551615, more than the 100000000 bytes that are \
      allowed: this is not a safetensors file, or it is damaged
      """),
    .init(
      file("{}", length: 100_000_000), 10,
      "the file ends before its header, which would end at byte 100000008"),
    .init(file("{}", length: 3), 10, "the file ends before its header, which would end at byte 11"),
    .init(
      file("", length: 0), 8,
      "the header starts with nothing, not '{': this is not a safetensors file"),
    .init(
      file(" {}"), 8, "the header starts with the byte 32, not '{': this is not a safetensors file"),
    .init(file("[]"), 8, "the header starts with '[', not '{': this is not a safetensors file"),
    // JSON
    .init(file("{"), 9, "the header ends where a string belongs"),
    .init(file("{}x"), 10, "'x' follows the end of the header"),
    .init(file("{} {}"), 11, "'{' follows the end of the header"),
    .init(file("{a:1}"), 9, "the header has 'a' where a string belongs"),
    .init(file(#"{"a"}"#), 12, "the header has '}' where ':' belongs"),
    .init(file(#"{"a":1}"#), 13, "the header has '1' where '{' belongs"),
    .init(file(#"{"a"#), 11, "the header ends inside a string that starts at byte 9"),
    .init(file("{\"a\u{1}\":{}}"), 11, "a string has the control character 1 in it"),
    .init(file(#"{"\q":{}}"#), 10, "a string has an invalid escape in it"),
    .init(file(#"{"\u12G4":{}}"#), 10, "a string has an invalid escape in it"),
    .init(file(#"{"\ud800\u0041":{}}"#), 10, "a string has an invalid escape in it"),
    .init(file(#"{"\udc00":{}}"#), 10, "a string has an invalid escape in it"),
    .init(file(#"{"\ud8"#), 10, "a string has an invalid escape in it"),
    .init(file(#"{"\"#), 10, "a string has an invalid escape in it"),
    .init(
      Array(
        [10, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8) + [0xFF, 0xFE] + Array("\":{}}  ".utf8)),
      9, "a string is not UTF-8"),
    .init(tensor(good + ","), 61, "the header has '}' where a string belongs"),
    .init(tensor(good + " 1"), 61, "the header has '1' where ',' or '}' belongs"),
    // Metadata
    .init(file(#"{"__metadata__":{"a":1}}"#), 29, "the header has '1' where a string belongs"),
    .init(file(#"{"__metadata__":null}"#), 24, "the header has 'n' where '{' belongs"),
    .init(
      file(#"{"__metadata__":{"a":"1","a":"2"}}"#), 33, "a second 'a' in __metadata__"),
    .init(file(#"{"__metadata__":{},"__metadata__":{}}"#), 27, "a second __metadata__"),
    .init(
      file(#"{"__metadata__":{"jacquard.crc32":"123"}}"#), 42,
      "the checksum is not 8 hexadecimal digits"),
    .init(
      file(#"{"__metadata__":{"jacquard.crc32":"\u0030000000"}}"#), 42,
      "the checksum is not 8 hexadecimal digits"),
    .init(
      file(#"{"__metadata__":{"jacquard.crc32":"DEFBFDAC"}}"#), 42,
      "the checksum is not 8 hexadecimal digits"),
    .init(
      file(#"{"__metadata__":{"jacquard.crc32":"1234abcd"}}"#), 43,
      "the checksum recorded here is not that of the file, defbfdac: bytes have changed since it was written"
    ),
    .init(
      file(
        #"{"__metadata__":{"jacquard.crc32":"1234abcd","jacquard.crc32":"1234abcd"}}"#), 53,
      "a second 'jacquard.crc32' in __metadata__"),
    // Tensors
    .init(
      file("{\"a\":{\(good)},\"a\":{\(good)}}", dataCount: 8), 62, "a second tensor called 'a'"),
    .init(tensor(#""dtype":"F32","data_offsets":[0,8]"#), 9, "'a' has no shape"),
    .init(tensor(#""shape":[2],"data_offsets":[0,8]"#), 9, "'a' has no dtype"),
    .init(tensor(#""dtype":"F32","shape":[2]"#), 9, "'a' has no data_offsets"),
    .init(tensor(good + #","dtype":"F32""#), 61, "'a' has a second dtype"),
    .init(tensor(good + #","strides":[1]"#), 61, "'a' has an unknown field 'strides'"),
    .init(
      tensor(#""dtype":"F16","shape":[4],"data_offsets":[0,8]"#), 22,
      "'a' has elements of type 'F16'"),
    .init(
      tensor(#""dtype":"f32","shape":[2],"data_offsets":[0,8]"#), 22,
      "'a' has elements of type 'f32'"),
    .init(
      tensor(#""dtype":7,"shape":[2],"data_offsets":[0,8]"#), 22,
      "the header has '7' where a string belongs"),
    .init(
      tensor(#""dtype":"F32","shape":[-2],"data_offsets":[0,8]"#), 37,
      "the header has '-' where a number of 0 or more belongs"),
    .init(
      tensor(#""dtype":"F32","shape":[2.0],"data_offsets":[0,8]"#), 38,
      "the header has '.' where ',' or ']' belongs"),
    .init(
      tensor(#""dtype":"F32","shape":[02],"data_offsets":[0,8]"#), 37, "a number starts with 0"),
    .init(
      tensor(#""dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]"#), 37,
      "a number is larger than 9223372036854775807"),
    .init(
      tensor(#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]"#), 36,
      "the shape [4294967296, 4294967296] of 'a' has more elements than can be counted"),
    .init(
      tensor(#""dtype":"F32","shape":[4294967296,0,4294967296],"data_offsets":[0,8]"#), 36,
      "the shape [4294967296, 0, 4294967296] of 'a' has more elements than can be counted"),
    .init(
      tensor(#""dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,8]"#), 36,
      "the shape [2305843009213693952] of 'a' has more elements than can be counted"),
    .init(
      tensor(#""dtype":"F32","shape":[2],"data_offsets":[0,8,16]"#), 55,
      "'a' has 3 data_offsets, not 2"),
    .init(
      tensor(#""dtype":"F32","shape":[3],"data_offsets":[0,8]"#), 55,
      "'a', float32 of shape [3], takes 12 bytes, but its data_offsets are 0 and 8"),
    .init(
      tensor(#""dtype":"F32","shape":[2],"data_offsets":[8,0]"#), 55,
      "'a', float32 of shape [2], takes 8 bytes, but its data_offsets are 8 and 0"),
    // The data
    .init(
      tensor(good, dataCount: 7), 69,
      "the file ends inside the data of 'a', which takes bytes 62 up to 70: it is truncated"),
    .init(tensor(good, dataCount: 9), 70, "1 byte follows the data of the last tensor"),
    .init(file("{}", dataCount: 4), 10, "4 bytes follow the data of the last tensor"),
    .init(
      tensor(#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#), 55,
      "'a' leaves a gap: its data starts at offset 4, but the data starts at 0"),
    .init(
      tensor(
        #""dtype":"F32","shape":[1000000000000000],"data_offsets":[0,4000000000000000]"#), 100,
      """
      the file ends inside the data of 'a', which takes bytes 92 up to 4000000000000092: it is \
      truncated
      """),
    .init(
      file(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
        dataCount: 6), 106,
      "'b' overlaps another tensor: its data starts at offset 2, but the data of the tensor before it ends at 4"
    ),
    .init(
      file(
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}"#,
        dataCount: 6), 106,
      "'b' leaves a gap: its data starts at offset 4, but the data of the tensor before it ends at 2"
    ),
    .init(
      file(#"{"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}"#) + [1, 0, 2], 65,
      "the element 2 of 'a', a BOOL, is 2, neither 0 nor 1"),
  ]

  @Test(arguments: forgeries)
  func isToldWithItsPlace(_ forgery: Forgery) {
    let error = #expect(throws: SafeTensorsError.self) {
      try SafeTensors(decoding: forgery.bytes, name: "forged")
    }
    #expect(error?.problem == forgery.problem)
    #expect(error?.byte == forgery.byte)
    #expect(
      error?.description.hasPrefix("forged: byte \(forgery.byte): \(forgery.problem); ") == true)
  }

  @Test func remediesAreTold() throws {
    let path = try temporaryFolder().appendingPathComponent("half.safetensors").path
    let half = Self.tensor(#""dtype":"F16","shape":[4],"data_offsets":[0,8]"#)
    try Data(half).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: SafeTensorsError.self) { try SafeTensors(contentsOf: path) }
    #expect(
      error?.localizedDescription == """
        \(path): byte 22: 'a' has elements of type 'F16'; convert it to one of F32, F64, I32, I64, \
        U8, BOOL
        """)
  }

  @Test func aNameIsShownHarmlessly() {
    let name = String(repeating: "n", count: 1000)
    let header = "{\"\(name)\":{\"dtype\":\"\\u001b[31m\"}}"
    let error = #expect(throws: SafeTensorsError.self) {
      try SafeTensors(decoding: Self.file(header))
    }
    #expect(
      error?.problem
        == "'\(name.prefix(80))…' has elements of type '\\u{1b}[31m'")
  }

  @Test func spaceBetweenPartsIsAllowed() throws {
    let header =
      "{ \"a\" :\t{ \"data_offsets\" : [ 0 , 1 ] , \"shape\" : [ ] ,\n\"dtype\":\"U8\" } } \r\n"
    let file = try SafeTensors(decoding: Self.file(header) + [7])
    #expect(file["a"] == NDArray(7 as UInt8))
  }

  @Test func tensorsInAnyOrderAndUnaligned() throws {
    let header = #"""
      {"a":{"dtype":"F64","shape":[1],"data_offsets":[3,11]},"\u0062\ud83d\ude00":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}
      """#
    let one = withUnsafeBytes(of: (1.0 as Double).bitPattern.littleEndian) { Array($0) }
    let file = try SafeTensors(decoding: Self.file(header) + [1, 2, 3] + one)
    #expect(file.tensors.map(\.name) == ["b😀", "a"])
    #expect(file["a"] == NDArray([1] as [Double]))
    #expect(file["b😀"] == NDArray([1, 2, 3] as [UInt8]))
  }

  @Test("a header that claims much costs nothing")
  func claimsCostNothing() throws {
    let header = #"{"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}"#
    for _ in 0..<100 {
      #expect(throws: SafeTensorsError.self) { try SafeTensors(decoding: Self.file(header)) }
    }
  }

  @Test("every beginning of a file is told to be cut, at its end or before")
  func truncation() throws {
    let whole = try SafeTensorsTests.reference.encoded()
    for count in 0..<whole.count {
      let error = #expect(throws: SafeTensorsError.self) {
        try SafeTensors(decoding: Array(whole[..<count]))
      }
      #expect(try #require(error?.byte) <= count)
    }
  }

  @Test("2000 random changes are errors, or give a file that is one")
  func mutations() throws {
    let whole = try SafeTensorsTests.reference.encoded()
    var generator = PhiloxGenerator(seed: 7)
    func random(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    // What headers are made of, so that changes get past the JSON.
    let alphabet = Array(#"{}[]":,0123456789FIUBOL4232 \u-."#.utf8)
    var accepted = 0
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...random(3) {
        let place = random(4) == 0 ? random(16) : random(bytes.count)
        switch random(4) {
        case 0: bytes[place] = UInt8(random(256))
        case 1: bytes[place] = alphabet[random(alphabet.count)]
        case 2: bytes.remove(at: place)
        default: bytes.insert(alphabet[random(alphabet.count)], at: place)
        }
      }
      do {
        let read = try SafeTensors(decoding: bytes)
        accepted += 1
        let again = try SafeTensors(decoding: read.encoded())
        #expect(again.metadata == read.metadata)
        let names = read.tensors.map(\.name)
        for name in names { #expect(again[name] == read[name]) }
      } catch let error as SafeTensorsError {
        #expect(try (0...bytes.count).contains(#require(error.byte)))
      }
    }
    // Changes of elements are not noticed by the format.
    #expect((20..<1000).contains(accepted), "\(accepted)")
  }
}
