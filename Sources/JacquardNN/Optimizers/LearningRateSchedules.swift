import Jacquard
import JacquardArrays

// All compute in float64: float32 would not tell steps above 2²⁴ apart.

/// A learning rate that shrinks by a factor every so many steps: `learningRate · decayRate^(step / decaySteps)`.
///
/// ```swift
/// let rate = exponentialDecay(0.1, graph.globalStep, decaySteps: 1000, decayRate: 0.96)
/// let trainStep = AdamOptimizer(learningRate: rate).minimize(cost, globalStep: graph.globalStep)
/// ```
///
/// - Parameters:
///   - learningRate: the rate at step 0; a number or a scalar tensor.
///   - step: a scalar that counts steps from 0.
///   - decaySteps: after how many steps the rate is multiplied by `decayRate`; at least 1.
///   - decayRate: what the rate is multiplied by.
///   - staircase: whether the rate stays constant in between.
/// - Returns: a float64 scalar, which every optimizer takes.
public func exponentialDecay(
  _ learningRate: any LearningRate, _ step: Tensor, decaySteps: Int, decayRate: Double,
  staircase: Bool = false, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  schedule("ExponentialDecay", step, [Requirement(decaySteps: decaySteps)], file, line) { step in
    let periods = step / Double(decaySteps)
    let factor = step.graph.scalar(decayRate, .float64)
    return learningRate.scalar(in: step.graph, dtype: .float64)
      * pow(factor, staircase ? floor(periods) : periods)
  }
}

/// A learning rate that shrinks like the inverse of the step: `learningRate / (1 + decayRate · step / decaySteps)`.
///
/// - Parameters:
///   - learningRate: the rate at step 0; a number or a scalar tensor.
///   - step: a scalar that counts steps from 0.
///   - decaySteps: after how many steps the divisor has grown by `decayRate`; at least 1.
///   - decayRate: how fast the divisor grows.
///   - staircase: whether the rate stays constant in between.
/// - Returns: a float64 scalar, which every optimizer takes.
public func inverseTimeDecay(
  _ learningRate: any LearningRate, _ step: Tensor, decaySteps: Int, decayRate: Double,
  staircase: Bool = false, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  schedule("InverseTimeDecay", step, [Requirement(decaySteps: decaySteps)], file, line) { step in
    let periods = step / Double(decaySteps)
    return learningRate.scalar(in: step.graph, dtype: .float64)
      / (1 + decayRate * (staircase ? floor(periods) : periods))
  }
}

/// A learning rate that changes at given steps: `values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.
///
/// - Parameters:
///   - step: a scalar that counts steps from 0.
///   - boundaries: the last steps of all values but the last one, ascending.
///   - values: the rates, one more than boundaries.
/// - Returns: a float64 scalar, which every optimizer takes.
public func piecewiseConstant(
  _ step: Tensor, boundaries: [Int], values: [Double], file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let requirements = [
    Requirement(
      values.count == boundaries.count + 1,
      "\(values.count) values do not fit \(boundaries.count) boundaries",
      remedy: "pass one value more than boundaries"),
    Requirement(
      zip(boundaries, boundaries.dropFirst()).allSatisfy(<),
      "the boundaries \(boundaries) do not ascend", remedy: "sort them, and their values"),
  ]
  return schedule("PiecewiseConstant", step, requirements, file, line) { step in
    let first = step.graph.scalar(values[0], .float64)
    return zip(boundaries, values.dropFirst()).reduce(first) { rate, next in
      select(step .> Double(next.0), next.1, rate)
    }
  }
}

/// A learning rate that falls along a polynomial to `endLearningRate`, and stays there:
/// `(learningRate − end) · (1 − step / decaySteps)^power + end`.
///
/// - Parameters:
///   - learningRate: the rate at step 0; a number or a scalar tensor.
///   - step: a scalar that counts steps from 0.
///   - decaySteps: after how many steps the end is reached; at least 1.
///   - endLearningRate: the rate at the end.
///   - power: the degree; 1 is a straight line.
///   - cycle: whether, instead of staying, the rate jumps up after each end, to where a fall over a multiple of `decaySteps` would be.
/// - Returns: a float64 scalar, which every optimizer takes.
public func polynomialDecay(
  _ learningRate: any LearningRate, _ step: Tensor, decaySteps: Int,
  endLearningRate: Double = 0.0001, power: Double = 1, cycle: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  schedule("PolynomialDecay", step, [Requirement(decaySteps: decaySteps)], file, line) { step in
    let periods = step / Double(decaySteps)
    let done = cycle ? periods / maximum(ceil(periods), 1) : minimum(periods, 1)
    let fall = learningRate.scalar(in: step.graph, dtype: .float64) - endLearningRate
    return fall * pow(1 - done, power) + endLearningRate
  }
}

