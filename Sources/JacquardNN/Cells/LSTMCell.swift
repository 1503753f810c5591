import Jacquard
import JacquardArrays

/// The long short-term memory cell with everything that may be added to it: peepholes, clipping and projection.
///
/// From inputs x, memory c and previous output h, with the columns of the kernel in the order i, j, f, o:
///
/// ```
/// i, j, f, o = split(concat(x, h) · kernel + bias)
/// c' = clip(c ∘ σ(f + forgetBias + w_f ∘ c) + σ(i + w_i ∘ c) ∘ activation(j))
/// h' = clip((activation(c') ∘ σ(o + w_o ∘ c')) · projection)
/// ```
///
/// Variables: `lstm_cell/kernel`, `[inputs + outputs, 4 · units]`; `lstm_cell/bias`, `[4 · units]`, which starts at 0; with peepholes
/// `lstm_cell/w_f_diag`, `w_i_diag` and `w_o_diag`, each `[units]`; with a projection `lstm_cell/projection/kernel`,
/// `[units, projection]`.
public final class LSTMCell: RNNCell {
  /// The memory c, `[batch, units]`, and the previous output h, `[batch, outputSize]`.
  public typealias State = LSTMState<Tensor>

  /// The number of units.
  public let units: Int
  /// Whether the gates see the memory: input and forget gate the old one, the output gate the new one.
  public let usePeepholes: Bool
  /// The greatest magnitude of an element of the memory; 0 makes it all 0.
  public let cellClip: Double?
  /// The number of elements a linear map without bias projects the output to.
  public let projection: Int?
  /// The greatest magnitude of an element of the projected output; without a projection nothing is clipped.
  public let projectionClip: Double?
  /// What is added to the forget gate's argument, so that a new cell remembers.
  public let forgetBias: Double
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let initializer: Initializer?
  private let activation: @Sendable (Tensor) -> Tensor
  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let gates: KernelAndBias
    let peepholes: Peepholes?
    let projection: Variable?
    var kernel: Variable { gates.kernel }
  }

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - usePeepholes: whether the gates see the memory.
  ///   - cellClip: the greatest magnitude of an element of the memory; 0 makes it all 0.
  ///   - initializer: of all weights but the bias; that of the variable scope by default.
  ///   - projection: the number of elements the output is projected to; it is not projected by default.
  ///   - projectionClip: the greatest magnitude of an element of the projected output.
  ///   - forgetBias: added to the forget gate's argument at each step; never part of the bias variable.
  ///   - activation: of the candidates and of the memory at the output.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, usePeepholes: Bool = false, cellClip: Double? = nil,
    initializer: Initializer? = nil, projection: Int? = nil, projectionClip: Double? = nil,
    forgetBias: Double = 1, activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) },
    dtype: DType? = nil, name: String = "lstm_cell"
  ) {
    self.units = units
    self.usePeepholes = usePeepholes
    self.cellClip = cellClip
    self.initializer = initializer
    self.projection = projection
    self.projectionClip = projectionClip
    self.forgetBias = forgetBias
    self.activation = activation
    self.dtype = dtype
    self.name = name
  }

  /// The number of elements of h: that of the projection, or else the number of units.
  public var outputSize: Int { projection ?? units }

  /// The number of units for c, and ``outputSize`` for h.
  public var stateSize: LSTMState<Int> { LSTMState(c: units, h: outputSize) }

  /// A state whose parts are made from the shapes of their rows, `[units]` and `[outputSize]`.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    LSTMState(c: part([units]), h: part([outputSize]))
  }

  /// Builds one step.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: c, `[batch, units]`, and h, `[batch, outputSize]`.
  public func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let weights = weights(for: inputs, state) else {
        let invalid = invalidState(in: graph, dtype: inputs.dtype)
        return (invalid.h, invalid)
      }
      let parts = weights.gates(concatenate([inputs, state.h], axis: 1)).split(count: 4, axis: 1)
      var (i, f, o) = (parts[0], parts[2] + forgetBias, parts[3])
      if let peepholes = weights.peepholes {
        f = f + peepholes.forget * state.c
        i = i + peepholes.input * state.c
      }
      var c = sigmoid(f) * state.c + sigmoid(i) * activation(parts[1])
      if let cellClip { c = c.clipped(to: -cellClip...cellClip) }
      if let peepholes = weights.peepholes { o = o + peepholes.output * c }
      var h = sigmoid(o) * activation(c)
      if let projection = weights.projection {
        h = matmul(h, projection)
        if let projectionClip { h = h.clipped(to: -projectionClip...projectionClip) }
      }
      return (h, LSTMState(c: c, h: h))
    }
  }

  private func weights(for inputs: Tensor, _ state: State) -> Weights? {
    let operands = CellOperands(
      cell: "LSTMCell", inputs: inputs, dtype: dtype,
      state: [("c", state.c, units), ("h", state.h, outputSize)],
      counts: [(units, "units"), (outputSize, "outputs")],
      bounds: [(cellClip, "cellClip"), (projectionClip, "projectionClip")])
    return weights.variables(for: operands) { variable in
      Weights(
        gates: KernelAndBias(
          kernel: variable("kernel", [variable.inputSize + outputSize, 4 * units], initializer),
          bias: variable("bias", [4 * units], .zeros)),
        peepholes: usePeepholes
          ? Peepholes(variable, units: units, initializer: initializer) : nil,
        projection: projection.map { variable("projection/kernel", [units, $0], initializer) })
    }
  }
}
