import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// A batch of sequences: how many, of how many steps, and how long each is.
struct RaggedBatch: Sendable, CustomTestStringConvertible {
  let batch: Int
  let steps: Int
  let dtype: DType
  /// One for each row; the first row of several is empty.
  let lengths: [Int]

  init(batch: Int, steps: Int, dtype: DType, seed: Int) {
    self.batch = batch
    self.steps = steps
    self.dtype = dtype
    lengths = noise([batch], seed: seed).doubles().enumerated().map { row, x in
      row == 0 && batch > 1 ? 0 : min(Int((x + 1) / 2 * Double(steps + 1)), steps)
    }
  }

  static let all = [DType.float32, .float64].flatMap { dtype in
    [(0, 3), (1, 1), (1, 4), (3, 1), (3, 5), (4, 7), (5, 2), (2, 0), (0, 0)].enumerated().map {
      RaggedBatch(batch: $1.0, steps: $1.1, dtype: dtype, seed: $0 + 3)
    }
  }

  var testDescription: String { "\(dtype), \(batch) rows of \(steps) steps, \(lengths)" }
  var tolerance: Double { dtype == .float32 ? 1e-5 : 1e-11 }

  func values(_ shape: [Int], seed: Int) -> NDArray { noise(shape, seed: seed, dtype) }

  /// Expects two functions of the same inputs, weights and lengths to have equal values and gradients.
  ///
  /// - Parameter build: gives pairs of tensors that should be equal, and what else to differentiate by besides x and the variables.
  func check(
    sourceLocation: Testing.SourceLocation = #_sourceLocation,
    _ build: (_ x: Tensor, _ lengths: Tensor) -> (pairs: [(Tensor, Tensor)], states: [Tensor])
  ) throws {
    let graph = Graph()
    let x = graph.placeholder(dtype, [batch, steps, 3], name: "x")
    let lengths = graph.placeholder(.int32, [batch], name: "lengths")
    let (pairs, states) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      build(x, lengths)
    }
    try graph.validate()
    let sides = [pairs.map(\.0), pairs.map(\.1)].map { results in
      results
        + graph.gradients(
          of: [weightedSum(results)], withRespectTo: [x] + graph.variables + states,
          unconnected: .zeros
        ).compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let rows = NDArray(self.lengths.map { Int32($0) }, shape: [batch])
    let (a, b) = try session.run(
      sides[0], sides[1], feeding: [x: values([batch, steps, 3], seed: 1), lengths: rows])
    #expect(a.count == pairs.count + 1 + graph.variables.count + states.count)
    for (index, (a, b)) in zip(a, b).enumerated() {
      expectClose(b, a, tolerance: tolerance, "value \(index)", sourceLocation: sourceLocation)
    }
    if batch > 1 && steps > 0 && self.lengths.contains(where: { $0 > 0 }) {
      let slopes = a.dropFirst(pairs.count).flatMap { $0.doubles() }
      #expect(slopes.contains { $0 != 0 }, sourceLocation: sourceLocation)
    }
  }
}

@Suite struct RNNBuilderPropertyTests {
  private typealias Cell = MultiRNNCell<LSTMCell, GRUCell>

  private func makeCell() -> Cell {
    MultiRNNCell(LSTMCell(units: 4, usePeepholes: true), GRUCell(units: 2))
  }

  private func start(_ cell: Cell, _ graph: Graph, _ rows: RaggedBatch, seed: Int) -> Cell.State {
    cell.makeState { graph.constant(rows.values([rows.batch] + $0, seed: seed + $0[0])) }
  }

  private func pairs(_ a: [Tensor], _ b: [Tensor]) -> [(Tensor, Tensor)] { Array(zip(a, b)) }

  /// The steps stacked, or nothing if there are none.
  private func joined(_ steps: [Tensor]) -> [Tensor] {
    steps.isEmpty ? [] : [stack(steps, axis: 1)]
  }

  @Test("static is dynamic", arguments: RaggedBatch.all.filter { $0.steps > 0 })
  func unrolled(rows: RaggedBatch) throws {
    try rows.check { x, lengths in
      let cell = makeCell()
      let start = start(cell, x.graph, rows, seed: 7)
      let dynamic = dynamicRNN(cell, x, sequenceLength: lengths, initialState: start)
      let unrolled = staticRNN(
        cell, x.unstacked(count: rows.steps, axis: 1), initialState: start,
        sequenceLength: lengths, scope: "static")
      return (
        pairs(
          [dynamic.outputs] + dynamic.state.tensors,
          joined(unrolled.outputs) + unrolled.state.tensors),
        start.tensors
      )
    }
  }

