import Jacquard

/// What a step of a raw network gave, as its loop function sees it.
public struct RawRNNResult<Cell: StructuredRNNCell, LoopState: TensorStructure>: Sendable {
  /// The number of steps made, an int64 scalar: 1 after the first. It is the index of the next step.
  public let time: Tensor
  /// The cell's output, for rows that had finished too.
  public let output: Cell.Output
  /// The cell's new state, for rows that had finished too.
  public let state: Cell.State
  /// What the loop function returned last.
  public let loopState: LoopState
}

/// What the loop function of a raw network decides after a step: which rows have finished, what the next step reads, and what this one
/// gives out.
public struct RawRNNStep<
  Cell: StructuredRNNCell, Emitted: TensorStructure, LoopState: TensorStructure
> {
  /// Which rows have finished with this step, bool `[batch]`.
  public var finished: Tensor
  /// What the cell reads in the next step, each part `[batch, …]`.
  public var input: Cell.Input
  /// The state before the next step; the cell's new state if `nil`.
  public var state: Cell.State?
  /// What the loop function is given after the next step.
  public var loopState: LoopState
  /// What this step gives out, from the cell's output.
  let emit: (Cell.Output) -> Emitted

  /// A decision that gives out tensors of its own.
  public init(
    finished: Tensor, input: Cell.Input, state: Cell.State? = nil, emitted: Emitted,
    loopState: LoopState
  ) {
    self.finished = finished
    self.input = input
    self.state = state
    self.loopState = loopState
    emit = { _ in emitted }
  }
}

extension RawRNNStep where Emitted == Cell.Output {
  /// A decision that gives out the cell's output.
  public init(
    finished: Tensor, input: Cell.Input, state: Cell.State? = nil, loopState: LoopState
  ) {
    self.finished = finished
    self.input = input
    self.state = state
    self.loopState = loopState
    emit = { $0 }
  }
}

extension RawRNNStep where LoopState == [Tensor] {
  /// A decision that gives out tensors of its own, without a loop state.
  public init(
    finished: Tensor, input: Cell.Input, state: Cell.State? = nil, emitted: Emitted
  ) {
    self.init(finished: finished, input: input, state: state, emitted: emitted, loopState: [])
  }
}

extension RawRNNStep where Emitted == Cell.Output, LoopState == [Tensor] {
  /// A decision that gives out the cell's output, without a loop state.
  public init(finished: Tensor, input: Cell.Input, state: Cell.State? = nil) {
    self.init(finished: finished, input: input, state: state, loopState: [])
  }
}
