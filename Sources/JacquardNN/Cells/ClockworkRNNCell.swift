import Jacquard
import JacquardArrays

/// The clockwork cell (Koutník et al. 2014, "A Clockwork RNN", arXiv 1402.3511): units in modules, each of which is updated every so
/// many steps and keeps its output in between.
///
/// ```swift
/// let cell = ClockworkRNNCell(units: 32, periods: [1, 2, 4, 8])  // four modules of 32 units
/// ```
///
/// Modules run from the fastest to the slowest, and each hears itself and those slower than itself: the recurrent matrix is
/// block-triangular, and only its blocks are stored. From inputs x and the previous outputs h of all modules, at step t,
/// counted from 0:
///
/// ```
/// h_i' = activation(concat(x, h_i, h_(i+1), …) · module_i/kernel + module_i/bias)   if t mod period_i = 0
/// h_i' = h_i                                                                        otherwise
/// ```
///
/// The output is that of all modules. Each row counts its own steps, in the state: rows that have ended keep their count, so that a
/// sequence may go on from the state of an earlier run. The paper's formula has no bias.
///
/// Variables, in `clockwork_rnn_cell/module_i` for i from 0, n modules in all: `kernel`, `[inputs + (n - i) · units, units]`, and `bias`,
/// `[units]`, which starts at 0.
public final class ClockworkRNNCell: RNNCell {
  /// The outputs h of all modules, `[batch, outputSize]`, and the number of steps made, `[batch]`.
  public typealias State = ClockworkState<Tensor>

  /// The number of units of each module.
  public let units: Int
  /// For each module, every how many steps it is updated; increasing.
  public let periods: [Int]
  /// The element type of the weights; that of the first inputs if `nil`.
  public let dtype: DType?
  /// The name of the variable scope around the weights.
  public let name: String

  private let activation: @Sendable (Tensor) -> Tensor
  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let modules: [KernelAndBias]
    var kernel: Variable { modules[0].kernel }
  }

  /// A cell; its weights are made where it is first called.
  ///
  /// - Parameters:
  ///   - units: the number of units of each module.
  ///   - periods: for each module, every how many steps it is updated; increasing, at least one.
  ///   - activation: of the outputs.
  ///   - dtype: the element type of the weights; that of the first inputs by default.
  ///   - name: the name of the variable scope around the weights.
  public init(
    units: Int, periods: [Int], activation: @escaping @Sendable (Tensor) -> Tensor = { tanh($0) },
    dtype: DType? = nil, name: String = "clockwork_rnn_cell"
  ) {
    self.units = units
    self.periods = periods
    self.activation = activation
    self.dtype = dtype
    self.name = name
  }

  /// The number of units of all modules.
  public var outputSize: Int { units * periods.count }

  /// The number of units of all modules, and one number of steps.
  public var stateSize: ClockworkState<Int> { ClockworkState(h: outputSize, step: 1) }

  /// A state whose parts are made from the shapes of their rows, `[outputSize]` and `[]`; the number of steps is cast to int64.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    ClockworkState(h: part([outputSize]), step: part([]).cast(to: .int64))
  }

  /// Builds one step.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: h, `[batch, outputSize]`, and the number of steps made, int64 `[batch]`.
  public func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let weights = weights(for: inputs, state) else {
        let invalid = invalidState(in: graph, dtype: inputs.dtype)
        return (invalid.h, invalid)
      }
      let old = state.h.split(count: periods.count, axis: 1)
      let new = zip(weights.modules, periods).enumerated().map { index, module in
        let (map, period) = module
        return graph.scope("module_\(index)") {
          let heard = concatenate([inputs] + old[index...], axis: 1)
          let updated = activation(map(heard))
          if period == 1 { return updated }
          let isActive = floorModulo(state.step, Double(period)) .== 0
          return select(isActive.expandingDimensions(at: 1), updated, old[index])
        }
      }
      let h = concatenate(new, axis: 1)
      return (h, ClockworkState(h: h, step: state.step + 1))
    }
  }

  private func weights(for inputs: Tensor, _ state: State) -> Weights? {
    let graph = inputs.graph
    if inputs.isInvalid || state.step.isInvalid { return nil }
    let isIncreasing = zip(periods, periods.dropFirst()).allSatisfy { $0 < $1 }
    guard let fastest = periods.first, fastest > 0, isIncreasing else {
      graph.diagnose(
        "the periods of the modules are \(periods)",
        remedy: "give one for each module, 1 or more, each greater than the one before",
        op: "ClockworkRNNCell")
      return nil
    }
    let operands = CellOperands(
      cell: "ClockworkRNNCell", inputs: inputs, dtype: dtype,
      state: [("h", state.h, outputSize)], counts: [(units, "units")])
    guard operands.hasType(TensorType(.int64, [inputs.shape[0]]), state.step, "step") else {
      return nil
    }
    return weights.variables(for: operands) { variable in
      Weights(
        modules: periods.indices.map { index in
          let variable = variable.scoped("module_\(index)")
          let heard = variable.inputSize + (periods.count - index) * units
          return KernelAndBias(
            kernel: variable("kernel", [heard, units]), bias: variable("bias", [units], .zeros))
        })
    }
  }
}
