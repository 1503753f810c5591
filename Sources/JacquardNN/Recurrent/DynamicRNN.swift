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
///   - inputs: `[batch, steps, depth]`, or `[steps, batch, depth]` if `timeMajor`; batch and steps may be open or 0.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - initialState: the state before the first step, each part `[batch, …]`; zeros if `nil`.
///   - dtype: the element type of that zero state; by default that of the inputs.
///   - parallelIterations: for how many steps at once work outside the recurrence may be done; costs memory, saves time.
///   - swapMemory: whether what the gradient keeps of each step may move out of memory.
///   - timeMajor: whether axis 0 of inputs and outputs is time instead of the batch. Neither order costs a transpose.
///   - scope: the name of the variable scope around the cell's.
/// - Returns: the outputs of all steps, `[batch, steps, outputSize]` or time-major, and the state after the last.
public func dynamicRNN<Cell: RNNCell>(
  _ cell: Cell, _ inputs: Tensor, sequenceLength: Tensor? = nil,
  initialState: Cell.State? = nil, dtype: DType? = nil, parallelIterations: Int = 32,
  swapMemory: Bool = false, timeMajor: Bool = false, scope: String = "rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (outputs: Tensor, state: Cell.State) {
  withSourceLocation(file, line) {
    inputs.graph.variableScope(scope) {
      let sequence = SequenceOperands(
        inputs: inputs, sequenceLength: sequenceLength, timeAxis: timeMajor ? 0 : 1)
      guard
        sequence.validate(),
        let start = sequence.start(of: cell, from: initialState, dtype: dtype),
        let lengths = sequence.lengths()
      else { return sequence.invalidResults(of: cell) }
      let (state, outputs) = inputs.graph.scan(
        inputs, initial: start, axis: sequence.timeAxis, parallelIterations: parallelIterations,
        swapMemory: swapMemory, name: "while"
      ) { state, slice in
        guard let live = lengths.live() else {
          let (output, next) = cell(slice, state)
          return (next, output)
        }
        // The inputs are masked too: the gradient of a kernel has 0 · x in it, which is NaN if x is.
        let (output, next) = cell(live.orZero(slice), state)
        let frozen = zip(next.tensors, state.tensors).map { live.choose($0, else: $1) }
        return (next.rebuilt(from: frozen), live.orZero(output))
      }
      return (outputs, state)
    }
  }
}

/// The rows that have not ended before the step being built.
struct LiveRows {
  /// Bool, `[batch]`.
  let mask: Tensor

  /// The rows of `new` where live, elsewhere those of `old`; scalars are never masked.
  func choose(_ new: Tensor, else old: Tensor) -> Tensor {
    new.rank == 0 ? new : select(mask(for: new), new, old)
  }

  /// The rows of `x` where live, elsewhere 0.
  func orZero(_ x: Tensor) -> Tensor { x.rank == 0 ? x : select(mask(for: x), x, 0) }

  private func mask(for x: Tensor) -> Tensor {
    (1..<max(x.rank ?? 2, 1)).reduce(mask) { mask, axis in mask.expandingDimensions(at: axis) }
  }
}
