import Jacquard
import JacquardArrays

/// The simplest recurrent cell: its output is its state.
///
/// From inputs x and the previous output h:
///
/// ```
/// h' = activation(concat(x, h) · kernel + bias)
/// ```
///
/// Variables: `basic_rnn_cell/kernel`, `[inputs + units, units]`, and `basic_rnn_cell/bias`, `[units]`, which starts at 0.
public final class BasicRNNCell: RNNCell {
  /// The number of units.
  public let units: Int
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let activation: @Sendable (Tensor) -> Tensor
  private let weights = CellWeights<KernelAndBias>()

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: of the output.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) },
    dtype: DType? = nil, name: String = "basic_rnn_cell"
  ) {
    self.units = units
    self.activation = activation
    self.dtype = dtype
    self.name = name
  }

  /// The number of units.
  public var outputSize: Int { units }

  /// The number of units.
  public var stateSize: Int { units }

  /// A state made from the shape `[units]` of its rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([units]) }

  /// Builds one step.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: h, `[batch, units]`.
  public func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let weights = weights(for: inputs, state) else {
        let invalid = invalidState(in: graph, dtype: inputs.dtype)
        return (invalid, invalid)
      }
      let h = activation(weights(concatenate([inputs, state], axis: 1)))
      return (h, h)
    }
  }

  private func weights(for inputs: Tensor, _ state: Tensor) -> KernelAndBias? {
    let operands = CellOperands(
      cell: "BasicRNNCell", inputs: inputs, dtype: dtype, state: [("h", state, units)],
      counts: [(units, "units")])
    return weights.variables(for: operands) { variable in
      KernelAndBias(
        kernel: variable("kernel", [variable.inputSize + units, units]),
        bias: variable("bias", [units], .zeros))
    }
  }
}
