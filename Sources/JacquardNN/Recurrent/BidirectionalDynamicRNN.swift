import Jacquard
import JacquardArrays

/// Applies one cell to the steps of sequences from first to last, and another from last to first, each row from its own end.
///
/// ```swift
/// let (outputs, states) = bidirectionalDynamicRNN(LSTMCell(units: 64), LSTMCell(units: 64), x)
/// let both = concatenate([outputs.forward, outputs.backward], axis: 2)
/// ```
///
/// The cells make their weights in the variable scopes `scope/fw` and `scope/bw`. All else is as in
/// ``dynamicRNN(_:_:sequenceLength:initialState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)``.
///
/// - Parameters:
///   - forwardCell: what computes the steps from first to last.
///   - backwardCell: what computes the steps from last to first; another object than `forwardCell`, unless weights are to be shared.
///   - inputs: `[batch, steps, depth]`, or `[steps, batch, depth]` if `timeMajor`; a structure of such tensors for cells that take
///     one.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - initialForwardState: the state before the first step; zeros if `nil`.
///   - initialBackwardState: the state before the backward network reads the last step; zeros if `nil`.
///   - dtype: the element type of zero states; by default that of the inputs.
///   - parallelIterations: as for ``dynamicRNN(_:_:sequenceLength:initialState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)``.
///   - swapMemory: likewise.
///   - timeMajor: whether axis 0 of inputs and outputs is time instead of the batch.
///   - scope: the name of the variable scope around both.
/// - Returns: the outputs of both, step by step at the place of the inputs they belong to, and the states both end with.
public func bidirectionalDynamicRNN<Forward: StructuredRNNCell, Backward: StructuredRNNCell>(
  _ forwardCell: Forward, _ backwardCell: Backward, _ inputs: Forward.Input,
  sequenceLength: Tensor? = nil, initialForwardState: Forward.State? = nil,
  initialBackwardState: Backward.State? = nil, dtype: DType? = nil, parallelIterations: Int = 32,
  swapMemory: Bool = false, timeMajor: Bool = false, scope: String = "bidirectional_rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (
  outputs: Directions<Forward.Output, Backward.Output>,
  states: Directions<Forward.State, Backward.State>
) where Forward.Input == Backward.Input {
  withSourceLocation(file, line) {
    BidirectionalDynamicNetwork(
      op: "BidirectionalDynamicRNN", timeAxis: timeMajor ? 0 : 1,
      network: DynamicNetwork(
        parallelIterations: parallelIterations, swapMemory: swapMemory, dtype: dtype)
    ).build(
      Directions(forward: forwardCell, backward: backwardCell), inputs,
      sequenceLength: sequenceLength,
      from: Directions(forward: initialForwardState, backward: initialBackwardState), scope: scope)
  }
}

/// Two directions, each in a loop.
struct BidirectionalDynamicNetwork {
  /// The name of the function called, for diagnostics.
  let op: String
  let timeAxis: Int
  let network: DynamicNetwork

  func build<Forward: StructuredRNNCell, Backward: StructuredRNNCell>(
    _ cells: Directions<Forward, Backward>, _ inputs: Forward.Input, sequenceLength: Tensor?,
    from initial: Directions<Forward.State?, Backward.State?>, scope: String
  ) -> (
    outputs: Directions<Forward.Output, Backward.Output>,
    states: Directions<Forward.State, Backward.State>
  ) where Forward.Input == Backward.Input {
    func operands(_ inputs: Forward.Input, _ lengths: Tensor?) -> SequenceOperands<Forward.Input> {
      SequenceOperands(
        of: op, inputs, sequenceLength: lengths, timeAxis: timeAxis, initialStates: initial.tensors)
    }
    let sequence = operands(inputs, sequenceLength)
    return sequence.graph.variableScope(scope) {
      guard sequence.validate(), let lengths = sequence.lengths() else {
        let forward = sequence.invalidResults(of: cells.forward)
        let backward = sequence.invalidResults(of: cells.backward)
        return (
          Directions(forward: forward.outputs, backward: backward.outputs),
          Directions(forward: forward.state, backward: backward.state)
        )
      }
      let forward = network.build(
        cells.forward, over: operands(inputs, lengths.checked), from: initial.forward, scope: "fw")
      let backward = network.build(
        cells.backward, over: operands(reversed(inputs, lengths), lengths.checked),
        from: initial.backward, scope: "bw")
      return (
        Directions(forward: forward.outputs, backward: reversed(backward.outputs, lengths)),
        Directions(forward: forward.state, backward: backward.state)
      )
    }
  }

  /// Each row turned round within its length.
  private func reversed<Structure: TensorStructure>(
    _ x: Structure, _ lengths: SequenceOperands<some TensorStructure>.Lengths
  ) -> Structure {
    x.rebuilt(
      from: x.tensors.map { x in
        guard let checked = lengths.checked else { return x.reversed(axes: [timeAxis]) }
        return x.reverseSequence(lengths: checked, sequenceAxis: timeAxis, batchAxis: 1 - timeAxis)
      })
  }
}
