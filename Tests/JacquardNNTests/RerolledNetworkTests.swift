import JacquardArrays
import JacquardNN
import Testing

@testable import Jacquard

/// Unrolled networks give the same whether their steps become loops or not.
@Suite("Unrolled networks as loops") struct RerolledNetworkTests {
  enum Network: String, CaseIterable, Sendable {
    case lstm, outputs, subscripts, gru, layers, lengths, bidirectional, losses
  }

  private struct Model {
    let graph = Graph(seed: 3)
    let x: Tensor
    let lengths: Tensor
    let fetches: [Tensor]

    init(_ network: Network, steps: Int) {
      let graph = graph
      let x = graph.placeholder(.float64, [5, .some(steps), 3], name: "x")
      let lengths = graph.placeholder(.int32, [5], name: "lengths")
      let inputs = tanh(x).unstacked(count: steps, axis: 1)
      var results: [Tensor]
      switch network {
      case .lstm: results = staticRNN(BasicLSTMCell(units: 4), inputs).state.tensors
      case .outputs: results = staticRNN(BasicLSTMCell(units: 4), inputs).outputs
      case .gru: results = [staticRNN(GRUCell(units: 4), inputs).state]
      case .subscripts:
        let timeMajor = tanh(x).transposed([1, 0, 2])
        let cell = BasicLSTMCell(units: 4)
        var state = cell.zeroState(like: timeMajor[0])
        for step in 0..<steps { (_, state) = cell.step(timeMajor[step], state) }
        results = state.tensors
      case .layers:
        let cells = [AnyRNNCell(BasicLSTMCell(units: 4)), AnyRNNCell(GRUCell(units: 4))]
        results = [staticRNN(cells, inputs).outputs.last!]
      case .lengths:
        let (outputs, state) = staticRNN(
          LSTMCell(units: 4, usePeepholes: true), inputs, sequenceLength: lengths)
        results = [outputs[0]] + state.tensors
      case .bidirectional:
        results =
          staticBidirectionalRNN(BasicLSTMCell(units: 4), BasicLSTMCell(units: 4), inputs).outputs
      case .losses:
        var sum = graph.scalar(0, .float64)
        for output in staticRNN(BasicRNNCell(units: 4), inputs).outputs {
          sum = sum + square(softmax(output)).mean()
        }
        results = [sum]
      }
      self.x = x
      self.lengths = lengths
      let slopes = graph.gradients(
        of: [weightedSum(results)], withRespectTo: [x] + graph.variables, unconnected: .zeros)
      fetches = results + slopes.compactMap(\.self)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let network: Network
    let steps: Int
    var testDescription: String { "\(network.rawValue), \(steps) steps" }
  }

  static let cases = Network.allCases.flatMap { network in
    [3, 4, 5, 9].map { Case(network: network, steps: $0) }
  }

  @Test("with and without the pass", arguments: cases)
  func agreement(_ test: Case) throws {
    let model = Model(test.network, steps: test.steps)
    try model.graph.validate()
    func run(_ disabled: Set<String>) throws -> [NDArray] {
      let session = Session(model.graph, options: SessionOptions(disabledPasses: disabled))
      try session.run(model.graph.variablesInitializer)
      return try session.run(
        model.fetches,
        feeding: [
          model.x: noise([5, test.steps, 3], seed: 5),
          model.lengths: NDArray((0..<Int32(5)).map { min($0, Int32(test.steps)) }),
        ])
    }
    let rolled = try run([])
    for (a, b) in zip(rolled, try run([RerollSteps.name])) { expectClose(a, b, tolerance: 1e-9) }
    for (a, b) in zip(rolled, try run(Set(Compiler.passes.map { type(of: $0).name }))) {
      expectClose(a, b, tolerance: 1e-9)
    }
  }

  @Test("nothing of a step is left outside of the loops", arguments: Network.allCases)
  func coverage(_ network: Network) throws {
    func products(_ steps: Int) throws -> (loops: Int, products: Int) {
      let model = Model(network, steps: steps)
      let feeds = [model.x, model.lengths].map { CompileRequest.Feed(value: $0.id, type: $0.type) }
      let request = CompileRequest(
        fetches: model.fetches.map(\.id), targets: [], feeds: feeds)
      let program = try Compiler.program(
        for: request, feedValues: { _ in nil }, in: model.graph
      ).program
      return (
        program.root.nodes.count { $0.op is While }, program.root.nodes.count { $0.op is MatMul }
      )
    }
    let (few, many) = (try products(6), try products(12))
    #expect(few.loops >= 2)
    #expect(few == many)
  }
}
