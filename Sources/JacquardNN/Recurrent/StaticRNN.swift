import Jacquard
import JacquardArrays

/// Applies `cell` to the steps of sequences, one after the other, without a loop: the graph has as many copies of the cell as steps.
///
/// ```swift
/// let (outputs, state) = staticRNN(BasicLSTMCell(units: 128), x.unstacked(count: 28, axis: 1))
/// ```
///
/// Gives what ``dynamicRNN(_:_:sequenceLength:initialState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)`` does,
/// lengths included, for a number of steps known when the graph is built.
///
/// - Parameters:
///   - cell: what computes a step; makes its weights in the variable scope `scope`.
///   - inputs: for each step `[batch, depth]`, all of one shape; at least one.
///   - initialState: the state before the first step, each part `[batch, …]`; zeros if `nil`.
///   - dtype: the element type of that zero state; by default that of the inputs.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - scope: the name of the variable scope around the cell's.
/// - Returns: the output of each step, `[batch, outputSize]`, and the state after the last.
public func staticRNN<Cell: RNNCell>(
  _ cell: Cell, _ inputs: [Tensor], initialState: Cell.State? = nil, dtype: DType? = nil,
  sequenceLength: Tensor? = nil, scope: String = "rnn", file: StaticString = #fileID,
  line: UInt = #line
) -> (outputs: [Tensor], state: Cell.State) {
  precondition(!inputs.isEmpty, "staticRNN needs the inputs of at least one step")
  let graph = inputs[0].graph
  return withSourceLocation(file, line) {
    graph.variableScope(scope) {
      // Only its shape is used, so a run never computes it.
      let sequence = SequenceOperands(
        inputs: stack(inputs), sequenceLength: sequenceLength, timeAxis: 0)
      guard
        sequence.validate(),
        let start = sequence.start(of: cell, from: initialState, dtype: dtype),
        let lengths = sequence.lengths()
      else {
        let invalid = sequence.invalidResults(of: cell)
        let output = graph.invalid(
          TensorType(invalid.outputs.dtype, [inputs[0].shape[0], cell.outputSize]))
        return (inputs.map { _ in output }, invalid.state)
      }
      var state = start
      var outputs: [Tensor] = []
      for (index, slice) in inputs.enumerated() {
        let live = lengths.checked.map {
          LiveRows(mask: graph.scalar(Double(index), .int64) .< $0)
        }
        let (output, next) = cell(live?.orZero(slice) ?? slice, state)
        outputs.append(live?.orZero(output) ?? output)
        state =
          live.map { live in
            next.rebuilt(
              from: zip(next.tensors, state.tensors).map { live.choose($0, else: $1) })
          } ?? next
      }
      return (outputs, state)
    }
  }
}
