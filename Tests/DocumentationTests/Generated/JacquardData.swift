// swift-format-ignore-file
// The code of Sources/JacquardData/JacquardData.docc/JacquardData.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func jacquardData_digits() throws {
  let mnist = MNIST.synthetic(trainCount: 200, validationCount: 20, testCount: 50)
  let batch = mnist.train.nextBatch(32)
  print(batch.images.shape, batch.labels.shape)     // [32, 784] [32, 10]

  #expect(batch.images.shape == [32, 784])
  #expect(batch.labels.shape == [32, 10])
  _ = mnist
  _ = batch
}

let jacquardData_runs: [(name: String, run: @Sendable () throws -> Void)] = [("jacquardData_digits", jacquardData_digits)]
