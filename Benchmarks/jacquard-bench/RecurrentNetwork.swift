import ArgumentParser
import Jacquard
import JacquardArrays
import JacquardNN

enum CellName: String, ExpressibleByArgument, CaseIterable {
  case lstm
  case gru
  case rnn
}

enum FloatName: String, ExpressibleByArgument, CaseIterable {
  case float32
  case float64

  var dtype: DType { self == .float32 ? .float32 : .float64 }
}

enum LengthsName: String, ExpressibleByArgument, CaseIterable {
  /// All steps; no lengths are fed.
  case full
  /// From one step to all.
  case uniform
  /// All steps, fed as lengths.
  case equal
}

/// How the cells are applied to the steps.
enum Unrolling: String {
  /// In a loop.
  case dynamic
  /// Before the run, by `staticRNN`.
  case `static`
  /// Before the run, by calling the cell in a loop of Swift.
  case byHand
}

/// A recurrent network that classifies sequences: the sizes and kinds of the first listing, unless told otherwise.
struct RecurrentNetwork: ParsableArguments {
  static let classes = 10

  @Option var batch = 128
  @Option var steps = 28
  @Option var inputs = 28
  @Option var units = 128
  @Option var cell = CellName.lstm
  @Option(help: "The number of cells on top of each other.") var layers = 1
  @Option var dtype = FloatName.float32
  @Option(
    help:
      "How long the sequences are: all steps, from one to all, evenly spread, or all steps fed as lengths."
  )
  var lengths = LengthsName.full
  @Option(help: "The steps that a loop handles together where it can.") var parallelIterations = 32
  @Flag(help: "Let what the loops stack leave memory.") var swapMemory = false
  @Flag(help: "Read the sequences from both ends.") var bidirectional = false
  @Flag(help: "Take [steps, batch, inputs].") var timeMajor = false
  @Flag(help: "Predict; do not train.") var forward = false
  @Flag(help: "Put a dense layer of as many units before the cells, as in the first listing.")
  var inputLayer = false
  @Flag(
    help:
      "Leave out the output layer, the loss and Adam: a run gives the gradients of all weights from a fed gradient of the last output."
  ) var bare = false

  func validate() throws {
    for (name, value) in [
      ("batch", batch), ("steps", steps), ("inputs", inputs), ("units", units), ("layers", layers),
      ("parallel-iterations", parallelIterations),
    ] where value < 1 {
      throw ValidationError("--\(name) is \(value); give 1 or more.")
    }
  }

  func reported(_ unrolling: Unrolling) -> [String: OptionValue] {
    [
      "batch": .number(batch), "steps": .number(steps), "inputs": .number(inputs),
      "units": .number(units), "cell": .text(cell.rawValue), "layers": .number(layers),
      "dtype": .text(dtype.rawValue), "lengths": .text(lengths.rawValue),
      "parallelIterations": .number(parallelIterations), "swapMemory": .flag(swapMemory),
      "bidirectional": .flag(bidirectional),
      "timeMajor": .flag(timeMajor), "forward": .flag(forward), "inputLayer": .flag(inputLayer),
      "bare": .flag(bare), "unrolling": .text(unrolling.rawValue),
    ]
  }

  /// The network, its loss and its training step, with a batch.
  func workload(_ unrolling: Unrolling) -> Workload {
    let graph = Graph(seed: 1)
    let dtype = dtype.dtype
    let shape = timeMajor ? [steps, batch, inputs] : [batch, steps, inputs]
    let x = graph.placeholder(
      dtype, timeMajor ? [steps, nil, inputs] : [nil, steps, inputs], name: "x")
    var feeds = [(tensor: x, value: FixedNumbers.inputs(shape, dtype))]
    var lengthsFed: Tensor?
    if lengths != .full {
      let tensor = graph.placeholder(.int32, [nil], name: "lengths")
      let least = lengths == .uniform ? 1 : steps
      feeds.append((tensor, FixedNumbers.lengths(batch, from: least, to: steps)))
      lengthsFed = tensor
    }
    let sequence = inputLayer ? dense(x) : x
    let last = lastOutput(sequence, lengthsFed, unrolling)
    let prediction = bare ? last : classes(last)
    guard !forward else { return Workload(graph: graph, feeds: feeds, result: prediction) }
    guard !bare else {
      let upstream = graph.placeholder(dtype, [nil, outputs], name: "upstream")
      feeds.append((upstream, FixedNumbers.inputs([batch, outputs], dtype)))
      let gradients = graph.gradients(
        of: [last], withRespectTo: graph.trainableVariables,
        gradientsOf: [upstream])
      return Workload(
        graph: graph, feeds: feeds, result: last,
        gradients: gradients.compactMap(\.self))
    }
    let y = graph.placeholder(dtype, [nil, Self.classes], name: "y")
    feeds.append((y, FixedNumbers.labels(batch, classes: Self.classes, dtype)))
    let cost = softmaxCrossEntropy(logits: prediction, labels: y).mean()
    let trainStep = AdamOptimizer(learningRate: 0.001).minimize(cost)
    return Workload(
      graph: graph, feeds: feeds, result: cost, targets: [trainStep], isTraining: true)
  }

