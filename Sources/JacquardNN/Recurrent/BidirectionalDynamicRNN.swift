import Jacquard
import JacquardArrays

/// One thing of the network that reads sequences from their start, another of the one that reads them from their end.
public struct Directions<Forward, Backward> {
  /// Of the network that reads from the start.
  public var forward: Forward
  /// Of the network that reads from the end.
  public var backward: Backward

  /// One of each.
  public init(forward: Forward, backward: Backward) {
    self.forward = forward
    self.backward = backward
  }
}

extension Directions: Sendable where Forward: Sendable, Backward: Sendable {}
extension Directions: Equatable where Forward: Equatable, Backward: Equatable {}
extension Directions: Hashable where Forward: Hashable, Backward: Hashable {}

extension Directions: TensorStructure where Forward: TensorStructure, Backward: TensorStructure {
  /// Those of forward, then those of backward.
  public var tensors: [Tensor] { forward.tensors + backward.tensors }

  /// The same directions around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> Directions {
    let count = forward.tensors.count
    return Directions(
      forward: forward.rebuilt(from: Array(tensors.prefix(count))),
      backward: backward.rebuilt(from: Array(tensors.dropFirst(count))))
  }
}

extension Directions: Fetchable where Forward: Fetchable, Backward: Fetchable {
  /// What forward fetches, then what backward does.
  public var fetchedTensors: [Tensor] { forward.fetchedTensors + backward.fetchedTensors }
  /// What forward runs, then what backward does.
  public var fetchedOperations: [Operation] {
    forward.fetchedOperations + backward.fetchedOperations
  }

  /// The directions of the values fetched.
  public func assembled(
    from arrays: inout FetchedArrays
  ) -> Directions<Forward.Fetched, Backward.Fetched> {
    Directions<Forward.Fetched, Backward.Fetched>(
      forward: forward.assembled(from: &arrays), backward: backward.assembled(from: &arrays))
  }
}

extension Directions: FeedValue where Forward: FeedValue, Backward: FeedValue {
  /// What forward is fed, then what backward is.
  public var feedItems: [FeedItem] { forward.feedItems + backward.feedItems }
}

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
///   - inputs: `[batch, steps, depth]`, or `[steps, batch, depth]` if `timeMajor`.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - initialForwardState: the state before the first step; zeros if `nil`.
///   - initialBackwardState: the state before the backward network reads the last step; zeros if `nil`.
///   - dtype: the element type of zero states; by default that of the inputs.
///   - timeMajor: whether axis 0 of inputs and outputs is time instead of the batch.
///   - scope: the name of the variable scope around both.
/// - Returns: the outputs of both, step by step at the place of the inputs they belong to, and the states both end with.
public func bidirectionalDynamicRNN<Forward: RNNCell, Backward: RNNCell>(
  _ forwardCell: Forward, _ backwardCell: Backward, _ inputs: Tensor,
  sequenceLength: Tensor? = nil, initialForwardState: Forward.State? = nil,
  initialBackwardState: Backward.State? = nil, dtype: DType? = nil, parallelIterations: Int = 32,
  swapMemory: Bool = false, timeMajor: Bool = false, scope: String = "bidirectional_rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (
  outputs: Directions<Tensor, Tensor>, states: Directions<Forward.State, Backward.State>
) {
  withSourceLocation(file, line) {
    inputs.graph.variableScope(scope) {
      let timeAxis = timeMajor ? 0 : 1
      let sequence = SequenceOperands(
        inputs: inputs, sequenceLength: sequenceLength, timeAxis: timeAxis)
      guard sequence.validate(), let lengths = sequence.lengths() else {
        let forward = sequence.invalidResults(of: forwardCell)
        let backward = sequence.invalidResults(of: backwardCell)
        return (
          Directions(forward: forward.outputs, backward: backward.outputs),
          Directions(forward: forward.state, backward: backward.state)
        )
      }
      func reversed(_ x: Tensor) -> Tensor {
        guard let checked = lengths.checked else { return x.reversed(axes: [timeAxis]) }
        return x.reverseSequence(
          lengths: checked, sequenceAxis: timeAxis, batchAxis: 1 - timeAxis)
      }
      let forward = dynamicRNN(
        forwardCell, inputs, sequenceLength: lengths.checked, initialState: initialForwardState,
        dtype: dtype, parallelIterations: parallelIterations, swapMemory: swapMemory,
        timeMajor: timeMajor, scope: "fw")
      let backward = dynamicRNN(
        backwardCell, reversed(inputs), sequenceLength: lengths.checked,
        initialState: initialBackwardState, dtype: dtype, parallelIterations: parallelIterations,
        swapMemory: swapMemory, timeMajor: timeMajor, scope: "bw")
      return (
        Directions(forward: forward.outputs, backward: reversed(backward.outputs)),
        Directions(forward: forward.state, backward: backward.state)
      )
    }
  }
}