/// A learning rate that falls along half a cosine to `alpha` times itself, and stays there.
///
/// Loshchilov and Hutter 2017: `learningRate · ((1 − alpha) · (1 + cos(π · step / decaySteps)) / 2 + alpha)`.
///
/// - Parameters:
///   - learningRate: the rate at step 0; a number or a scalar tensor.
///   - step: a scalar that counts steps from 0.
///   - decaySteps: after how many steps the end is reached; at least 1.
///   - alpha: the share of the rate that is left at the end.
/// - Returns: a float64 scalar, which every optimizer takes.
public func cosineDecay(
  _ learningRate: any LearningRate, _ step: Tensor, decaySteps: Int, alpha: Double = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  schedule("CosineDecay", step, [Requirement(decaySteps: decaySteps)], file, line) { step in
    let done = minimum(step / Double(decaySteps), 1)
    return learningRate.scalar(in: step.graph, dtype: .float64)
      * ((1 - alpha) * halfCosine(done) + alpha)
  }
}

/// A learning rate that falls along half a cosine again and again, each time over `periodFactor` times as many steps, from
/// `rateFactor` times the height.
///
/// Loshchilov and Hutter 2017, SGDR.
///
/// - Parameters:
///   - learningRate: the rate at step 0; a number or a scalar tensor.
///   - step: a scalar that counts steps from 0.
///   - firstDecaySteps: the steps of the first fall; at least 1.
///   - periodFactor: what each fall's number of steps is multiplied by to give the next; at least 1. TensorFlow's `t_mul`.
///   - rateFactor: what each fall's height is multiplied by to give the next. TensorFlow's `m_mul`.
///   - alpha: the share of the rate that is left at the end of a fall.
/// - Returns: a float64 scalar, which every optimizer takes.
public func cosineDecayRestarts(
  _ learningRate: any LearningRate, _ step: Tensor, firstDecaySteps: Int,
  periodFactor: Double = 2, rateFactor: Double = 1, alpha: Double = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let requirements = [
    Requirement(decaySteps: firstDecaySteps),
    Requirement(
      periodFactor >= 1 && periodFactor.isFinite, "periodFactor is \(periodFactor)",
      remedy: "pass a number of at least 1: restarts would never end"),
  ]
  return schedule("CosineDecayRestarts", step, requirements, file, line) { step in
    let periods = step / Double(firstDecaySteps)
    let (restarts, done) = restarts(periods, periodFactor)
    let height = pow(step.graph.scalar(rateFactor, .float64), restarts)
    return learningRate.scalar(in: step.graph, dtype: .float64)
      * ((1 - alpha) * height * halfCosine(done) + alpha)
  }
}

/// The number of restarts before `periods`, counted in first periods, and the share of the current period that is over.
private func restarts(_ periods: Tensor, _ factor: Double) -> (count: Tensor, done: Tensor) {
  if factor == 1 {
    let count = floor(periods)
    return (count, periods - count)
  }
  let base = periods.graph.scalar(factor, .float64)
  func start(of count: Tensor) -> Tensor { (pow(base, count) - 1) / (factor - 1) }
  // The quotient of logarithms may miss a whole number by a rounding error, either way.
  let guess = floor(log(1 + periods * (factor - 1)) / log(base))
  let late = select(start(of: guess + 1) .<= periods, guess + 1, guess)
  let count = select(start(of: late) .> periods, late - 1, late)
  return (count, (periods - start(of: count)) / pow(base, count))
}

private func halfCosine(_ done: Tensor) -> Tensor { (1 + cos(Double.pi * done)) * 0.5 }

/// What a schedule asks of its parameters.
private struct Requirement {
  let isMet: Bool
  let message: String
  let remedy: String

  init(_ isMet: Bool, _ message: String, remedy: String) {
    self.isMet = isMet
    self.message = message
    self.remedy = remedy
  }

  init(decaySteps: Int) {
    self.init(
      decaySteps >= 1, "the rate decays over \(decaySteps) steps", remedy: "pass at least 1 step")
  }
}

/// What `rate` makes of `step`, as float64; a diagnostic if `step` is no number or a requirement is not met.
private func schedule(
  _ name: String, _ step: Tensor, _ requirements: [Requirement], _ file: StaticString,
  _ line: UInt, _ rate: (Tensor) -> Tensor
) -> Tensor {
  withSourceLocation(file, line) {
    let graph = step.graph
    var isSound = !step.isInvalid
    if isSound, step.dtype == .bool || !step.shape.isCompatible(with: .scalar) {
      graph.diagnose(
        "the step is \(step.type), not a scalar that counts", remedy: "pass graph.globalStep",
        op: name, operands: [step])
      isSound = false
    }
    for requirement in requirements where !requirement.isMet {
      graph.diagnose(requirement.message, remedy: requirement.remedy, op: name, operands: [step])
      isSound = false
    }
    guard isSound else { return graph.invalid(TensorType(.float64, .scalar)) }
    return graph.scope(name) { rate(step.cast(to: .float64)) }
  }
}
