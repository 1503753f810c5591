import Jacquard
import JacquardArrays

/// Applies `cell` step after step, with a function that decides, from what a step gave, what the next one reads: for decoders that
/// read what they wrote, attention, sampling.
///
/// ```swift
/// let (words, _, length, _) = rawRNN(
///   cell, finished: never, input: embedded(start), state: encoded, loopState: zero, maximumSteps: 20
/// ) { last in
///   let word = logits(last.output).argMax(axis: 1)
///   return RawRNNStep(
///     finished: word .== end, input: embedded(word), emitted: word, loopState: last.loopState + 1)
/// }
/// ```
///
/// As TensorFlow's `raw_rnn` (`tensorflow/python/ops/rnn.py`), whose function is called once more, at time 0 without a result: what it
/// returns then are `finished`, `input`, `state` and `loopState` here. Where a row had finished *before* a step, that step gives out 0
/// for it and leaves its state alone, whatever the function returns; scalars and the loop state are never masked. A row that has
/// finished stays so. Steps end when all rows have finished; none is made if all have from the start.
///
/// Outputs are stacked, where TensorFlow gives a `TensorArray`; `TensorArray(unstacking:)` makes one of them.
///
/// - Parameters:
///   - cell: what computes a step; makes its weights in the variable scope `scope`.
///   - finished: which rows make no step at all, bool `[batch]`.
///   - input: what the cell reads in the first step, each part `[batch, …]`.
///   - state: the state before the first step, each part `[batch, …]`.
///   - loopState: what the function is given after the first step.
///   - maximumSteps: a bound on the number of steps.
///   - sequences: a tensor whose length along `axis`, which may be open, bounds the number of steps; it is not computed.
///   - axis: the axis of its steps.
///   - parallelIterations: for how many steps at once work outside the recurrence may be done; costs memory, saves time.
///   - swapMemory: whether what the gradient keeps of each step may move out of memory.
///   - scope: the name of the variable scope around the cell's.
///   - loopFunction: decides after each step how to go on.
/// - Returns: What the steps gave out, stacked: `[steps, batch, …]`, as long as the bound, with zeros after the last step; without a
///   bound as long as there are steps, and then to be fetched, or given to another loop. The last state of each row; the last loop
///   state; the number of steps made, an int64 scalar.
public func rawRNN<
  Cell: StructuredRNNCell, Emitted: TensorStructure, LoopState: TensorStructure
>(
  _ cell: Cell, finished: Tensor, input: Cell.Input, state: Cell.State, loopState: LoopState,
  maximumSteps: Int? = nil, stepsOf sequences: Tensor? = nil, axis: Int = 0,
  parallelIterations: Int = 32, swapMemory: Bool = false, scope: String = "rnn",
  file: StaticString = #fileID, line: UInt = #line,
  loopFunction: (_ last: RawRNNResult<Cell, LoopState>) -> RawRNNStep<Cell, Emitted, LoopState>
) -> (outputs: Emitted, state: Cell.State, loopState: LoopState, steps: Tensor) {
  let graph = finished.graph
  return graph.variableScope(scope) {
    let checked = withSourceLocation(file, line) {
      checkedFinished(finished, beside: input.tensors)
    }
    let (last, outputs, steps) = graph.unfold(
      States(checked, input, state, loopState), maximumSteps: maximumSteps, stepsOf: sequences,
      axis: axis, parallelIterations: parallelIterations, swapMemory: swapMemory, name: "while",
      file: file, line: line
    ) { carried in
      withSourceLocation(file, line) { .!carried.parts.0.all() }
    } step: { carried in
      let (finished, input, state, loopState) = carried.parts
      let time = withSourceLocation(file, line) {
        (graph.loopIteration ?? graph.scalar(0, .int64)) + 1
      }
      let (output, next) = cell(input, state, file: file, line: line)
      // Outside of this function's source location: what the user's function builds stands at its own lines.
      let decision = loopFunction(
        RawRNNResult(time: time, output: output, state: next, loopState: loopState))
      return withSourceLocation(file, line) {
        let live = LiveRows(mask: .!finished)
        let carried = States(
          finished .| decision.finished, decision.input,
          live.choose(decision.state ?? next, else: state), decision.loopState)
        return (carried, live.orZero(decision.emit(output)))
      }
    }
    return (outputs, last.parts.2, last.parts.3, steps)
  }
}

/// Applies `cell` step after step, with a function that decides, from what a step gave, what the next one reads, and that keeps nothing
/// of its own.
///
/// As ``rawRNN(_:finished:input:state:loopState:maximumSteps:stepsOf:axis:parallelIterations:swapMemory:scope:file:line:loopFunction:)``
/// without a loop state.
public func rawRNN<Cell: StructuredRNNCell, Emitted: TensorStructure>(
  _ cell: Cell, finished: Tensor, input: Cell.Input, state: Cell.State,
  maximumSteps: Int? = nil, stepsOf sequences: Tensor? = nil, axis: Int = 0,
  parallelIterations: Int = 32, swapMemory: Bool = false, scope: String = "rnn",
  file: StaticString = #fileID, line: UInt = #line,
  loopFunction: (_ last: RawRNNResult<Cell, [Tensor]>) -> RawRNNStep<Cell, Emitted, [Tensor]>
) -> (outputs: Emitted, state: Cell.State, steps: Tensor) {
  let (outputs, state, _, steps) = rawRNN(
    cell, finished: finished, input: input, state: state, loopState: [],
    maximumSteps: maximumSteps, stepsOf: sequences, axis: axis,
    parallelIterations: parallelIterations, swapMemory: swapMemory, scope: scope, file: file,
    line: line, loopFunction: loopFunction)
  return (outputs, state, steps)
}

/// `finished` if it says for each row whether it has; a diagnostic if not.
private func checkedFinished(_ finished: Tensor, beside inputs: [Tensor]) -> Tensor {
  let type = finished.type
  if finished.isInvalid || (type.dtype == .bool && type.shape.isCompatible(with: [nil])) {
    return finished
  }
  finished.graph.diagnose(
    "finished is \(type), not a bool for each batch row",
    remedy: "give a bool tensor [batch], for example lengths .<= 0", op: "RawRNN",
    operands: [finished] + inputs)
  return finished.graph.invalid(TensorType(.bool, [nil]))
}
