import JacquardArrays
import JacquardNN
import Testing

@testable import Jacquard

/// Gradients of recurrent networks in windows, however short.
@Suite("Recurrent networks in windows") struct WindowTests {
  enum Network: String, CaseIterable, Sendable {
    case lstm, timeMajor, bidirectional, gru, basic, layers, peepholes, dropout, outputs
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let network: Network
    let steps: Int
    let dtype: DType
    var testDescription: String { "\(network.rawValue), \(steps) steps, \(dtype)" }
  }

  static let cases = Network.allCases.flatMap { network in
    [0, 1, 4, 7, 12].map { Case(network: network, steps: $0, dtype: .float64) }
      + [Case(network: network, steps: 12, dtype: .float32)]
  }

  private struct Model {
    let graph = Graph(seed: 3)
    let fetches: [Tensor]
    let placeholders: [Tensor]
    let feeds: Feeds

    init(_ test: Case) {
      let (batch, units, dtype) = (5, 4, test.dtype)
      let isTimeMajor = test.network == .timeMajor
      let shape = isTimeMajor ? [test.steps, batch, 3] : [batch, test.steps, 3]
      let x = graph.placeholder(dtype, PartialShape(known: shape), name: "x")
      let lengths = graph.placeholder(.int32, [batch], name: "lengths")
      func run(
        _ cell: some RNNCell, lengths: Tensor? = nil
      ) -> [Tensor] {
        let (outputs, state) = dynamicRNN(
          cell, x, sequenceLength: lengths, dtype: dtype, parallelIterations: 3,
          timeMajor: isTimeMajor)
        return test.network == .outputs ? [outputs] + state.tensors : state.tensors
      }
      let results: [Tensor] = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
        switch test.network {
        case .lstm, .timeMajor, .outputs: run(BasicLSTMCell(units: units), lengths: lengths)
        case .gru: run(GRUCell(units: units))
        case .basic: run(BasicRNNCell(units: units), lengths: lengths)
        case .peepholes: run(LSTMCell(units: units, usePeepholes: true))
        case .dropout: run(DropoutWrapper(BasicLSTMCell(units: units), outputKeepProbability: 0.5))
        case .layers:
          run(
            MultiRNNCell(
              BasicLSTMCell(units: units), BasicLSTMCell(units: 3), BasicLSTMCell(units: units)))
        case .bidirectional:
          bidirectionalDynamicRNN(
            BasicLSTMCell(units: units), GRUCell(units: units), x, sequenceLength: lengths,
            dtype: dtype, parallelIterations: 2
          ).states.tensors
        }
      }
      let slopes = graph.gradients(
        of: [weightedSum(results)], withRespectTo: [x] + graph.variables, unconnected: .zeros)
      placeholders = [x, lengths]
      fetches = results + slopes.compactMap(\.self)
      let rows = (0..<batch).map { Int32(($0 * 5 + 2) % (test.steps + 1)) }
      feeds = Feeds().feed(x, noise(shape, seed: 1, dtype)).feed(
        lengths, NDArray(rows, shape: [batch]))
    }

    func run(without passes: Set<String>, threads: Int = 1) throws -> [NDArray] {
      var options = SessionOptions(threads: threads, disabledPasses: passes)
      options.windowLimits = WindowLimits.none
      options.leastRowOperations = 0
      let session = Session(graph, options: options)
      try session.run(graph.variablesInitializer)
      return try session.run(fetches, feeding: feeds)
    }

    /// The loops of the program, those in bodies of others included.
    func loopCount(without passes: Set<String>) throws -> Int {
      let request = CompileRequest(
        fetches: fetches.map(\.id), targets: [],
        feeds: placeholders.map { .init(value: $0.id, type: $0.type) })
      func count(_ block: Block) -> Int {
        block.nodes.reduce(0) { sum, node in
          sum + (node.op is While ? 1 : 0) + node.regions.reduce(0) { $0 + count($1) }
        }
      }
      return count(
        try Compiler.program(
          for: request, feedValues: { _ in nil }, in: graph, disabledPasses: passes,
          windowLimits: WindowLimits.none
        ).program.root)
    }
  }

  @Test(arguments: cases) func windowsChangeRoundingOnly(_ test: Case) throws {
    let model = Model(test)
    try model.graph.validate()
    let whole = try model.run(without: [WindowLoops.name, RecomputeResiduals.name])
    let stacked = try model.run(without: [RecomputeResiduals.name])
    let tolerance = test.dtype == .float64 ? 1e-9 : 1e-4
    for (a, b) in zip(stacked, whole) {
      #expect(a.firstMismatch(with: b, relative: tolerance, absolute: tolerance) == nil)
    }
    #expect(try model.run(without: []) == stacked, "residuals recomputed")
    #expect(try model.run(without: [], threads: 3) == stacked, "three threads")
  }

  @Test(arguments: [Network.lstm, .gru, .layers, .peepholes])
  func statesAreRecomputed(_ network: Network) throws {
    let model = Model(Case(network: network, steps: 12, dtype: .float32))
    #expect(try model.loopCount(without: [WindowLoops.name]) == 2)
    // The gradient's loop has one for each window.
    #expect(try model.loopCount(without: [RecomputeResiduals.name]) == 3)
    // The network's has, too, and the gradient's goes through each window a second time.
    #expect(try model.loopCount(without: []) == 5)
  }
}
