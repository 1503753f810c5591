import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct OptimizerScheduleTests {
  struct Schedule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rate: @Sendable (_ step: Tensor) -> Tensor
    /// An independent computation.
    let reference: @Sendable (_ step: Int) -> Double
  }

  static let schedules = [
    Schedule(
      testDescription: "exponential",
      rate: { exponentialDecay(0.1, $0, decaySteps: 7, decayRate: 0.5) },
      reference: { 0.1 * Foundation.exp(-Foundation.log(2) * Double($0) / 7) }),
    Schedule(
      testDescription: "exponential, staircase",
      rate: { exponentialDecay(0.1, $0, decaySteps: 7, decayRate: 0.5, staircase: true) },
      reference: { step in (0..<step / 7).reduce(0.1) { rate, _ in rate / 2 } }),
    Schedule(
      testDescription: "inverse time",
      rate: { inverseTimeDecay(0.1, $0, decaySteps: 7, decayRate: 0.5) },
      reference: { 0.1 * 14 / (14 + Double($0)) }),
    Schedule(
      testDescription: "inverse time, staircase",
      rate: { inverseTimeDecay(0.1, $0, decaySteps: 7, decayRate: 0.5, staircase: true) },
      reference: { 0.2 / Double(2 + $0 / 7) }),
    Schedule(
      testDescription: "piecewise constant",
      rate: { piecewiseConstant($0, boundaries: [5, 30], values: [1, 0.5, 0.125]) },
      reference: { $0 <= 5 ? 1 : $0 <= 30 ? 0.5 : 0.125 }),
    Schedule(
      testDescription: "polynomial",
      rate: { polynomialDecay(0.1, $0, decaySteps: 20, endLearningRate: 0.02) },
      reference: { 0.1 - 0.08 * Double(min($0, 20)) / 20 }),
    Schedule(
      testDescription: "polynomial, cubic, in cycles",
      rate: {
        polynomialDecay(
          0.1, $0, decaySteps: 20, endLearningRate: 0.02, power: 3, cycle: true)
      },
      reference: { step in
        // The cycle that ends at or after this step: 20, 40, … steps long, from step 0.
        let length = Double(max(1, (step + 19) / 20) * 20)
        let left = (length - Double(step)) / length
        return 0.02 + 0.08 * left * left * left
      }),
    Schedule(
      testDescription: "cosine",
      rate: { cosineDecay(0.1, $0, decaySteps: 20, alpha: 0.1) },
      reference: { 0.01 + 0.045 * (1 + Foundation.cos(.pi * Double(min($0, 20)) / 20)) }),
    Schedule(
      testDescription: "cosine with restarts, 3 times as long, half as high",
      rate: {
        cosineDecayRestarts(
          0.1, $0, firstDecaySteps: 2, periodFactor: 3, rateFactor: 0.5, alpha: 0.1)
      },
      reference: { restarted($0, first: 2, factor: 3, height: 0.5, alpha: 0.1) }),
    Schedule(
      testDescription: "cosine with restarts, of one length",
      rate: { cosineDecayRestarts(0.1, $0, firstDecaySteps: 10, periodFactor: 1) },
      reference: { restarted($0, first: 10, factor: 1, height: 1, alpha: 0) }),
  ]

  private static func restarted(
    _ step: Int, first: Int, factor: Int, height: Double, alpha: Double
  ) -> Double {
    var (start, length, scale) = (0, first, 1.0)
    while step >= start + length {
      start += length
      length *= factor
      scale *= height
    }
    let cosine = Foundation.cos(.pi * Double(step - start) / Double(length))
    return 0.1 * ((1 - alpha) * scale * (1 + cosine) / 2 + alpha)
  }

  @Test("every step has the formula's rate", arguments: schedules, [DType.int64, .float32])
  func formula(_ schedule: Schedule, _ dtype: DType) throws {
    let graph = Graph()
    let step = graph.placeholder(dtype, [])
    let rate = schedule.rate(step)
    try graph.validate()
    #expect(rate.type == TensorType(.float64, .scalar))
    let session = Session(graph)
    // 242, 728 and 2186 are restarts of the tripling schedule.
    for number in Array(0...100) + [241, 242, 243, 727, 728, 2185, 2186] {
      let fed = NDArray(Double(number)).converted(to: dtype)
      let found = try session.run(rate, feeding: [step: fed]).doubleValue
      let expected = schedule.reference(number)
      #expect(abs(found - expected) <= 1e-13, "step \(number): \(found), not \(expected)")
    }
  }

  @Test("restarts are at the first step of a period, though logarithms are rounded")
  func exactRestarts() throws {
    let graph = Graph()
    let step = graph.placeholder(.int64, [])
    let session = Session(graph)
    for factor in 2...20 {
      let rate = cosineDecayRestarts(1, step, firstDecaySteps: 1, periodFactor: Double(factor))
      var (start, length) = (0, 1)
      while start < 1_000_000 {
        let first = NDArray(Double(start)).converted(to: .int64)
        #expect(try session.run(rate, feeding: [step: first]).doubleValue == 1, "step \(start)")
        if length > 1 {
          let last = NDArray(Double(start + length - 1)).converted(to: .int64)
          let expected = (1 - Foundation.cos(.pi / Double(length))) / 2
          let found = try session.run(rate, feeding: [step: last]).doubleValue
          #expect(abs(found - expected) < 1e-13, "step \(start + length - 1)")
        }
        start += length
        length *= factor
      }
    }
  }

  @Test("an optimizer steps by the rate of the steps already done")
  func training() throws {
    let graph = Graph()
    let v = graph.variable(NDArray(0.0), name: "v")
    let rate = piecewiseConstant(graph.globalStep, boundaries: [1], values: [1, 0.25])
    let step = GradientDescentOptimizer(learningRate: rate)
      .minimize(-v, globalStep: graph.globalStep)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    var values: [Double] = []
    for _ in 0..<4 {
      try session.run(step)
      values.append(try session.value(of: v).doubleValue)
    }
    #expect(values == [1, 2, 2.25, 2.5])
  }

  @Test("the first rate may be a tensor, and steps beyond float32's whole numbers count")
  func tensorRate() throws {
    let graph = Graph()
    let base = graph.placeholder(.float32, [])
    let step = graph.placeholder(.int64, [])
    let rate = piecewiseConstant(step, boundaries: [16_777_216], values: [2, 1])
    let decayed = inverseTimeDecay(base, step, decaySteps: 1, decayRate: 1)
    let session = Session(graph)
    let (before, after) = (NDArray(Int64(16_777_216)), NDArray(Int64(16_777_217)))
    #expect(try session.run(rate, feeding: [step: before]).doubleValue == 2)
    #expect(try session.run(rate, feeding: [step: after]).doubleValue == 1)
    let three = NDArray(Int64(3))
    #expect(try session.run(decayed, feeding: [base: 0.5, step: three]).doubleValue == 0.125)
  }

  static let misuses = [
    Misuse("no steps", says: ["0 steps"]) {
      _ = exponentialDecay(0.1, $0.globalStep, decaySteps: 0, decayRate: 0.5)
    },
    Misuse("values that do not fit", says: ["2 values", "2 boundaries"]) {
      _ = piecewiseConstant($0.globalStep, boundaries: [1, 2], values: [1, 2])
    },
    Misuse("boundaries out of order", says: ["[2, 1]", "ascend"]) {
      _ = piecewiseConstant($0.globalStep, boundaries: [2, 1], values: [1, 2, 3])
    },
    Misuse("periods that shrink", says: ["periodFactor is 0.5"]) {
      _ = cosineDecayRestarts(0.1, $0.globalStep, firstDecaySteps: 1, periodFactor: 0.5)
    },
    Misuse("steps for each element", says: ["int64[3]", "scalar"]) {
      _ = cosineDecay(0.1, $0.placeholder(.int64, [3]), decaySteps: 1)
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "OptimizerScheduleTests.swift") }
}
