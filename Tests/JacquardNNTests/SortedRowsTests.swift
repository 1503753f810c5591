import CVectorKernels
import JacquardArrays
import JacquardNN
import Testing

@testable import Jacquard

/// Random ragged batches give the same with rows sorted by length and without.
@Suite("Rows sorted by length") struct SortedRowsTests {
  private struct Model {
    let graph = Graph(seed: 3)
    let fetches: [Tensor]
    let feeds: Feeds
    let words: String

    init(seed: Int) {
      var random = PhiloxGenerator(seed: UInt64(seed))
      func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
      let graph = graph
      let (batch, steps, units) = (1 + next(14), 1 + next(9), 1 + next(7))
      let isTimeMajor = next(2) == 0
      let shape = isTimeMajor ? [steps, batch, 5] : [batch, steps, 5]
      let x = graph.placeholder(.float64, PartialShape(known: shape))
      let lengths = graph.placeholder(next(2) == 0 ? .int32 : .int64, [batch])
      let network = next(6)
      let initial = graph.placeholder(.float64, [batch, units])
      let isStarted = next(2) == 0
      let results: [Tensor] = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
        switch network {
        case 0:
          let (outputs, state) = dynamicRNN(
            BasicLSTMCell(units: units), x, sequenceLength: lengths, timeMajor: isTimeMajor)
          return [outputs] + state.tensors
        case 1:
          let (outputs, state) = dynamicRNN(
            GRUCell(units: units), x, sequenceLength: lengths,
            initialState: isStarted ? initial : nil, timeMajor: isTimeMajor)
          return [outputs, state]
        case 2:
          let (outputs, state) = dynamicRNN(
            [BasicRNNCell(units: units), BasicRNNCell(units: 3)], x, sequenceLength: lengths,
            dtype: .float64, timeMajor: isTimeMajor)
          return [outputs] + state.tensors
        case 3:
          let (outputs, states) = bidirectionalDynamicRNN(
            BasicLSTMCell(units: units), GRUCell(units: units), x, sequenceLength: lengths,
            dtype: .float64, timeMajor: isTimeMajor)
          return outputs.tensors + states.tensors
        case 4:
          // The state alone: outputs and their gradients are pruned.
          return dynamicRNN(
            LSTMCell(units: units, usePeepholes: true), x, sequenceLength: lengths,
            timeMajor: isTimeMajor
          ).state.tensors
        default:
          // One network over the outputs of another.
          let first = dynamicRNN(
            GRUCell(units: units), x, sequenceLength: lengths, timeMajor: isTimeMajor)
          let second = dynamicRNN(
            GRUCell(units: 3), first.outputs, sequenceLength: lengths, timeMajor: isTimeMajor,
            scope: "second")
          return [second.outputs, second.state, first.state]
        }
      }
      let slopes = graph.gradients(
        of: [weightedSum(results)], withRespectTo: [x, initial] + graph.variables,
        unconnected: .zeros)
      fetches = results + slopes.compactMap(\.self)
      let rows = (0..<batch).map { _ in Int64(next(steps + 1)) }
      feeds = Feeds().feed(x, noise(shape, seed: seed, .float64)).feed(
        initial, noise([batch, units], seed: seed + 1, .float64)
      ).feed(lengths, NDArray(rows, shape: [batch]).converted(to: lengths.dtype))
      words = "network \(network), \(batch) rows of \(rows), \(steps) steps"
    }

    func run(_ disabled: Set<String>, threads: Int, windows: Bool) throws -> [NDArray] {
      var options = SessionOptions(threads: threads, disabledPasses: disabled)
      options.leastRowOperations = 0
      if windows { options.windowLimits = WindowLimits.none }
      let session = Session(graph, options: options)
      try session.run(graph.variablesInitializer)
      return try session.run(fetches, feeding: feeds)
    }

    var sortsRows: Bool {
      get throws {
        let request = CompileRequest(
          fetches: fetches.map(\.id), targets: [],
          feeds: graph.operations.filter { $0.op is Placeholder }.flatMap(\.results).map {
            .init(value: $0.id, type: $0.type)
          })
        let program = try Compiler.program(for: request, feedValues: { _ in nil }, in: graph)
          .program
        return program.root.nodes.contains { ($0.op as? While)?.liveRows != nil }
      }
    }
  }

  @Test(arguments: 0..<48) func valuesAndGradients(seed: Int) throws {
    let model = Model(seed: seed)
    try model.graph.validate()
    let plain = try model.run([SortRows.name], threads: 1, windows: false)
    for windows in [false, true] {
      let sorted = try model.run([], threads: 1, windows: windows)
      for (index, (a, b)) in zip(sorted, plain).enumerated() {
        expectClose(a, b, tolerance: 1e-9, "\(model.words), value \(index)")
      }
      for threads in 2...3 {
        let several = try model.run([], threads: threads, windows: windows)
        #expect(several == sorted, "\(model.words), \(threads) threads")
      }
    }
    let allRows = try model.run([SkipEndedRows.name], threads: 2, windows: false)
    for (a, b) in zip(allRows, plain) { expectClose(a, b, tolerance: 1e-9, model.words) }
  }

  @Test("most of them have rows to sort") func coverage() throws {
    let count = try (0..<48).count { try Model(seed: $0).sortsRows }
    #expect(count >= 30)
  }
}
