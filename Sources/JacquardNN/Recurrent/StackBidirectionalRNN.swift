import Jacquard
import JacquardArrays

/// Bidirectional networks on top of each other, without a loop: each reads the outputs of both directions of the one below, joined.
///
/// ```swift
/// let layers = { (0..<2).map { _ in LSTMCell(units: 64) } }
/// let (outputs, states) = stackBidirectionalRNN(layers(), layers(), x.unstacked(count: 28, axis: 1))
/// states.forward[1].h  // of the second layer, reading forwards
/// ```
///
/// As TensorFlow 1's `tf.contrib.rnn.stack_bidirectional_rnn` (`contrib/rnn/python/ops/rnn.py`). The cells of layer k make their weights in
/// the variable scopes `scope/cell_k/bidirectional_rnn/fw` and `…/bw`.
///
/// - Parameters:
///   - forwardCells: what computes the steps from first to last, one cell for each layer.
///   - backwardCells: what computes them from last to first; as many, and other objects.
///   - inputs: for each step `[batch, depth]`, all of one shape; at least one.
///   - initialForwardStates: the state of each layer before the first step; zeros if `nil`.
///   - initialBackwardStates: the state of each layer before the last step is read; zeros if `nil`.
///   - dtype: the element type of zero states; by default that of the inputs.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - scope: the name of the variable scope around the layers.
/// - Returns: for each step the joined outputs of the last layer, and the states all layers end with.
public func stackBidirectionalRNN<Forward: RNNCell, Backward: RNNCell>(
  _ forwardCells: [Forward], _ backwardCells: [Backward], _ inputs: [Tensor],
  initialForwardStates: [Forward.State]? = nil, initialBackwardStates: [Backward.State]? = nil,
  dtype: DType? = nil, sequenceLength: Tensor? = nil, scope: String = "stack_bidirectional_rnn",
  file: StaticString = #fileID, line: UInt = #line
) -> (outputs: [Tensor], states: Directions<[Forward.State], [Backward.State]>) {
  withSourceLocation(file, line) {
    let stack = BidirectionalStack(
      op: "StackBidirectionalRNN", forwardCells: forwardCells, backwardCells: backwardCells,
      initialForwardStates: initialForwardStates, initialBackwardStates: initialBackwardStates)
    let network = StaticBidirectionalNetwork(network: StaticNetwork(op: stack.op, dtype: dtype))
    return stack.build(inputs, sequenceLength: sequenceLength, scope: scope) { graph in
      let invalid = graph.invalid(TensorType(inputs.first?.dtype ?? .float32, .unknown))
      return inputs.map { _ in invalid }
    } layer: { cells, inputs, initial in
      network.build(
        cells, inputs, sequenceLength: sequenceLength, from: initial, scope: "bidirectional_rnn")
    }
  }
}

/// Bidirectional networks on top of each other, in loops: each reads the outputs of both directions of the one below, joined.
///
/// ```swift
/// let (outputs, states) = stackBidirectionalDynamicRNN(
///   [GRUCell(units: 64), GRUCell(units: 32)], [GRUCell(units: 64), GRUCell(units: 32)], x,
///   sequenceLength: lengths)
/// ```
///
/// As TensorFlow 1's `tf.contrib.rnn.stack_bidirectional_dynamic_rnn` (`contrib/rnn/python/ops/rnn.py`). The cells of layer k make their
/// weights in the variable scopes `scope/cell_k/bidirectional_rnn/fw` and `…/bw`. All else is as in
/// ``bidirectionalDynamicRNN(_:_:_:sequenceLength:initialForwardState:initialBackwardState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)``.
///
/// - Parameters:
///   - forwardCells: what computes the steps from first to last, one cell for each layer.
///   - backwardCells: what computes them from last to first; as many, and other objects.
///   - inputs: `[batch, steps, depth]`, or `[steps, batch, depth]` if `timeMajor`.
///   - sequenceLength: the number of steps of each row, int32 or int64 `[batch]`; all steps of every row if `nil`.
///   - initialForwardStates: the state of each layer before the first step; zeros if `nil`.
///   - initialBackwardStates: the state of each layer before the last step is read; zeros if `nil`.
///   - dtype: the element type of zero states; by default that of the inputs.
///   - parallelIterations: as for ``dynamicRNN(_:_:sequenceLength:initialState:dtype:parallelIterations:swapMemory:timeMajor:scope:file:line:)``.
///   - swapMemory: likewise.
///   - timeMajor: whether axis 0 of inputs and outputs is time instead of the batch.
///   - scope: the name of the variable scope around the layers.
/// - Returns: the joined outputs of the last layer, `[batch, steps, forward outputs + backward outputs]` or time-major, and the states
///   all layers end with.
public func stackBidirectionalDynamicRNN<Forward: RNNCell, Backward: RNNCell>(
  _ forwardCells: [Forward], _ backwardCells: [Backward], _ inputs: Tensor,
  sequenceLength: Tensor? = nil, initialForwardStates: [Forward.State]? = nil,
  initialBackwardStates: [Backward.State]? = nil, dtype: DType? = nil,
  parallelIterations: Int = 32, swapMemory: Bool = false, timeMajor: Bool = false,
  scope: String = "stack_bidirectional_rnn", file: StaticString = #fileID, line: UInt = #line
) -> (outputs: Tensor, states: Directions<[Forward.State], [Backward.State]>) {
  withSourceLocation(file, line) {
    let stack = BidirectionalStack(
      op: "StackBidirectionalDynamicRNN", forwardCells: forwardCells,
      backwardCells: backwardCells, initialForwardStates: initialForwardStates,
      initialBackwardStates: initialBackwardStates)
    let network = BidirectionalDynamicNetwork(
      op: stack.op, timeAxis: timeMajor ? 0 : 1,
      network: DynamicNetwork(
        parallelIterations: parallelIterations, swapMemory: swapMemory, dtype: dtype))
    return stack.build(inputs, sequenceLength: sequenceLength, scope: scope) { graph in
      graph.invalid(TensorType(inputs.dtype, [inputs.shape[0], inputs.shape[1], nil]))
    } layer: { cells, inputs, initial in
      let (outputs, states) = network.build(
        cells, inputs, sequenceLength: sequenceLength, from: initial, scope: "bidirectional_rnn")
      return (concatenate([outputs.forward, outputs.backward], axis: 2), states)
    }
  }
}

