import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

/// The mean and the standard deviation of the elements of `array`.
private func moments(_ array: NDArray) -> (mean: Double, deviation: Double) {
  let values = array.doubles()
  let mean = values.reduce(0, +) / Double(values.count)
  let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
  return (mean, variance.squareRoot())
}

@Suite struct RandomOpTests {
  /// Bounds are five standard errors of 40,000 draws; the draws are the same in every run of the tests.
  @Test(arguments: [DType.float32, .float64])
  func distributionsHaveTheirMoments(_ dtype: DType) throws {
    let graph = Graph(seed: 4)
    let count = 40_000
    let (uniform, normal, truncated) = try Session(graph).run(
      graph.randomUniform([count], from: -1, to: 3, dtype: dtype),
      graph.randomNormal([count], mean: 2, standardDeviation: 3, dtype: dtype),
      graph.truncatedNormal([count], mean: -1, standardDeviation: 0.5, dtype: dtype))
    let error = 5 / Double(count).squareRoot()
    #expect(abs(moments(uniform).mean - 1) < 4 * error)
    #expect(abs(moments(uniform).deviation - 4 / 12.0.squareRoot()) < 4 * error)
    #expect(uniform.doubles().allSatisfy { -1 <= $0 && $0 < 3 })
    #expect(abs(moments(normal).mean - 2) < 3 * error)
    #expect(abs(moments(normal).deviation - 3) < 3 * error)
    let withinOne = normal.doubles().count { abs($0 - 2) < 3 }
    #expect(abs(Double(withinOne) / Double(count) - 0.682689) < error)
    #expect(abs(moments(truncated).mean + 1) < error)
    #expect(abs(moments(truncated).deviation - 0.5 * 0.87962566) < error)
    #expect(truncated.doubles().allSatisfy { abs($0 + 1) <= 1 })
  }

  @Test func wholeNumbersAreEquallyFrequent() throws {
    let graph = Graph(seed: 4)
    let (dice, bytes, wide) = try Session(graph).run(
      graph.randomUniform([60_000], in: 1..<7),
      graph.randomUniform([25_600], in: 0..<256, dtype: .uint8),
      graph.randomUniform([1000], in: Int.min..<Int.max))
    for face in 1...6 {
      let frequency = dice.doubles().count { $0 == Double(face) }
      #expect(abs(frequency - 10_000) < 5 * 92)
    }
    #expect(Set(bytes.elements(as: UInt8.self)).count == 256)
    #expect(wide.elements(as: Int64.self).contains { $0 < -(1 << 62) })
    #expect(wide.elements(as: Int64.self).contains { $0 > 1 << 62 })
  }

  @Test func uniformDrawsNeverReachTheUpperBound() throws {
    // Next to 2²⁴ a float32 step is 1 or 2: nearly every draw rounds to a bound.
    let graph = Graph()
    let draw = graph.randomUniform([1000], from: 16_777_215, to: 16_777_216)
    #expect(try Session(graph).run(draw).doubles().allSatisfy { $0 == 16_777_215 })
  }

  @Test func eachRunDrawsAnewAndEqualSeedsAgree() throws {
    func draws(seed: UInt64) throws -> [NDArray] {
      let graph = Graph(seed: seed)
      let draw = graph.randomNormal([8])
      let session = Session(graph)
      return try [session.run(draw), session.run(draw)]
    }
    let first = try draws(seed: 1)
    #expect(first[0] != first[1])
    #expect(try draws(seed: 1) == first)
    #expect(try draws(seed: 2) != first)
  }

  @Test func addingOperationsElsewhereChangesNoNumbers() throws {
    func draw(adding: Bool) throws -> NDArray {
      let graph = Graph(seed: 9)
      if adding {
        _ = graph.scope("other") { graph.randomNormal([3]) * 2 }
        _ = graph.randomUniform([3])
      }
      let noise = graph.scope("layer") { graph.randomNormal([8]) }
      return try Session(graph).run(noise)
    }
    #expect(try draw(adding: true) == draw(adding: false))
  }

  @Test func equalLookingDrawsDiffer() throws {
    let graph = Graph()
    let (a, b) = try Session(graph).run(graph.randomNormal([8]), graph.randomNormal([8]))
    #expect(a != b)
  }

  @Test func oneDrawIsTheSameForAllWhoUseIt() throws {
    let graph = Graph()
    let draw = graph.randomNormal([8])
    let (difference, _) = try Session(graph).run(draw - identity(draw), draw)
    #expect(difference == NDArray.zeros(.float32, [8]))
  }

  @Test func everyIterationDrawsAnew() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 4])
    let draws = graph.mapFunction(x) { graph.randomUniform(like: $0) }
    let session = Session(graph)
    let first = try session.run(draws, feeding: [x: NDArray.zeros(.float32, [50, 4])])
    let second = try session.run(draws, feeding: [x: NDArray.zeros(.float32, [50, 4])])
    let numbers = first.elements(as: Float.self) + second.elements(as: Float.self)
    // 400 draws of 24 bits: a coincidence has probability 0.005, and the seed is fixed.
    #expect(Set(numbers).count == 400)
  }

  @Test func numbersDoNotDependOnThreadsNorOnTheCut() throws {
    func draw(threads: Int) throws -> NDArray {
      let graph = Graph(seed: 3)
      var options = SessionOptions()
      options.threads = threads
      return try Session(graph, options: options).run(graph.truncatedNormal([100_000]))
    }
    let alone = try draw(threads: 1)
    #expect(try draw(threads: 3) == alone)
    let graph = Graph(seed: 3)
    let beginning = try Session(graph).run(graph.truncatedNormal([100]))
    #expect(beginning == NDArray(Array(alone.elements(as: Float.self).prefix(100))))
  }

  @Test func shapesComeFromTensorsToo() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, 2])
    let like = graph.randomNormal(like: x)
    let spelt = graph.randomUniform(shape: graph.constant(NDArray([2, 5] as [Int32])))
    #expect(like.type == TensorType(.float64, [nil, 2]))
    #expect(spelt.type == TensorType(.float32, [2, 5]))
    let (a, b) = try Session(graph).run(like, spelt, feeding: [x: NDArray.zeros(.float64, [7, 2])])
    #expect(a.shape == [7, 2] && b.shape == [2, 5])
  }

  @Test func impossibleDrawsAreDiagnosed() {
    let graph = Graph()
    _ = graph.randomUniform([2, -1])
    _ = graph.randomUniform([2], from: 1, to: 0)
    _ = graph.randomUniform([2], from: 0.5, to: 3, dtype: .int32)
    _ = graph.randomUniform([2], in: 0..<300, dtype: .uint8)
    _ = graph.randomNormal([2], standardDeviation: -1)
    _ = graph.truncatedNormal([2], mean: .nan)
    _ = graph.randomNormal([2], dtype: .bool)
    #expect(graph.diagnostics.count == 7)
    #expect(graph.diagnostics.allSatisfy { $0.file?.hasSuffix("RandomOpTests.swift") == true })
  }
}
