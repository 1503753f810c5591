import Jacquard
import JacquardArrays

/// Applies `cell` to the steps of sequences, one after the other, without a loop: the graph has as many copies of the cell as steps.
///
/// ```swift
/// let (outputs, state) = staticRNN(BasicLSTMCell(units: 128), x.unstacked(count: 28, axis: 1))
/// ```
///
/// Gives what ``dynamicRNN(_:_:sequenceLength:initialState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)`` does,
/// lengths included, for a number of steps known when the graph is built. Without steps there is nothing to build: that is a
/// diagnostic, in a graph of its own if neither a state nor lengths say which is meant.
///
/// - Parameters:
///   - cell: what computes a step; makes its weights in the variable scope `scope`.
///   - inputs: for each step `[batch, depth]`, all of one shape; at least one. Structures of tensors for a ``StructuredRNNCell``.
///   - initialState: the state before the first step, each part `[batch, …]`; zeros if `nil`.
///   - dtype: the element type of that zero state; by default that of the inputs.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - scope: the name of the variable scope around the cell's.
/// - Returns: the output of each step, `[batch, outputSize]`, and the state after the last.
public func staticRNN<Cell: StructuredRNNCell>(
  _ cell: Cell, _ inputs: [Cell.Input], initialState: Cell.State? = nil, dtype: DType? = nil,
  sequenceLength: Tensor? = nil, scope: String = "rnn", file: StaticString = #fileID,
  line: UInt = #line
) -> (outputs: [Cell.Output], state: Cell.State) {
  withSourceLocation(file, line) {
    StaticNetwork(op: "StaticRNN", dtype: dtype).build(
      cell, inputs, sequenceLength: sequenceLength, from: initialState, scope: scope)
  }
}

/// One direction of a network without a loop.
struct StaticNetwork {
  /// The name of the function called, for diagnostics.
  let op: String
  let dtype: DType?

  /// The output of each step and the last state, built in the variable scope `scope`.
  func build<Cell: StructuredRNNCell>(
    _ cell: Cell, _ inputs: [Cell.Input], sequenceLength: Tensor?, from initialState: Cell.State?,
    scope: String
  ) -> (outputs: [Cell.Output], state: Cell.State) {
    let graph = sharedGraph(
      of: inputs.flatMap(\.tensors) + (initialState?.tensors ?? [])
        + [sequenceLength].compactMap(\.self))
    return graph.variableScope(scope) {
      guard
        let sequence = operands(
          inputs, sequenceLength: sequenceLength, initialStates: initialState?.tensors ?? [],
          in: graph)
      else {
        let step = cell.makeOutput { rowShape in
          graph.invalid(TensorType(.float32, PartialShape([nil] + rowShape.map { $0 })))
        }
        return (inputs.map { _ in step }, cell.invalidState(in: graph, dtype: .float32))
      }
      guard
        sequence.validate(),
        var state = sequence.start(of: cell, from: initialState, dtype: dtype),
        let lengths = sequence.lengths()
      else {
        let step = sequence.invalidStep(of: cell)
        return (inputs.map { _ in step }, sequence.invalidResults(of: cell).state)
      }
      var outputs: [Cell.Output] = []
      for (index, slice) in inputs.enumerated() {
        let live = lengths.checked.flatMap { _ in
          lengths.live(at: graph.scalar(Double(index), .int64))
        }
        let output: Cell.Output
        (output, state) = cell.step(slice, state, live: live)
        outputs.append(output)
      }
      return (outputs, state)
    }
  }

  /// All steps as one, to be checked: only its shapes are used, so a run never computes it. `nil` after a diagnostic.
  func operands<Inputs: TensorStructure>(
    _ inputs: [Inputs], sequenceLength: Tensor?, initialStates: [Tensor], in graph: Graph
  ) -> SequenceOperands<Inputs>? {
    let steps = inputs.map(\.tensors)
    guard let first = steps.first else {
      graph.diagnose(
        "there are no inputs", remedy: "give the inputs of at least one step", op: op)
      return nil
    }
    if let other = steps.first(where: { $0.count != first.count }) {
      graph.diagnose(
        "the inputs of a step have \(other.count) parts, those of the first \(first.count)",
        remedy: "give the same structure for each step", op: op, operands: first + other)
      return nil
    }
    let whole = first.indices.map { part in stack(steps.map { $0[part] }) }
    return SequenceOperands(
      of: op, inputs[0].rebuilt(from: whole), sequenceLength: sequenceLength, timeAxis: 0,
      initialStates: initialStates)
  }
}
