import Jacquard
import JacquardArrays

/// Changes variables such that a loss shrinks.
///
/// ```swift
/// let trainStep = AdamOptimizer(learningRate: 0.001).minimize(cost)
/// for batch in batches { try session.run(trainStep, feeding: [x: batch.images, y: batch.labels]) }
/// ```
///
/// All gradients of a step are those at the values that variables have at the start of the run, and all variables change
/// together at its end.
public protocol Optimizer: Sendable {
  /// The name of the optimizer, of its operations and of its slots.
  var name: String { get }

  /// Appends the operations that change `variables`, none of them invalid, by `gradients`, one for each, in their order.
  func updates(
    _ variables: [Variable], by gradients: [Tensor]
  ) -> [Operation]
}

/// A variable and the gradient of a loss with respect to it; `nil` if the loss does not depend on it.
public typealias VariableGradient = (gradient: Tensor?, variable: Variable)

extension Optimizer {
  /// An operation that changes `variables` such that `loss` shrinks: ``computeGradients(of:variables:file:line:)`` and
  /// ``applyGradients(_:globalStep:file:line:)`` in one.
  ///
  /// - Parameters:
  ///   - loss: a floating-point tensor; the sum of its elements is minimised.
  ///   - variables: what to change; the graph's trainable variables by default.
  ///   - globalStep: a variable to count up with each step.
  @discardableResult
  public func minimize(
    _ loss: Tensor, variables: [Variable]? = nil, globalStep: Variable? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Operation {
    withSourceLocation(file, line) {
      let known = loss.graph.diagnostics.count
      let gradients = computeGradients(of: loss, variables: variables)
      // Where the loss could not be differentiated, that has been said.
      let isQuiet = loss.isInvalid || loss.graph.diagnostics.count > known
      return apply(gradients, globalStep: globalStep, in: loss.graph, isQuiet: isQuiet)
    }
  }

  /// The gradients of the sum of `loss` with respect to `variables`.
  ///
  /// - Parameters:
  ///   - loss: a floating-point tensor.
  ///   - variables: the graph's trainable variables by default.
  public func computeGradients(
    of loss: Tensor, variables: [Variable]? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> [VariableGradient] {
    withSourceLocation(file, line) {
      let variables = variables ?? loss.graph.trainableVariables
      let gradients = loss.graph.gradients(of: [loss], withRespectTo: variables)
      return zip(gradients, variables).map { ($0, $1) }
    }
  }

  /// An operation that changes each variable by its gradient, and leaves those without one.
  ///
  /// - Parameters:
  ///   - gradients: what ``computeGradients(of:variables:file:line:)`` gives, clipped or scaled perhaps.
  ///   - globalStep: a variable to count up with each step.
  @discardableResult
  public func applyGradients(
    _ gradients: [VariableGradient], globalStep: Variable? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Operation {
    withSourceLocation(file, line) {
      // Without any variable there is no graph to record that in: what is returned belongs to one of its own.
      let graph = gradients.first?.variable.graph ?? globalStep?.graph ?? Graph()
      return apply(gradients, globalStep: globalStep, in: graph, isQuiet: false)
    }
  }

  private func apply(
    _ gradients: [VariableGradient], globalStep: Variable?, in graph: Graph, isQuiet: Bool
  ) -> Operation {
    graph.scope(name) {
      var variables: [Variable] = []
      var present: [Tensor] = []
      for case (let gradient?, let variable) in gradients {
        guard isSound(gradient, variable, in: graph) else { continue }
        variables.append(variable)
        present.append(gradient)
      }
      if !isQuiet, !gradients.contains(where: { $0.gradient != nil }) {
        reportMissing(gradients.map(\.variable), in: graph)
      }
      var operations = present.isEmpty ? [] : updates(variables, by: present)
      if let globalStep {
        operations.append(globalStep.assignAdd(graph.scalar(1, globalStep.dtype)))
      }
      return graph.group(operations, name: "update")
    }
  }

  private func isSound(_ gradient: Tensor, _ variable: Variable, in graph: Graph) -> Bool {
    guard !gradient.isInvalid, !variable.isInvalid else { return false }
    guard variable.isVariable else {
      graph.diagnose(
        "'\(variable.name)' is not a variable; it cannot be trained",
        remedy: "pass tensors made by variable(…) or getVariable(…)", op: name,
        operands: [variable])
      return false
    }
    guard gradient.dtype == variable.dtype, gradient.shape.isCompatible(with: variable.shape)
    else {
      graph.diagnose(
        "the gradient of '\(variable.name)' is \(gradient.type), the variable is \(variable.type)",
        remedy: "keep the type that computeGradients gave it", op: name,
        operands: [gradient, variable])
      return false
    }
    return true
  }

  private func reportMissing(_ variables: [Variable], in graph: Graph) {
    if variables.isEmpty {
      graph.diagnose(
        "No gradients for any variable: there are no variables to train",
        remedy: "make trainable variables first, or pass those to train", op: name)
    } else {
      let names = variables.map { "'\($0.name)'" }.joined(separator: ", ")
      graph.diagnose(
        "No gradients for any variable: the loss does not depend on \(names)",
        remedy: """
          check the path between them for stopGradient and integer tensors, or pass the variables \
          that the loss depends on
          """, op: name)
    }
  }
}
