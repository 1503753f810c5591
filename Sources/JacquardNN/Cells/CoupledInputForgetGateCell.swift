import Jacquard
import JacquardArrays

/// The long short-term memory cell whose input gate is what the forget gate leaves: what enters the memory takes the place of what
/// is forgotten (Greff et al. 2015, "LSTM: A Search Space Odyssey", arXiv 1503.04069).
///
/// From inputs x, memory c and previous output h, with the columns of the kernel in the order j, f, o:
///
/// ```
/// j, f, o = split(concat(x, h) · W_0 + B)
/// f = σ(f + forgetBias + W_F_diag ∘ c)
/// c' = clip(f ∘ c + (1 - f) ∘ activation(j))
/// h' = clip((activation(c') ∘ σ(o + W_O_diag ∘ c')) · W_P_0)
/// ```
///
/// With layer normalization, j, f, o and c' are normalised before they are used, each by a gain and a shift of its own, and B, which
/// is made all the same, is not added; what is normalised is the memory that the next step sees.
///
/// As `tf.contrib.rnn.CoupledInputForgetGateLSTMCell`, which has no `cellClip`. Variables, all in
/// `coupled_input_forget_gate_lstm_cell`: `W_0`, `[inputs + outputs, 3 · units]`; `B`, `[3 · units]`, which starts at 0; with layer
/// normalization `gamma` and `beta`, each `[units]`, in each of `transform`, `forget`, `output` and `state`; with peepholes
/// `W_F_diag` and `W_O_diag`, each `[units]`; with a projection `W_P_0`, `[units, projection]`.
public final class CoupledInputForgetGateCell: RNNCell {
  /// The memory c, `[batch, units]`, and the previous output h, `[batch, outputSize]`.
  public typealias State = LSTMState<Tensor>

  /// The number of units.
  public let units: Int
  /// Whether the gates see the memory: the forget gate the old one, the output gate the new one.
  public let usePeepholes: Bool
  /// The greatest magnitude of an element of the memory; 0 makes it all 0.
  public let cellClip: Double?
  /// The number of elements a linear map without bias projects the output to.
  public let projection: Int?
  /// The greatest magnitude of an element of the projected output; without a projection nothing is clipped.
  public let projectionClip: Double?
  /// What is added to the forget gate's argument, so that a new cell remembers.
  public let forgetBias: Double
  /// Whether candidates, gates and memory are normalised.
  public let layerNorm: Bool
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let activation: @Sendable (Tensor) -> Tensor
  private let normGain: Double
  private let normShift: Double
  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let gates: KernelAndBias
    let norms: Norms?
    let forgetPeephole: Variable?
    let outputPeephole: Variable?
    let stateNorm: CellNormalization?
    let projection: Variable?
    var kernel: Variable { gates.kernel }
  }

  private struct Norms: Sendable {
    let candidate: CellNormalization
    let forget: CellNormalization
    let output: CellNormalization
  }

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - usePeepholes: whether the gates see the memory.
  ///   - cellClip: the greatest magnitude of an element of the memory, after normalization; 0 makes it all 0.
  ///   - projection: the number of elements the output is projected to; it is not projected by default.
  ///   - projectionClip: the greatest magnitude of an element of the projected output.
  ///   - forgetBias: added to the forget gate's argument at each step; never part of the bias variable.
  ///   - activation: of the candidates and of the memory at the output.
  ///   - layerNorm: whether candidates, gates and memory are normalised.
  ///   - normGain: what each `gamma` starts with.
  ///   - normShift: what each `beta` starts with.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, usePeepholes: Bool = false, cellClip: Double? = nil, projection: Int? = nil,
    projectionClip: Double? = nil, forgetBias: Double = 1,
    activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) }, layerNorm: Bool = false,
    normGain: Double = 1, normShift: Double = 0, dtype: DType? = nil,
    name: String = "coupled_input_forget_gate_lstm_cell"
  ) {
    self.units = units
    self.usePeepholes = usePeepholes
    self.cellClip = cellClip
    self.projection = projection
    self.projectionClip = projectionClip
    self.forgetBias = forgetBias
    self.activation = activation
    self.layerNorm = layerNorm
    self.normGain = normGain
    self.normShift = normShift
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
      let x = concatenate([inputs, state.h], axis: 1)
      let sums = layerNorm ? matmul(x, weights.kernel) : weights.gates(x)
      let parts = sums.split(count: 3, axis: 1)
      var (j, f, o) = (parts[0], parts[1], parts[2])
      if let norms = weights.norms {
        (j, f, o) = (norms.candidate(j), norms.forget(f), norms.output(o))
      }
      f = f + forgetBias
      if let peephole = weights.forgetPeephole { f = f + peephole * state.c }
      f = sigmoid(f)
      var c = f * state.c + (1 - f) * activation(j)
      if let norm = weights.stateNorm { c = norm(c) }
      if let cellClip { c = c.clipped(to: -cellClip...cellClip) }
      if let peephole = weights.outputPeephole { o = o + peephole * c }
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
      cell: "CoupledInputForgetGateCell", inputs: inputs, dtype: dtype,
      state: [("c", state.c, units), ("h", state.h, outputSize)],
      counts: [(units, "units"), (outputSize, "outputs")],
      bounds: [(cellClip, "cellClip"), (projectionClip, "projectionClip")])
    return weights.variables(for: operands) { variable in
      func norm(_ scope: String) -> CellNormalization {
        CellNormalization(scope, variable, units: units, gain: normGain, shift: normShift)
      }
      return Weights(
        gates: KernelAndBias(
          kernel: variable("W_0", [variable.inputSize + outputSize, 3 * units]),
          bias: variable("B", [3 * units], .zeros)),
        norms: layerNorm
          ? Norms(candidate: norm("transform"), forget: norm("forget"), output: norm("output"))
          : nil,
        forgetPeephole: usePeepholes ? variable("W_F_diag", [units]) : nil,
        outputPeephole: usePeepholes ? variable("W_O_diag", [units]) : nil,
        stateNorm: layerNorm ? norm("state") : nil,
        projection: projection.map { variable("W_P_0", [units, $0]) })
    }
  }
}
