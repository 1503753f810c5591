import Jacquard

/// Running means of variables, which often do better than the variables themselves once training is over.
///
/// Each ``apply(to:file:line:)`` moves the mean towards the variable, `average −= (1 − decay) · (average − variable)`. Run it after the
/// training step:
///
/// ```swift
/// let averages = ExponentialMovingAverage(decay: 0.999, steps: graph.globalStep)
/// let step = optimizer.minimize(cost, globalStep: graph.globalStep)
/// let trainStep = graph.controlDependencies([step]) { averages.apply(to: graph.trainableVariables) }
/// ```
///
/// The means are variables named `<variable>/ExponentialMovingAverage`, not trained, that start with the initial value of theirs.
public struct ExponentialMovingAverage: Sendable {
  /// The name of its operations and variables.
  public let name: String

  /// The share of the mean that stays.
  public let decay: Double
  /// What makes first means move faster: with t steps done, the decay is at most (1 + t) / (10 + t).
  public let steps: Tensor?

  private let slots = SlotVariables()

  /// Running means.
  ///
  /// - Parameters:
  ///   - decay: the share of the mean that stays, from 0 to 1; close to 1.
  ///   - steps: a scalar that counts steps from 0, if the decay is to start small.
  public init(decay: Double, steps: Tensor? = nil, name: String = "ExponentialMovingAverage") {
    self.decay = decay
    self.steps = steps
    self.name = name
  }

  /// An operation that moves the means of `variables`, towards the values they have at the start of the run, or, under control
  /// dependencies, after those.
  ///
  /// - Parameter variables: floating-point variables, at least one.
  @discardableResult
  public func apply(
    to variables: [Variable], file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    withSourceLocation(file, line) {
      // Without any variable there is no graph to record that in: what is returned belongs to one of its own.
      let graph = variables.first?.graph ?? Graph()
      return graph.scope(name) {
        if variables.isEmpty {
          graph.diagnose("there are no variables to average", remedy: "pass some", op: name)
        }
        let rest = restOfMean(in: graph)
        let updates = variables.filter(isSound).map { variable in
          let average = average(of: variable)
          return graph.scope("update_\(variable.shortName)") {
            let distance = average - variable.read()
            return average.assignSubtract(distance * rest.cast(to: variable.dtype))
          }
        }
        return graph.group(updates, name: "update")
      }
    }
  }

  /// The mean of `variable`, a variable that holds its initial value until ``apply(to:file:line:)`` has run.
  public func average(
    of variable: Variable, file: StaticString = #fileID, line: UInt = #line
  ) -> Variable {
    withSourceLocation(file, line) {
      guard isSound(variable) else { return variable.graph.invalid(variable.type) }
      let initializer = Initializer { graph, _, _ in
        variable.initialValue ?? graph.invalid(variable.type)
      }
      return slots.slot("average", of: variable, name: name, initializer)
    }
  }

  /// 1 − decay as float64: float32 would not tell steps above 2²⁴ apart.
  private func restOfMean(in graph: Graph) -> Tensor {
    guard let steps else { return graph.scalar(1 - decay, .float64) }
    guard steps.dtype != .bool, steps.shape.isCompatible(with: .scalar) else {
      if !steps.isInvalid {
        graph.diagnose(
          "the number of steps is \(steps.type), not a scalar that counts",
          remedy: "pass graph.globalStep", op: name, operands: [steps])
      }
      return graph.invalid(TensorType(.float64, .scalar))
    }
    let t = steps.cast(to: .float64)
    return 1 - minimum((1 + t) / (10 + t), decay)
  }

  private func isSound(_ variable: Variable) -> Bool {
    guard !variable.isInvalid else { return false }
    guard variable.isVariable, variable.dtype.isFloatingPoint else {
      variable.graph.diagnose(
        "'\(variable.name)', \(variable.type), is not a floating-point variable",
        remedy: "pass tensors made by variable(…) or getVariable(…)", op: name,
        operands: [variable])
      return false
    }
    return true
  }
}
