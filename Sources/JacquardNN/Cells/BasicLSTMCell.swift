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
  private let weights = PerGraph<Weights>()

  private struct Weights: Sendable {
    let kernel: Variable
    let bias: Variable
    let inputSize: Int
  }

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
      let gates =
        matmul(concatenate([inputs, state.h], axis: 1), weights.kernel) + weights.bias
      let parts = gates.split(count: 4, axis: 1)
      let (i, j, f, o) = (parts[0], parts[1], parts[2], parts[3])
      let c = state.c * sigmoid(f + forgetBias) + sigmoid(i) * activation(j)
      let h = activation(c) * sigmoid(o)
      return (h, LSTMState(c: c, h: h))
    }
  }

  private func weights(for inputs: Tensor, _ state: State) -> Weights? {
    let graph = inputs.graph
    let operands = CellOperands(
      cell: "BasicLSTMCell", inputs: inputs,
      state: [("c", state.c, units), ("h", state.h, units)])
    guard let (inputSize, dtype) = operands.validated(dtype: dtype) else { return nil }
    guard units > 0 else {
      graph.diagnose("the cell has \(units) units", remedy: "give 1 or more", op: "BasicLSTMCell")
      return nil
    }
    let weights = weights.value(in: graph) {
      Weights(
        kernel: graph.getVariable("kernel", [inputSize + units, 4 * units], dtype: dtype),
        bias: graph.getVariable("bias", [4 * units], dtype: dtype, initializer: .zeros),
        inputSize: inputSize)
    }
    return operands.fits(inputSize, weightsFor: weights.inputSize, weights.kernel)
      ? weights : nil
  }
}