/// The layers of a stack of bidirectional networks, and the states they start from.
private struct BidirectionalStack<Forward: RNNCell, Backward: RNNCell> {
  /// The name of the function called, for diagnostics.
  let op: String
  let forwardCells: [Forward]
  let backwardCells: [Backward]
  let initialForwardStates: [Forward.State]?
  let initialBackwardStates: [Backward.State]?

  typealias Layer<Inputs> = (
    _ cells: Directions<Forward, Backward>, _ inputs: Inputs,
    _ initial: Directions<Forward.State?, Backward.State?>
  ) -> (outputs: Inputs, states: Directions<Forward.State, Backward.State>)

  /// Builds one layer after the other, each in its variable scope.
  ///
  /// - Parameters:
  ///   - invalid: makes what to return where nothing can be built.
  ///   - layer: builds one.
  func build<Inputs: TensorStructure>(
    _ inputs: Inputs, sequenceLength: Tensor?, scope: String, invalid: (Graph) -> Inputs,
    layer: Layer<Inputs>
  ) -> (outputs: Inputs, states: Directions<[Forward.State], [Backward.State]>) {
    let states = (initialForwardStates?.tensors ?? []) + (initialBackwardStates?.tensors ?? [])
    let graph = sharedGraph(
      of: inputs.tensors + states + [sequenceLength].compactMap(\.self))
    return graph.variableScope(scope) {
      guard validate(inputs.tensors, in: graph) else {
        let dtype = inputs.tensors.first?.dtype ?? .float32
        return (
          invalid(graph),
          Directions(
            forward: forwardCells.map { $0.invalidState(in: graph, dtype: dtype) },
            backward: backwardCells.map { $0.invalidState(in: graph, dtype: dtype) })
        )
      }
      var outputs = inputs
      var last = Directions<[Forward.State], [Backward.State]>(forward: [], backward: [])
      for (index, (forward, backward)) in zip(forwardCells, backwardCells).enumerated() {
        let initial = Directions(
          forward: initialForwardStates?[index], backward: initialBackwardStates?[index])
        let states: Directions<Forward.State, Backward.State>
        (outputs, states) = graph.variableScope("cell_\(index)") {
          layer(Directions(forward: forward, backward: backward), outputs, initial)
        }
        last.forward.append(states.forward)
        last.backward.append(states.backward)
      }
      return (outputs, last)
    }
  }

  private func validate(_ inputs: [Tensor], in graph: Graph) -> Bool {
    func reject(_ message: String, remedy: String) -> Bool {
      graph.diagnose(message, remedy: remedy, op: op, operands: inputs)
      return false
    }
    guard !inputs.isEmpty else {
      return reject("there are no inputs", remedy: "give the inputs of at least one step")
    }
    let counts = (forwardCells.count, backwardCells.count)
    guard counts.0 == counts.1, counts.0 > 0 else {
      return reject(
        "there are \(counts.0) forward cells and \(counts.1) backward cells",
        remedy: "give one of each for every layer, and at least one layer")
    }
    for (count, which) in [
      (initialForwardStates?.count, "forward"), (initialBackwardStates?.count, "backward"),
    ] {
      guard let count, count != counts.0 else { continue }
      return reject(
        "there are \(counts.0) layers, but initial \(which) states for \(count)",
        remedy: "give one state for each layer, or none at all")
    }
    return true
  }
}
