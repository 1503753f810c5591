import Jacquard
import JacquardArrays

/// Applies `cell` to the steps of sequences, one after the other, in a loop that runs as often as the fed inputs have steps.
///
/// ```swift
/// let (outputs, state) = dynamicRNN(BasicLSTMCell(units: 128), x, sequenceLength: lengths)
/// ```
///
/// Rows of different lengths may share a batch: past the end of a row its outputs are 0 and its state stays as it was
/// after its last step. What the inputs hold there, NaN included, matters neither to results nor to gradients. A length
/// may be 0; one outside 0…steps fails the run.
///
/// - Parameters:
///   - cell: what computes a step; makes its weights in the variable scope `scope`.
///   - inputs: `[batch, steps, depth]`, or `[steps, batch, depth]` if `timeMajor`; batch and steps may be open or 0. A structure
///     of such tensors for a ``StructuredRNNCell``.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - initialState: the state before the first step, each part `[batch, …]`; zeros if `nil`.
///   - dtype: the element type of that zero state; by default that of the inputs.
///   - parallelIterations: for how many steps at once work outside the recurrence may be done; costs memory, saves time.
///   - swapMemory: whether what the gradient keeps of each step may move out of memory.
///   - timeMajor: whether axis 0 of inputs and outputs is time instead of the batch. Neither order costs a transpose.
///   - scope: the name of the variable scope around the cell's.
/// - Returns: the outputs of all steps, `[batch, steps, outputSize]` or time-major, and the state after the last.
public func dynamicRNN<Cell: StructuredRNNCell>(
  _ cell: Cell, _ inputs: Cell.Input, sequenceLength: Tensor? = nil,
  initialState: Cell.State? = nil, dtype: DType? = nil, parallelIterations: Int = 32,
  swapMemory: Bool = false, timeMajor: Bool = false, scope: String = "rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (outputs: Cell.Output, state: Cell.State) {
  withSourceLocation(file, line) {
    let sequence = SequenceOperands(
      of: "DynamicRNN", inputs, sequenceLength: sequenceLength, timeAxis: timeMajor ? 0 : 1,
      initialStates: initialState?.tensors ?? [])
    return DynamicNetwork(
      parallelIterations: parallelIterations, swapMemory: swapMemory, dtype: dtype
    ).build(cell, over: sequence, from: initialState, scope: scope)
  }
}

/// One direction of a network in a loop.
struct DynamicNetwork {
  var parallelIterations: Int
  var swapMemory: Bool
  var dtype: DType?

  /// The outputs of `cell` and its last state, built in the variable scope `scope`.
  func build<Cell: StructuredRNNCell>(
    _ cell: Cell, over sequence: SequenceOperands<Cell.Input>, from initialState: Cell.State?,
    scope: String
  ) -> (outputs: Cell.Output, state: Cell.State) {
    sequence.graph.variableScope(scope) {
      guard
        sequence.validate(),
        let start = sequence.start(of: cell, from: initialState, dtype: dtype),
        let lengths = sequence.lengths()
      else { return sequence.invalidResults(of: cell) }
      let (state, outputs) = sequence.graph.scan(
        sequence.inputs, initial: start, axis: sequence.timeAxis,
        parallelIterations: parallelIterations, swapMemory: swapMemory, name: "while"
      ) { state, slices in
        let (output, next) = cell.step(slices, state, live: lengths.live())
        return (next, output)
      }
      return (outputs, state)
    }
  }
}
