import JacquardArrays
import PythonReaders
import Testing

@Suite("NumPy reads what Jacquard writes", .enabled(if: PythonReaders.areAvailable))
struct NumPyReaderTests {
  @Test("Arrays and archives")
  func numPyReads() throws {
    let folder = try ScratchFolder()
    for (dtype, shape) in zip(DType.allCases, [[], [3], [2, 3], [2, 1, 4], [0, 3], [5]]) {
      let count = shape.reduce(1, *)
      let array = NDArray.arange(count, dtype).reshaped(to: shape)
      try array.writeNPY(
        to: "\(folder.path)/\(dtype)-\(shape.map(String.init).joined(separator: "x")).npy")
    }
    for isCompressed in [false, true] {
      let archive: NPZArchive = [
        "kernel": NDArray.arange(12, .float32).reshaped(to: [3, 4]), "step": NDArray(Int64(7)),
        "größe/mask": NDArray([true, false]), "empty": NDArray.zeros(.uint8, [0, 3]),
      ]
      try archive.write(
        to: "\(folder.path)/\(isCompressed ? "deflated" : "stored").npz",
        isCompressed: isCompressed)
    }
    let (status, output) = try PythonReaders.check("numpy_check.py", folder.path)
    #expect(status == 0, "\(output)")
    #expect(output == "6 arrays and 2 archives are as they should be")
  }
}
