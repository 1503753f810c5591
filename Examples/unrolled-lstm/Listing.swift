import ExampleSupport
import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import JacquardSummaries

// The third article, in its order: cells, their states, two ways to unroll them, and the state of a run given to the next.

let batchSize = 4
let maxTime = 8
let size = 1
let numUnits = 10

/// Two LSTM cells on top of each other.
func multiLayerCell() -> MultiRNNCell<BasicLSTMCell, BasicLSTMCell> {
  MultiRNNCell(
    BasicLSTMCell(units: numUnits, forgetBias: 1), BasicLSTMCell(units: numUnits, forgetBias: 1))
}

struct Listing<Cell: RNNCell>
where Cell.State: Fetchable, Cell.State.Fetched: FeedValue {
  let graph: Graph
  let inputs: Tensor
  let initialState: Cell.State
  let dynamicOutputs: Tensor
  let dynamicState: Cell.State
  let outputs: Tensor
  let finalState: Cell.State
  let targets: Tensor
  let cost: Tensor
  let trainOp: Jacquard.Operation

  init(seed: UInt64, _ makeCell: () -> Cell) {
    graph = Graph(seed: seed)
    inputs = graph.placeholder(.float32, [batchSize, nil, size], name: "inputs")
    let lstmCell = makeCell()

    // A state to start from, of the cell's structure
    initialState = lstmCell.zeroState(batchSize: batchSize, in: graph)
    print("state_size:", lstmCell.stateSize)

    // First way to unroll: dynamicRNN
    (dynamicOutputs, dynamicState) = dynamicRNN(
      lstmCell, inputs, initialState: initialState, scope: "RNN")

    // Second way: by hand. A new cell in a scope that reuses variables has the weights of the first.
    var outputs: [Tensor] = []
    var state = initialState
    for input in inputs.unstacked(count: maxTime, axis: 1) {
      graph.variableScope("RNN", reuse: .always) {
        let (cellOut, next) = makeCell()(input, state)
        outputs.append(cellOut)
        state = next
      }
    }
    self.outputs = stack(outputs, axis: 1)
    finalState = state

    // The loss: how well the outputs tell the next value of a wave
    targets = graph.placeholder(.float32, [batchSize, maxTime, size], name: "targets")
    let weights = graph.getVariable("weights", [numUnits, size])
    let predictions = matmul(self.outputs.reshaped(to: [-1, numUnits]), weights)
    cost = square(predictions - targets.reshaped(to: [-1, size])).mean()
    trainOp = AdamOptimizer(learningRate: 0.01).minimize(cost)
  }

  /// Trains on window after window of a wave; each starts from the state the one before has ended with.
  func train(
    _ session: Session, steps: Int, writer: EventWriter?, _ checkpoints: CheckpointOptions,
    run: String
  ) throws {
    try session.run(graph.variablesInitializer)

    var state = try session.run(initialState)
    var firstStep = 0
    if let checkpoint = try checkpoints.latest(run) {
      (firstStep, state) = try resume(session, from: checkpoint)
    }
    for step in firstStep..<max(firstStep, steps) {
      let start = step * maxTime
      let (loss, _, last) = try session.run(
        cost, trainOp, finalState,
        feeding: [
          inputs: wave(start..<start + maxTime), targets: wave(start + 1..<start + maxTime + 1),
          initialState: state,
        ])
      state = last
      try writer?.add(scalar: loss.scalar(as: Float.self), named: "loss", step: step)
      if step % 50 == 0 { print("step \(step): loss", loss) }
      try checkpoints.saveIfDue(
        session, run, step: step + 1, of: steps, values: ["state": arrays(of: state)])
    }
    try writer?.close()

    // Both ways give the same, and so do two windows with the state carried and a window of both.
    let first = wave(0..<maxTime)
    let second = wave(maxTime..<2 * maxTime)
    let (byHand, dynamic, carried) = try session.run(
      outputs, dynamicOutputs, finalState, feeding: [inputs: first])
    let continued = try session.run(outputs, feeding: [inputs: second, initialState: carried])
    let whole = try session.run(dynamicOutputs, feeding: [inputs: wave(0..<2 * maxTime)])
    let secondHalf = whole.sliced(axis: 1, range: maxTime..<2 * maxTime)
    print("by hand - dynamicRNN:", byHand.maximumAbsoluteDifference(to: dynamic))
    print("two runs - one run:", continued.maximumAbsoluteDifference(to: secondHalf))
  }
}

// The state that goes from run to run is in no variable, so checkpoints need it besides.
extension Listing {
  /// Goes on from `checkpoint`: returns the number of the next step, and the state it starts with.
  func resume(
    _ session: Session, from checkpoint: Checkpoint
  ) throws -> (step: Int, state: Cell.State.Fetched) {
    let arrays = try checkpoint.value([NDArray].self, for: "state")
    var feeds = Feeds()
    for (tensor, array) in zip(initialState.fetchedTensors, arrays) {
      feeds = feeds.feed(tensor, array)
    }
    // What is fed is fetched again, in the structure of a state.
    let state = try session.run(initialState, feeding: feeds)
    try Saver().restore(session, from: checkpoint)
    let step = checkpoint.step ?? 0
    print("resumed from step \(step) (\(checkpoint.path))")
    return (step, state)
  }

  private func arrays(of state: Cell.State.Fetched) -> [NDArray] {
    state.feedItems.compactMap { item in
      if case .array(let array) = item { array } else { nil }
    }
  }
}

/// Values of a sine, `[batchSize, times, 1]`, each row at another phase.
func wave(_ times: Range<Int>) -> NDArray {
  NDArray(
    (0..<batchSize).map { row in
      times.map { time in [Float(sin(0.3 * Double(time) + Double(row)))] }
    })
}