  /// The size of the last output.
  private var outputs: Int { bidirectional ? 2 * units : units }

  private func dense(_ x: Tensor) -> Tensor {
    let graph = x.graph
    let weights = graph.variable(.truncatedNormal(), [inputs, units], dtype: x.dtype)
    let biases = graph.variable(.constant(0.1), [units], dtype: x.dtype)
    let rows = matmul(x.reshaped(to: [-1, inputs]), weights) + biases
    return rows.reshaped(to: timeMajor ? [steps, -1, units] : [-1, steps, units])
  }

  private func classes(_ last: Tensor) -> Tensor {
    let graph = last.graph
    let weights = graph.variable(.truncatedNormal(), [outputs, Self.classes], dtype: last.dtype)
    let biases = graph.variable(.constant(0.1), [Self.classes], dtype: last.dtype)
    return matmul(last, weights) + biases
  }

  private func makeCell() -> AnyRNNCell {
    switch cell {
    case .lstm: AnyRNNCell(BasicLSTMCell(units: units))
    case .gru: AnyRNNCell(GRUCell(units: units))
    case .rnn: AnyRNNCell(BasicRNNCell(units: units))
    }
  }

  private func makeCells() -> [AnyRNNCell] { (0..<layers).map { _ in makeCell() } }

  /// The output at the last step of each sequence, `[batch, units]`; of both directions, `[batch, 2 · units]`.
  private func lastOutput(_ x: Tensor, _ lengths: Tensor?, _ unrolling: Unrolling) -> Tensor {
    bidirectional ? ofBothDirections(x, lengths, unrolling) : ofOneDirection(x, lengths, unrolling)
  }

  private func ofOneDirection(_ x: Tensor, _ lengths: Tensor?, _ unrolling: Unrolling) -> Tensor {
    let cells = makeCells()
    switch unrolling {
    case .dynamic:
      let (_, states) = dynamicRNN(
        cells, x, sequenceLength: lengths, dtype: x.dtype, parallelIterations: parallelIterations,
        swapMemory: swapMemory, timeMajor: timeMajor)
      return Self.output(states)
    case .static:
      let (_, states) = staticRNN(
        cells, perStep(x), dtype: x.dtype, sequenceLength: lengths)
      return Self.output(states)
    case .byHand:
      let perStep = perStep(x)
      var states = cells.zeroState(like: perStep[0])
      for input in perStep { (_, states) = cells(input, states) }
      return Self.output(states)
    }
  }

  private func ofBothDirections(_ x: Tensor, _ lengths: Tensor?, _ unrolling: Unrolling) -> Tensor {
    let states: Directions<[AnyRNNState], [AnyRNNState]>
    if unrolling == .dynamic {
      (_, states) = stackBidirectionalDynamicRNN(
        makeCells(), makeCells(), x, sequenceLength: lengths, dtype: x.dtype,
        parallelIterations: parallelIterations, swapMemory: swapMemory, timeMajor: timeMajor)
    } else {
      (_, states) = stackBidirectionalRNN(
        makeCells(), makeCells(), perStep(x), dtype: x.dtype, sequenceLength: lengths)
    }
    return concatenate([Self.output(states.forward), Self.output(states.backward)], axis: 1)
  }

  private func perStep(_ x: Tensor) -> [Tensor] {
    x.unstacked(count: steps, axis: timeMajor ? 0 : 1)
  }

  /// What the last cell has given: the whole state of a GRU or RNN, of an LSTM's c and h the second.
  private static func output(_ states: [AnyRNNState]) -> Tensor { states.last!.tensors.last! }
}
