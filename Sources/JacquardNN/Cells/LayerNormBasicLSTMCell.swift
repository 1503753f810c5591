import Jacquard
import JacquardArrays

/// The long short-term memory cell with layer normalization (Ba, Kiros and Hinton 2016, arXiv 1607.06450) and recurrent dropout
/// (Semeniuta, Severyn and Barth 2016, "Recurrent Dropout without Memory Loss", arXiv 1603.05118).
///
/// From inputs x, memory c and previous output h, with the columns of the kernel in the order i, j, f, o:
///
/// ```
/// i, j, f, o = norm of each of split(concat(x, h) · kernel)
/// c' = norm(c ∘ σ(f + forgetBias) + σ(i) ∘ dropout(activation(j)))
/// h' = activation(c') ∘ σ(o)
/// ```
///
/// The norm of a row v is `gamma ∘ (v - mean) / √(variance + 1e-12) + beta`. Dropout takes elements of the candidates only, so
/// nothing remembered is lost. The normalised memory is the one that the next step sees.
///
/// As `tf.contrib.rnn.LayerNormBasicLSTMCell`. Variables, all in `layer_norm_basic_lstm_cell`: `kernel`,
/// `[inputs + units, 4 · units]`; `gamma` and `beta`, each `[units]`, in each of `input`, `transform`, `forget`, `output` and
/// `state`. Without layer normalization they are `kernel` and `bias`, `[4 · units]`; the bias starts as the variable scope says,
/// not at 0.
public final class LayerNormBasicLSTMCell: RNNCell {
  /// The memory c and the previous output h, each `[batch, units]`.
  public typealias State = LSTMState<Tensor>

  /// The number of units.
  public let units: Int
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
  private let dropoutKeep: any KeepProbability
  private let seed: UInt64?
  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let kernel: Variable
    let bias: Variable?
    let norms: Norms?
  }

  private struct Norms: Sendable {
    /// Of i, j, f and o.
    let gates: [CellNormalization]
    let state: CellNormalization
  }

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units.
  ///   - forgetBias: added to the forget gate's argument at each step, after normalization.
  ///   - activation: of the candidates and of the memory at the output.
  ///   - layerNorm: whether candidates, gates and memory are normalised.
  ///   - normGain: what each `gamma` starts with.
  ///   - normShift: what each `beta` starts with.
  ///   - dropoutKeepProbability: how likely an element of the candidates is kept: a number or a scalar tensor.
  ///   - seed: what dropout uses in place of the graph's seed.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, forgetBias: Double = 1,
    activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) }, layerNorm: Bool = true,
    normGain: Double = 1, normShift: Double = 0,
    dropoutKeepProbability: any KeepProbability = 1.0, seed: UInt64? = nil, dtype: DType? = nil,
    name: String = "layer_norm_basic_lstm_cell"
  ) {
    self.units = units
    self.forgetBias = forgetBias
    self.activation = activation
    self.layerNorm = layerNorm
    self.normGain = normGain
    self.normShift = normShift
    dropoutKeep = dropoutKeepProbability
    self.seed = seed
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
      var sums = matmul(concatenate([inputs, state.h], axis: 1), weights.kernel)
      if let bias = weights.bias { sums = sums + bias }
      var parts = sums.split(count: 4, axis: 1)
      if let norms = weights.norms { parts = zip(norms.gates, parts).map { $0($1) } }
      let (i, j, f, o) = (parts[0], parts[1], parts[2], parts[3])
      let candidates = dropoutKeep.dropout(activation(j), seed: seed, name: "dropout")
      var c = state.c * sigmoid(f + forgetBias) + sigmoid(i) * candidates
      if let norms = weights.norms { c = norms.state(c) }
      let h = activation(c) * sigmoid(o)
      return (h, LSTMState(c: c, h: h))
    }
  }

  private func weights(for inputs: Tensor, _ state: State) -> Weights? {
    let operands = CellOperands(
      cell: "LayerNormBasicLSTMCell", inputs: inputs, dtype: dtype,
      state: [("c", state.c, units), ("h", state.h, units)], counts: [(units, "units")])
    return weights.variables(for: operands) { variable in
      func norm(_ scope: String) -> CellNormalization {
        CellNormalization(scope, variable, units: units, gain: normGain, shift: normShift)
      }
      return Weights(
        kernel: variable("kernel", [variable.inputSize + units, 4 * units]),
        bias: layerNorm ? nil : variable("bias", [4 * units]),
        norms: layerNorm
          ? Norms(
            gates: ["input", "transform", "forget", "output"].map(norm), state: norm("state"))
          : nil)
    }
  }
}
