import Foundation
import JacquardArrays
import JacquardData
import Testing

@Suite("Batches")
struct DataSetTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A data set of `count` examples, of which example `i` has the class `i % 10` and the first
  /// pixel `i / 255`.
  private func dataSet(_ count: Int, oneHot: Bool = true, seed: UInt64 = 1) throws -> DataSet {
    try directory.write(imageFile(count: count), as: "train-images-idx3-ubyte")
    try directory.write(labelFile(count: count), as: "train-labels-idx1-ubyte")
    try directory.write(imageFile(count: 0), as: "t10k-images-idx3-ubyte")
    try directory.write(labelFile(count: 0), as: "t10k-labels-idx1-ubyte")
    return try MNIST.load(from: directory.path, oneHot: oneHot, validationCount: 0, seed: seed)
      .train
  }

  /// Which examples a batch holds.
  private func examples(_ batch: Batch) -> [Int] {
    let pixels = batch.images.elements(as: Float.self)
    return stride(from: 0, to: pixels.count, by: 784).map { Int((pixels[$0] * 255).rounded()) }
  }

  @Test func shapesAndLabelsBelongToTheImages() throws {
    let oneHot = try dataSet(30).nextBatch(8)
    #expect(oneHot.images.shape == [8, 784])
    #expect(oneHot.images.dtype == .float32)
    #expect(oneHot.labels.shape == [8, 10])
    #expect(oneHot.labels.dtype == .float32)
    let rows = oneHot.labels.elements(as: Float.self)
    for (row, example) in examples(oneHot).enumerated() {
      #expect(rows[row * 10..<row * 10 + 10].firstIndex(of: 1) == row * 10 + example % 10)
      #expect(rows[row * 10..<row * 10 + 10].reduce(0, +) == 1)
    }

    let classes = try dataSet(30, oneHot: false).nextBatch(8)
    #expect(classes.labels.shape == [8])
    #expect(classes.labels.elements(as: Int64.self) == examples(classes).map { Int64($0 % 10) })
    #expect(examples(classes) == examples(oneHot))
  }

  @Test func everyExampleOncePerEpoch() throws {
    let data = try dataSet(200)
    var epochs: [[Int]] = []
    for _ in 0..<3 {
      epochs.append((0..<10).flatMap { _ in examples(data.nextBatch(20)) })
    }
    for epoch in epochs {
      #expect(epoch.sorted() == Array(0..<200))
      #expect(epoch != Array(0..<200))
    }
    #expect(Set(epochs).count == 3)
  }

  @Test func batchAcrossTheEndOfAnEpoch() throws {
    let data = try dataSet(10)
    let first = examples(data.nextBatch(7))
    #expect(data.epochsCompleted == 0)
    let crossing = examples(data.nextBatch(7))
    #expect(data.epochsCompleted == 1)
    let last = examples(data.nextBatch(6))
    #expect((first + crossing[..<3]).sorted() == Array(0..<10))
    #expect((crossing[3...] + last).sorted() == Array(0..<10))
  }

  @Test func anEpochEndsWithTheFirstBatchThatNeedsMore() throws {
    let data = try dataSet(10)
    _ = data.nextBatch(10)
    #expect(data.epochsCompleted == 0)
    _ = data.nextBatch(1)
    #expect(data.epochsCompleted == 1)
  }

  @Test func batchLargerThanTheData() throws {
    let data = try dataSet(10)
    let rows = examples(data.nextBatch(25))
    #expect(data.epochsCompleted == 2)
    #expect(rows[0..<10].sorted() == Array(0..<10))
    #expect(rows[10..<20].sorted() == Array(0..<10))
    #expect(Set(rows[20...]).count == 5)
  }

  @Test func emptyBatch() throws {
    let batch = try dataSet(10).nextBatch(0)
    #expect(batch.images.shape == [0, 784])
    #expect(batch.labels.shape == [0, 10])
  }

  @Test func unshuffledBatchesAreInFileOrder() throws {
    let data = try dataSet(10)
    #expect(examples(data.nextBatch(7, shuffle: false)) == Array(0..<7))
    #expect(examples(data.nextBatch(7, shuffle: false)) == [7, 8, 9, 0, 1, 2, 3])
  }

  @Test func theCallThatBeginsAnEpochDecidesItsOrder() throws {
    let data = try dataSet(100)
    #expect(examples(data.nextBatch(50, shuffle: false)) == Array(0..<50))
    let crossing = examples(data.nextBatch(60, shuffle: true))
    #expect(Array(crossing[..<50]) == Array(50..<100))
    let rest = examples(data.nextBatch(90, shuffle: false))
    #expect((crossing[50...] + rest).sorted() == Array(0..<100))
    #expect(rest != rest.sorted())
  }

  @Test func seedDecidesTheOrder() throws {
    let one = try dataSet(100)
    let same = try dataSet(100)
    let other = try dataSet(100, seed: 2)
    let rows = (0..<5).flatMap { _ in examples(one.nextBatch(33)) }
    #expect(rows == (0..<5).flatMap { _ in examples(same.nextBatch(33)) })
    #expect(rows != (0..<5).flatMap { _ in examples(other.nextBatch(33)) })
  }

  @Test(arguments: [0, 5, 10, 13, 20, 24]) func restoringAPosition(taken: Int) throws {
    let data = try dataSet(10)
    _ = data.nextBatch(taken)
    let saved = try JSONEncoder().encode(data.position)
    let expected = (0..<4).map { _ in examples(data.nextBatch(4)) }

    let resumed = try dataSet(10, seed: 99)
    _ = resumed.nextBatch(3)
    try resumed.restore(try JSONDecoder().decode(DataSet.Position.self, from: saved))
    #expect((0..<4).map { _ in examples(resumed.nextBatch(4)) } == expected)
    #expect(resumed.position == data.position)
  }

  @Test func restoringAPositionOfAnUnshuffledEpoch() throws {
    let data = try dataSet(10)
    _ = data.nextBatch(4, shuffle: false)
    let resumed = try dataSet(10)
    try resumed.restore(data.position)
    #expect(examples(resumed.nextBatch(6)) == Array(4..<10))
  }

  @Test func positionsThatBelongElsewhere() throws {
    let data = try dataSet(10)
    let foreign = try dataSet(20)
    _ = foreign.nextBatch(15)
    #expect(
      failure { try data.restore(foreign.position) }
        == "cannot restore a data set of 10 examples to example 15 of epoch 0 of a data set of 20; "
        + "load the data that the position was saved with")
    var damaged = data.position
    damaged.index = 11
    #expect(throws: DataSet.PositionError.self) { try data.restore(damaged) }
    damaged.index = 0
    for epoch in [-1, .max] {
      damaged.epoch = epoch
      #expect(throws: DataSet.PositionError.self) { try data.restore(damaged) }
    }
    #expect(data.position.index == 0)
  }

  @Test func concurrentReadersShareOneEpoch() async throws {
    let data = try dataSet(200)
    let batches = await withTaskGroup(of: Batch.self) { group in
      for _ in 0..<20 { group.addTask { data.nextBatch(10) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(batches.flatMap(examples).sorted() == Array(0..<200))
  }
}
