import JacquardArrays
import JacquardNN
import Testing

@testable import Jacquard

/// Threads that share the rows of a loop change no bit.
@Suite("Rows of a loop on several threads") struct RowScheduleTests {
  enum Network: String, CaseIterable, Sendable {
    case batchMajor, timeMajor, bidirectional, gru, layerNorm, peepholes
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let network: Network
    let batch: Int
    var testDescription: String { "\(network.rawValue), \(batch) rows" }
  }

  static let cases = Network.allCases.flatMap { network in
    // As many rows as units, too, where vectors of one look like those of the other.
    [2, 5, 8, 9, 13, 16].map { Case(network: network, batch: $0) }
  }

  private static let units = 16
  private static let steps = 7

  private struct Model {
    let graph = Graph(seed: 3)
    let fetches: [Tensor]
    let placeholders: [Tensor]
    let feeds: Feeds

    init(_ network: Network, batch: Int) {
      let graph = graph
      let isTimeMajor = network == .timeMajor
      let shape =
        isTimeMajor
        ? [RowScheduleTests.steps, batch, 16] : [batch, RowScheduleTests.steps, 16]
      let x = graph.placeholder(.float32, PartialShape(known: shape), name: "x")
      let lengths = graph.placeholder(.int32, [batch], name: "lengths")
      let units = RowScheduleTests.units
      let results: [Tensor] = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
        switch network {
        case .batchMajor, .timeMajor:
          let cell = BasicLSTMCell(units: units)
          let (outputs, state) = dynamicRNN(
            cell, x, sequenceLength: lengths, dtype: .float32, timeMajor: isTimeMajor)
          return [outputs] + state.tensors
        case .bidirectional:
          let (outputs, states) = bidirectionalDynamicRNN(
            BasicLSTMCell(units: units), GRUCell(units: units), x, sequenceLength: lengths,
            dtype: .float32)
          return outputs.tensors + states.tensors
        case .gru:
          let (outputs, state) = dynamicRNN(GRUCell(units: units), x, dtype: .float32)
          return [outputs] + state.tensors
        case .layerNorm:
          let cell = LayerNormBasicLSTMCell(units: units)
          let (outputs, state) = dynamicRNN(cell, x, sequenceLength: lengths, dtype: .float32)
          return [outputs] + state.tensors
        case .peepholes:
          let cell = LSTMCell(units: units, usePeepholes: true)
          let (outputs, state) = dynamicRNN(cell, x, sequenceLength: lengths, dtype: .float32)
          return [outputs] + state.tensors
        }
      }
      let slopes = graph.gradients(
        of: [weightedSum(results)], withRespectTo: [x] + graph.variables, unconnected: .zeros)
      placeholders = [x, lengths]
      fetches = results + slopes.compactMap(\.self)
      let rows = (0..<batch).map { Int32(($0 * 5 + 2) % (RowScheduleTests.steps + 1)) }
      feeds = Feeds().feed(x, noise(shape, seed: 1, .float32)).feed(
        lengths, NDArray(rows, shape: [batch]))
    }

    /// The loops of the plan, and how many of them divide their rows.
    func countLoops() throws -> (all: Int, divided: Int, isPacked: Bool) {
      let request = CompileRequest(
        fetches: fetches.map(\.id), targets: [],
        feeds: placeholders.map { .init(value: $0.id, type: $0.type) })
      let program = try Compiler.program(for: request, feedValues: { _ in nil }, in: graph).program
      let plan = try Plan.compile(
        program, options: PlanOptions(threads: 2, memoryLimit: nil, profile: false))
      var count = (
        all: 0, divided: 0, isPacked: plan.rows.contains { $0.name == "PackedMatMul" }
      )
      for case .loop(let loop) in plan.schedule.steps {
        count.all += 1
        if loop.rows != nil { count.divided += 1 }
      }
      return count
    }

    func run(_ options: SessionOptions) throws -> [NDArray] {
      let session = Session(graph, options: options)
      try session.run(graph.variablesInitializer)
      return try session.run(fetches, feeding: feeds)
    }
  }

  @Test(arguments: cases) func threadsChangeNoBit(_ test: Case) throws {
    let model = Model(test.network, batch: test.batch)
    try model.graph.validate()
    let one = try model.run(SessionOptions(threads: 1))
    var undivided = SessionOptions(threads: 1)
    undivided.dividesRows = false
    let stepwise = try model.run(undivided)
    #expect(stepwise == one, "whole kernels one after the other")
    for threads in 2...4 {
      var options = SessionOptions(threads: threads)
      options.leastRowOperations = 0
      let several = try model.run(options)
      #expect(several == one, "\(threads) threads")
      options.isProfiling = true
      let timed = try model.run(options)
      #expect(timed == one, "\(threads) threads, timed")
    }
  }

  @Test(arguments: [Network.batchMajor, .timeMajor, .peepholes])
  func loopsOfCellsDivideTheirRows(_ network: Network) throws {
    let count = try Model(network, batch: 16).countLoops()
    #expect(count.all == 2)
    #expect(count.divided == (count.isPacked ? 2 : 0))
  }

  @Test func rowsAreDividedInQuanta() {
    let schedule = RowSchedule(
      rowCount: 13, threadCount: 4, operations: 1000, entries: [], leastOperations: 5000)
    #expect(schedule.threads(iterations: 4) == 1)
    #expect(schedule.threads(iterations: 5) == 3)
    #expect(schedule.threads(iterations: .max) == 3)
    for count in 1...4 {
      let ranges = (0..<count).map { schedule.range(share: $0, of: count).range }
      #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == 13)
      for (a, b) in zip(ranges, ranges.dropFirst()) {
        #expect(a.upperBound == b.lowerBound && b.lowerBound % RowSchedule.quantum == 0)
      }
    }
  }
}
