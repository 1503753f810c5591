import Jacquard
import JacquardArrays

/// Applies one cell to the steps of sequences from first to last, and another from last to first, without a loop.
///
/// ```swift
/// let steps = x.unstacked(count: 28, axis: 1)
/// let (outputs, states) = staticBidirectionalRNN(LSTMCell(units: 64), LSTMCell(units: 64), steps)
/// ```
///
/// The cells make their weights in the variable scopes `scope/fw` and `scope/bw`. All else is as in
/// ``staticRNN(_:_:initialState:dtype:sequenceLength:scope:file:line:)``.
///
/// - Parameters:
///   - forwardCell: what computes the steps from first to last.
///   - backwardCell: what computes the steps from last to first; another object than `forwardCell`, unless weights are to be shared.
///   - inputs: for each step `[batch, depth]`, all of one shape; at least one. Structures of tensors for cells that take them.
///   - initialForwardState: the state before the first step; zeros if `nil`.
///   - initialBackwardState: the state before the backward network reads the last step; zeros if `nil`.
///   - dtype: the element type of zero states; by default that of the inputs.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`. Each row is
///     read backwards from its own end.
///   - scope: the name of the variable scope around both.
/// - Returns: for each step the outputs of both joined, `[batch, forward outputs + backward outputs]`, and the states both end with.
public func staticBidirectionalRNN<Forward: StructuredRNNCell, Backward: StructuredRNNCell>(
  _ forwardCell: Forward, _ backwardCell: Backward, _ inputs: [Forward.Input],
  initialForwardState: Forward.State? = nil, initialBackwardState: Backward.State? = nil,
  dtype: DType? = nil, sequenceLength: Tensor? = nil, scope: String = "bidirectional_rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (outputs: [Tensor], states: Directions<Forward.State, Backward.State>)
where
  Forward.Input == Backward.Input, Forward.Output == Tensor, Backward.Output == Tensor
{
  withSourceLocation(file, line) {
    StaticBidirectionalNetwork(
      network: StaticNetwork(op: "StaticBidirectionalRNN", dtype: dtype)
    ).build(
      Directions(forward: forwardCell, backward: backwardCell), inputs,
      sequenceLength: sequenceLength,
      from: Directions(forward: initialForwardState, backward: initialBackwardState), scope: scope)
  }
}

/// Two directions without a loop.
struct StaticBidirectionalNetwork {
  let network: StaticNetwork

  func build<Forward: StructuredRNNCell, Backward: StructuredRNNCell>(
    _ cells: Directions<Forward, Backward>, _ inputs: [Forward.Input], sequenceLength: Tensor?,
    from initial: Directions<Forward.State?, Backward.State?>, scope: String
  ) -> (outputs: [Tensor], states: Directions<Forward.State, Backward.State>)
  where
    Forward.Input == Backward.Input, Forward.Output == Tensor, Backward.Output == Tensor
  {
    let graph = sharedGraph(
      of: inputs.flatMap(\.tensors) + initial.tensors + [sequenceLength].compactMap(\.self))
    return graph.variableScope(scope) {
      guard
        let sequence = network.operands(
          inputs, sequenceLength: sequenceLength, initialStates: initial.tensors, in: graph),
        sequence.validate(), let lengths = sequence.lengths()
      else {
        let step = graph.invalid(
          TensorType(inputs.first?.tensors.first?.dtype ?? .float32, .unknown))
        return (
          inputs.map { _ in step },
          Directions(
            forward: cells.forward.invalidState(in: graph, dtype: step.dtype),
            backward: cells.backward.invalidState(in: graph, dtype: step.dtype))
        )
      }
      let forward = network.build(
        cells.forward, inputs, sequenceLength: lengths.checked, from: initial.forward, scope: "fw")
      let backward = network.build(
        cells.backward, reversed(inputs, lengths.checked), sequenceLength: lengths.checked,
        from: initial.backward, scope: "bw")
      let outputs = zip(forward.outputs, reversed(backward.outputs, lengths.checked)).map {
        concatenate([$0, $1], axis: 1)
      }
      return (outputs, Directions(forward: forward.state, backward: backward.state))
    }
  }

  /// The steps in the other order, each row turned round within its length.
  private func reversed<Structure: TensorStructure>(
    _ steps: [Structure], _ lengths: Tensor?
  ) -> [Structure] {
    guard let lengths else { return steps.reversed() }
    let parts = steps.map(\.tensors)
    let turned = parts[0].indices.map { part in
      stack(parts.map { $0[part] }).reverseSequence(
        lengths: lengths, sequenceAxis: 0, batchAxis: 1
      ).unstacked(count: steps.count)
    }
    return steps.enumerated().map { index, step in
      step.rebuilt(from: turned.map { $0[index] })
    }
  }
}
