import Foundation
import JacquardArrays
import Testing

@Suite struct NDArrayCodableTests {
  private func encoded(_ array: NDArray) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(array), as: UTF8.self)
  }

  private func decoded(_ text: String) throws -> NDArray {
    try JSONDecoder().decode(NDArray.self, from: Data(text.utf8))
  }

  @Test func encodesNameShapeAndBytes() throws {
    #expect(
      try encoded(NDArray([1, -2.5] as [Float]))
        == #"{"data":"AACAPwAAIMA=","dtype":"float32","shape":[2]}"#)
    #expect(
      try encoded(NDArray([[true], [false], [true]] as [[Bool]]))
        == #"{"data":"AQAB","dtype":"bool","shape":[3,1]}"#)
  }

  @Test(arguments: DType.allCases, [[], [0], [1], [3, 0, 2], [2, 3], [2, 1, 4]])
  func roundTrips(dtype: DType, shape: [Int]) throws {
    let count = ShapeArithmetic.elementCount(shape)
    let array = NDArray.arange(count, dtype).reshaped(to: shape)
    #expect(try decoded(encoded(array)) == array)
  }

  @Test func keepsEveryBit() throws {
    let array = NDArray([.nan, -.nan, .infinity, -0.0, .leastNonzeroMagnitude, 0.1] as [Double])
    #expect(try decoded(encoded(array)) == array)
    let slice = NDArray([1, 2, 3, 4] as [Int64])[1..<3]
    #expect(try decoded(encoded(slice)) == NDArray([2, 3] as [Int64]))
  }

  @Test(arguments: [
    (#"{"data":"AACAPwAAIMA=","dtype":"float32","shape":[3]}"#, "8 bytes are not float32"),
    (#"{"data":"AACAPwAAIMA=","dtype":"float32","shape":[]}"#, "8 bytes are not float32"),
    (#"{"data":"AACAPwAAIMA=","dtype":"float32","shape":[0]}"#, "8 bytes are not float32"),
    (#"{"data":"","dtype":"float32","shape":[1]}"#, "0 bytes are not float32"),
    (#"{"data":"AQAB","dtype":"int32","shape":[0]}"#, "3 bytes are not int32"),
    (
      #"{"data":"AQ==","dtype":"uint8","shape":[9223372036854775807,9223372036854775807]}"#,
      "1 bytes are not uint8"
    ),
    (#"{"data":"AACAPwAAIMA=","dtype":"float32","shape":[-2,-1]}"#, "negative length"),
    (#"{"data":"!","dtype":"float32","shape":[1]}"#, "not base64"),
    (#"{"data":"AQI=","dtype":"bool","shape":[2]}"#, "neither 0 nor 1"),
    (#"{"data":"AQI=","dtype":"half","shape":[1]}"#, "'half' is not an element type"),
  ])
  func rejectsWhatIsNotAnArray(text: String, reason: String) {
    let error = #expect(throws: DecodingError.self) { try decoded(text) }
    #expect("\(String(describing: error))".contains(reason))
  }
}
