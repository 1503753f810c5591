import Jacquard
import JacquardArrays

/// The long short-term memory cell without peepholes, projection or clipping.
///
/// From inputs x, memory c and previous output h, with the columns of the kernel in the order i, j, f, o:
///
/// ```
/// i, j, f, o = split(concat(x, h) · kernel + bias)
/// c' = c ∘ σ(f + forgetBias) + σ(i) ∘ activation(j)
/// h' = activation(c') ∘ σ(o)
/// ```
///
/// Variables: `basic_lstm_cell/kernel`, `[inputs + units, 4 · units]`, and `basic_lstm_cell/bias`, `[4 · units]`, which starts at 0.
public final class BasicLSTMCell: RNNCell {
  /// The memory c and the previous output h, each `[batch, units]`.
  public typealias State = LSTMState<Tensor>

  /// The number of units.
  public let units: Int
  /// What is added to the forget gate's argument, so that a new cell remembers.
  public let forgetBias: Double
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
  ///   - forgetBias: added to the forget gate's argument at each step; never part of the bias variable.
  ///   - activation: of the candidates and of the memory at the output.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, forgetBias: Double = 1,
    activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) }, dtype: DType? = nil,
    name: String = "basic_lstm_cell"
  ) {
    self.units = units
    self.forgetBias = forgetBias
    self.activation = activation
    self.dtype = dtype
    self.name = name
  }

  /// The number of units.
  public var outputSize: Int { units }

  /// The number of units, for c and for h.
  public var stateSize: LSTMState<Int> { LSTMState(c: units, h: units) }

  /// A state whose parts are made from the shape `[units]` of their rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    LSTMState(c: part([units]), h: part([units]))
  }

  /// Builds one step.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: c and h, each `[batch, units]`.
  public func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let weights = weights(for: inputs, state) else {
        let invalid = invalidState(in: graph, dtype: inputs.dtype)
        return (invalid.h, invalid)
      }
      let parts = weights(concatenate([inputs, state.h], axis: 1)).split(count: 4, axis: 1)
      let (i, j, f, o) = (parts[0], parts[1], parts[2], parts[3])
      let c = state.c * sigmoid(f + forgetBias) + sigmoid(i) * activation(j)
      let h = activation(c) * sigmoid(o)
      return (h, LSTMState(c: c, h: h))
    }
  }

  private func weights(for inputs: Tensor, _ state: State) -> KernelAndBias? {
    let operands = CellOperands(
      cell: "BasicLSTMCell", inputs: inputs, dtype: dtype,
      state: [("c", state.c, units), ("h", state.h, units)], counts: [(units, "units")])
    return weights.variables(for: operands) { variable in
      KernelAndBias(
        kernel: variable("kernel", [variable.inputSize + units, 4 * units]),
        bias: variable("bias", [4 * units], .zeros))
    }
  }
}