  @Test("time-major is batch-major", arguments: RaggedBatch.all)
  func timeMajor(rows: RaggedBatch) throws {
    try rows.check { x, lengths in
      let cell = makeCell()
      let start = start(cell, x.graph, rows, seed: 7)
      let batchMajor = dynamicRNN(cell, x, sequenceLength: lengths, initialState: start)
      let timeMajor = dynamicRNN(
        cell, x.transposed([1, 0, 2]), sequenceLength: lengths, initialState: start,
        timeMajor: true, scope: "t")
      return (
        pairs(
          [batchMajor.outputs] + batchMajor.state.tensors,
          [timeMajor.outputs.transposed([1, 0, 2])] + timeMajor.state.tensors), start.tensors
      )
    }
  }

  @Test(
    "static bidirectional networks are dynamic ones, joined",
    arguments: RaggedBatch.all.filter { $0.steps > 0 }, [false, true])
  func bidirectional(rows: RaggedBatch, isRagged: Bool) throws {
    try rows.check { x, lengths in
      let lengths = isRagged ? lengths : nil
      let cells = [makeCell(), makeCell()]
      let starts = cells.enumerated().map { start($1, x.graph, rows, seed: 7 * $0) }
      let dynamic = bidirectionalDynamicRNN(
        cells[0], cells[1], x, sequenceLength: lengths, initialForwardState: starts[0],
        initialBackwardState: starts[1])
      let unrolled = staticBidirectionalRNN(
        cells[0], cells[1], x.unstacked(count: rows.steps, axis: 1), initialForwardState: starts[0],
        initialBackwardState: starts[1], sequenceLength: lengths)
      return (
        pairs(
          [concatenate(dynamic.outputs.tensors, axis: 2)] + dynamic.states.tensors,
          joined(unrolled.outputs) + unrolled.states.tensors), starts.tensors
      )
    }
  }

  @Test(
    "static stacks are dynamic ones, in either order of axes",
    arguments: RaggedBatch.all.filter { $0.steps > 0 })
  func stacks(rows: RaggedBatch) throws {
    for timeMajor in [false, true] {
      try rows.check { x, lengths in
        let cells = (0..<2).map { _ in [3, 2].map { GRUCell(units: $0) } }
        let starts = cells.map {
          $0.makeState { x.graph.constant(rows.values([rows.batch] + $0, seed: 5)) }
        }
        let input = timeMajor ? x.transposed([1, 0, 2]) : x
        let dynamic = stackBidirectionalDynamicRNN(
          cells[0], cells[1], input, sequenceLength: lengths, initialForwardStates: starts[0],
          initialBackwardStates: starts[1], timeMajor: timeMajor)
        let unrolled = stackBidirectionalRNN(
          cells[0], cells[1], x.unstacked(count: rows.steps, axis: 1),
          initialForwardStates: starts[0], initialBackwardStates: starts[1],
          sequenceLength: lengths)
        let outputs = timeMajor ? dynamic.outputs.transposed([1, 0, 2]) : dynamic.outputs
        return (
          pairs(
            [outputs] + dynamic.states.tensors, joined(unrolled.outputs) + unrolled.states.tensors),
          starts.tensors
        )
      }
    }
  }

  @Test("raw is dynamic", arguments: RaggedBatch.all.filter { $0.steps > 0 })
  func raw(rows: RaggedBatch) throws {
    try rows.check { x, lengths in
      let cell = makeCell()
      let start = start(cell, x.graph, rows, seed: 7)
      let dynamic = dynamicRNN(cell, x, sequenceLength: lengths, initialState: start)
      let steps = TensorArray(unstacking: x.transposed([1, 0, 2]))
      let long = lengths.cast(to: .int64)
      let raw = rawRNN(
        cell, finished: long .<= 0, input: steps.read(0), state: start, stepsOf: x, axis: 1
      ) { last in
        let place = minimum(last.time, x.graph.scalar(Double(rows.steps - 1), .int64))
        return RawRNNStep(finished: last.time .>= long, input: steps.read(place))
      }
      return (
        pairs(
          [dynamic.outputs] + dynamic.state.tensors,
          [raw.outputs.transposed([1, 0, 2])] + raw.state.tensors), start.tensors
      )
    }
  }
}
