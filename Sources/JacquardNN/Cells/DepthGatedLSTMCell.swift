import Jacquard
import JacquardArrays

/// Layers of long short-term memory cells whose memories are connected by depth gates (Yao et al. 2015, "Depth-Gated LSTM",
/// arXiv 1508.03790): the memory of a layer takes in, besides its own past, the memory of the layer below.
///
/// A layer whose inputs are x, with memory c and previous output h, over a layer whose new memory is c_l, with the columns of
/// the kernel in the order i, j, f, o, computes
///
/// ```
/// i, j, f, o = split(concat(x, h) · kernel + bias)
/// d = σ(x · depth_gate/kernel + depth_gate/bias + w_c_diag ∘ c + w_l_diag ∘ c_l)
/// c' = d ∘ c_l + σ(f + forgetBias + w_f_diag ∘ c) ∘ c + σ(i + w_i_diag ∘ c) ∘ tanh(j)
/// h' = tanh(c') ∘ σ(o + w_o_diag ∘ c')
/// ```
///
/// The inputs of the first layer are those of the cell; there is no memory below it, and so no depth gate: it is an ``LSTMCell`` with
/// peepholes. The inputs of every other layer are the outputs h' of the layer below. The paper has no `forgetBias`: there it is 0.
///
/// Variables, in `depth_gated_lstm_cell/layer_k` for k from 0: `kernel`, `[inputs + units, 4 · units]`, where above the first layer there
/// are as many inputs as units; `bias`, `[4 · units]`, which starts at 0; `w_f_diag`, `w_i_diag` and `w_o_diag`, each `[units]`; for k > 0
/// `depth_gate/kernel`, `[units, units]`, `depth_gate/bias`, which starts at 0, `depth_gate/w_c_diag` and `depth_gate/w_l_diag`, each
/// `[units]`.
public final class DepthGatedLSTMCell: RNNCell {
  /// The memory c and the previous output h of each layer from the first up, each `[batch, units]`.
  public typealias State = [LSTMState<Tensor>]

  /// The number of units of each layer.
  public let units: Int
  /// The number of layers.
  public let layers: Int
  /// What is added to the argument of each forget gate, so that a new cell remembers.
  public let forgetBias: Double
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let layers: [Layer]
    var kernel: Variable { layers[0].gates.kernel }
  }

  private struct Layer: Sendable {
    let gates: KernelAndBias
    let peepholes: Peepholes
    let depthGate: DepthGate?
  }

  private struct DepthGate: Sendable {
    let inputs: KernelAndBias
    /// For the layer's own memory before the step.
    let memory: Variable
    /// For the new memory of the layer below.
    let lower: Variable
  }

  /// A cell of several layers; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units of each layer.
  ///   - layers: the number of layers.
  ///   - forgetBias: added to the argument of each forget gate at each step; never part of a bias variable.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, layers: Int, forgetBias: Double = 1, dtype: DType? = nil,
    name: String = "depth_gated_lstm_cell"
  ) {
    self.units = units
    self.layers = layers
    self.forgetBias = forgetBias
    self.dtype = dtype
    self.name = name
  }

  /// The number of units of a layer.
  public var outputSize: Int { units }

  /// The number of units, for c and for h of each layer.
  public var stateSize: [LSTMState<Int>] { layerRange.map { _ in LSTMState(c: units, h: units) } }

  /// The states of all layers, whose parts are made from the shape `[units]` of their rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    layerRange.map { _ in LSTMState(c: part([units]), h: part([units])) }
  }

  /// Builds one step of all layers.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: c and h of each layer, each `[batch, units]`.
  public func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let weights = weights(for: inputs, state) else {
        let invalid = invalidState(in: graph, dtype: inputs.dtype)
        return (graph.invalid(TensorType(inputs.dtype, [nil, outputSize])), invalid)
      }
      var x = inputs
      var next: State = []
      for (index, layer) in weights.layers.enumerated() {
        let layerState = graph.scope("layer_\(index)") {
          step(of: layer, x, state[index], lower: next.last?.c)
        }
        next.append(layerState)
        x = layerState.h
      }
      return (x, next)
    }
  }

  private func step(
    of layer: Layer, _ x: Tensor, _ state: LSTMState<Tensor>, lower: Tensor?
  ) -> LSTMState<Tensor> {
    let parts = layer.gates(concatenate([x, state.h], axis: 1)).split(count: 4, axis: 1)
    let f = sigmoid(parts[2] + forgetBias + layer.peepholes.forget * state.c)
    let i = sigmoid(parts[0] + layer.peepholes.input * state.c)
    var c = f * state.c + i * tanh(parts[1])
    if let gate = layer.depthGate, let lower {
      c = c + sigmoid(gate.inputs(x) + gate.memory * state.c + gate.lower * lower) * lower
    }
    let o = sigmoid(parts[3] + layer.peepholes.output * c)
    return LSTMState(c: c, h: o * tanh(c))
  }

  private var layerRange: Range<Int> { 0..<max(layers, 0) }

  private func weights(for inputs: Tensor, _ state: State) -> Weights? {
    guard state.count == max(layers, 0) else {
      inputs.graph.diagnose(
        "there are \(layers) layers, but the states of \(state.count)",
        remedy: "start from zeroState(like: inputs), or give one state for each layer",
        op: "DepthGatedLSTMCell", operands: [inputs] + state.tensors)
      return nil
    }
    let operands = CellOperands(
      cell: "DepthGatedLSTMCell", inputs: inputs, dtype: dtype,
      state: state.enumerated().flatMap { index, state in
        [("c of layer \(index)", state.c, units), ("h of layer \(index)", state.h, units)]
      }, counts: [(units, "units"), (layers, "layers")])
    return weights.variables(for: operands) { variable in
      Weights(layers: layerRange.map { makeLayer($0, variable.scoped("layer_\($0)")) })
    }
  }

  private func makeLayer(_ index: Int, _ variable: VariableMaker) -> Layer {
    let rows = (index == 0 ? variable.inputSize : units) + units
    return Layer(
      gates: KernelAndBias(
        kernel: variable("kernel", [rows, 4 * units]), bias: variable("bias", [4 * units], .zeros)),
      peepholes: Peepholes(variable, units: units),
      depthGate: index == 0 ? nil : makeDepthGate(variable.scoped("depth_gate")))
  }

  private func makeDepthGate(_ variable: VariableMaker) -> DepthGate {
    DepthGate(
      inputs: KernelAndBias(
        kernel: variable("kernel", [units, units]), bias: variable("bias", [units], .zeros)),
      memory: variable("w_c_diag", [units]), lower: variable("w_l_diag", [units]))
  }
}
