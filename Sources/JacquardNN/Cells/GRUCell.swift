import Jacquard
import JacquardArrays

/// The gated recurrent unit, its output being its state.
///
/// From inputs x and the previous output h, with the columns of the gates' kernel in the order r, u:
///
/// ```
/// r, u = split(σ(concat(x, h) · gates.kernel + gates.bias))
/// c = activation(concat(x, r ∘ h) · candidate.kernel + candidate.bias)
/// h' = u ∘ h + (1 - u) ∘ c
/// ```
///
/// Variables: `gru_cell/gates/kernel`, `[inputs + units, 2 · units]`; `gru_cell/gates/bias`, `[2 · units]`, which starts at 1;
/// `gru_cell/candidate/kernel`, `[inputs + units, units]`; `gru_cell/candidate/bias`, `[units]`, which starts at 0.
public final class GRUCell: RNNCell {
  /// The number of units.
  public let units: Int
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let activation: @Sendable (Tensor) -> Tensor
  private let kernelInitializer: Initializer?
  private let biasInitializer: Initializer?
  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let gates: KernelAndBias
    let candidate: KernelAndBias
    var kernel: Variable { gates.kernel }
  }

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - activation: of the candidates.
  ///   - kernelInitializer: of both kernels; that of the variable scope by default.
  ///   - biasInitializer: of both biases; 1 for the gates and 0 for the candidates by default.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) },
    kernelInitializer: Initializer? = nil, biasInitializer: Initializer? = nil,
    dtype: DType? = nil, name: String = "gru_cell"
  ) {
    self.units = units
    self.activation = activation
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
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
      let gates = sigmoid(weights.gates(concatenate([inputs, state], axis: 1)))
        .split(count: 2, axis: 1)
      let (r, u) = (gates[0], gates[1])
      let candidate = activation(weights.candidate(concatenate([inputs, r * state], axis: 1)))
      let h = u * state + (1 - u) * candidate
      return (h, h)
    }
  }

  private func weights(for inputs: Tensor, _ state: Tensor) -> Weights? {
    let operands = CellOperands(
      cell: "GRUCell", inputs: inputs, dtype: dtype, state: [("h", state, units)],
      counts: [(units, "units")])
    return weights.variables(for: operands) { variable in
      let rows = variable.inputSize + units
      return Weights(
        gates: KernelAndBias(
          kernel: variable("gates/kernel", [rows, 2 * units], kernelInitializer),
          bias: variable("gates/bias", [2 * units], biasInitializer ?? .ones)),
        candidate: KernelAndBias(
          kernel: variable("candidate/kernel", [rows, units], kernelInitializer),
          bias: variable("candidate/bias", [units], biasInitializer ?? .zeros)))
    }
  }
}
