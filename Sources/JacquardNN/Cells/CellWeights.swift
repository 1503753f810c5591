import Jacquard
import JacquardArrays

/// The variables of a cell.
protocol CellVariables: Sendable {
  /// One whose shape follows from the number of inputs; diagnostics name it.
  var kernel: Variable { get }
}

/// The variables of a cell, made where it is first called, and used by all its further calls in the same graph.
struct CellWeights<Variables: CellVariables>: Sendable {
  private struct Made: Sendable {
    let variables: Variables
    let inputSize: Int
  }

  private let made = PerGraph<Made>()

  /// The variables for `operands`; `nil` after a diagnostic, or quietly for invalid operands.
  ///
  /// - Parameter make: makes them, in the variable scope around.
  func variables(
    for operands: CellOperands, orMake make: (VariableMaker) -> Variables
  ) -> Variables? {
    guard let (inputSize, dtype) = operands.validated() else { return nil }
    let graph = operands.inputs.graph
    let made = made.value(in: graph) {
      let maker = VariableMaker(graph: graph, inputSize: inputSize, dtype: dtype)
      return Made(variables: make(maker), inputSize: inputSize)
    }
    return operands.fits(inputSize, weightsFor: made.inputSize, made.variables.kernel)
      ? made.variables : nil
  }
}

/// Makes the variables of a cell.
struct VariableMaker {
  let graph: Graph
  /// The number of inputs per row.
  let inputSize: Int
  let dtype: DType
  /// What the names begin with: empty, or a path that ends with a slash.
  private(set) var prefix = ""

  /// Makes variables in `scope`.
  func scoped(_ scope: String) -> VariableMaker {
    var scoped = self
    scoped.prefix += scope + "/"
    return scoped
  }

  /// A variable in the variable scope around; its initializer is that of the scope by default.
  func callAsFunction(
    _ name: String, _ shape: [Int], _ initializer: Initializer? = nil
  ) -> Variable {
    graph.getVariable(prefix + name, shape, dtype: dtype, initializer: initializer)
  }
}

/// A kernel and a bias.
struct KernelAndBias: CellVariables {
  let kernel: Variable
  let bias: Variable

  /// `x · kernel + bias`.
  func callAsFunction(_ x: Tensor) -> Tensor { matmul(x, kernel) + bias }
}
