import Foundation
import JacquardArrays
import Testing

@Suite struct DTypeTests {
  @Test func sizesAreThoseOfTheSwiftTypes() {
    func check<E: ArrayElement>(_ type: E.Type) {
      #expect(E.dtype.byteCount == MemoryLayout<E>.stride)
    }
    check(Float.self)
    check(Double.self)
    check(Int32.self)
    check(Int64.self)
    check(UInt8.self)
    check(Bool.self)
  }

  @Test func kindsPartitionTheTypes() {
    #expect(DType.allCases.filter(\.isFloatingPoint) == [.float32, .float64])
    #expect(DType.allCases.filter(\.isInteger) == [.int32, .int64, .uint8])
    #expect(DType.allCases.filter(\.isSignedInteger) == [.int32, .int64])
    #expect(DType.allCases.filter { !$0.isNumeric } == [.bool])
  }

  @Test func namesReadBack() {
    #expect("\(DType.float32)" == "float32")
    for dtype in DType.allCases { #expect(DType(name: dtype.description) == dtype) }
    #expect(DType(name: "float16") == nil)
  }

  @Test func encodesAsItsName() throws {
    let text = String(decoding: try JSONEncoder().encode(DType.allCases), as: UTF8.self)
    #expect(text == #"["float32","float64","int32","int64","uint8","bool"]"#)
    #expect(try JSONDecoder().decode([DType].self, from: Data(text.utf8)) == DType.allCases)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([DType].self, from: Data(#"["half"]"#.utf8))
    }
  }
}
