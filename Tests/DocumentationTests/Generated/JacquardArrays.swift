// swift-format-ignore-file
// The code of Sources/JacquardArrays/JacquardArrays.docc/JacquardArrays.md; bash Scripts/documentation-code.sh writes this file.
import Foundation
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func jacquardArrays_arrays() throws {
  let a: NDArray = [[1, 2, 3], [4, 5, 6]]        // int32, shape [2, 3]
  print(a[1])                                    // [4 5 6]
  print(a.transposed().shape)                    // [3, 2]
  let b = a.converted(to: .float64)
  print(b.dtype)                                 // float64

  #expect(a.dtype == .int32)
  #expect("\(a[1])" == "[4 5 6]")

  let folder = FileManager.default.temporaryDirectory.path + "/jacquard-documentation-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }

  try b.writeNPY(to: "\(folder)/b.npy")          // numpy.load("b.npy")
  let c = try NDArray(contentsOfNPY: "\(folder)/b.npy")

  let archive: NPZArchive = ["kernel": b, "bias": [0.5, 1.5]]
  try archive.write(to: "\(folder)/weights.npz", isCompressed: true)
  let bias = try NPZArchive(contentsOf: "\(folder)/weights.npz")["bias"]

  #expect(c == b)
  #expect(bias == [0.5, 1.5])
  _ = a
  _ = b
  _ = folder
  _ = c
  _ = archive
  _ = bias
}

let jacquardArrays_runs: [(name: String, run: @Sendable () throws -> Void)] = [("jacquardArrays_arrays", jacquardArrays_arrays)]
