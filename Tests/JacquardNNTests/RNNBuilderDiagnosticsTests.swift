import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct RNNBuilderDiagnosticsTests {
  private static func steps(_ graph: Graph, rows: Int = 2) -> [Tensor] {
    (0..<3).map { _ in graph.placeholder(.float32, [rows, 4]) }
  }

  private static func gru(_ units: Int = 2) -> GRUCell { GRUCell(units: units) }

  static let misuses = [
    Misuse.located("static, lengths", says: ["rnn/sequence_length", "5 entries", "2 batch rows"]) {
      let lengths = $0.placeholder(.int32, [5])
      return line(of: staticRNN(gru(), steps($0), sequenceLength: lengths))
    },
    Misuse.located("static, state", says: ["StaticRNN", "part 0", "[2, 2]"]) {
      let start = $0.zeros(.float32, [2, 3])
      return line(of: staticRNN(gru(), steps($0), initialState: start))
    },
    Misuse.located("static, no steps", says: ["StaticRNN", "no inputs", "at least one step"]) {
      line(of: staticRNN(gru(), [], initialState: $0.zeros(.float32, [2, 2])))
    },
    Misuse.located("static, no steps but lengths", says: ["StaticRNN", "no inputs"]) {
      line(of: staticRNN(gru(), [], sequenceLength: $0.placeholder(.int32, [2])))
    },
    Misuse.located("bidirectional, state", says: ["bw/BidirectionalDynamicRNN", "part 0"]) {
      let (x, start) = ($0.placeholder(.float32, [2, 3, 4]), $0.zeros(.float32, [2, 3]))
      return line(of: bidirectionalDynamicRNN(gru(), gru(), x, initialBackwardState: start))
    },
    Misuse.located("bidirectional, rank", says: ["/BidirectionalDynamicRNN", "rank 2"]) {
      line(of: bidirectionalDynamicRNN(gru(), gru(), $0.placeholder(.float32, [2, 3])))
    },
    Misuse.located("static bidirectional, state", says: ["fw/StaticBidirectionalRNN", "part 0"]) {
      let start = $0.zeros(.float32, [2, 3])
      return line(of: staticBidirectionalRNN(gru(), gru(), steps($0), initialForwardState: start))
    },
    Misuse.located("static bidirectional, no steps", says: ["StaticBidirectionalRNN", "no inputs"])
    {
      let start = $0.zeros(.float32, [2, 2])
      return line(of: staticBidirectionalRNN(gru(), gru(), [], initialForwardState: start))
    },
    Misuse.located("static bidirectional, lengths", says: ["float32[2]", "int32 or int64"]) {
      let lengths = $0.placeholder(.float32, [2])
      return line(of: staticBidirectionalRNN(gru(), gru(), steps($0), sequenceLength: lengths))
    },
    Misuse.located(
      "stack, no cells", says: ["StackBidirectionalRNN", "0 forward cells", "at least one layer"]
    ) {
      let none: [GRUCell] = []
      return line(of: stackBidirectionalRNN(none, none, steps($0)))
    },
    Misuse.located("stack, uneven", says: ["2 forward cells and 1 backward", "one of each"]) {
      line(of: stackBidirectionalRNN([gru(), gru()], [gru()], steps($0)))
    },
    Misuse.located("stack, no steps", says: ["StackBidirectionalRNN", "no inputs", "one step"]) {
      let start = [$0.zeros(.float32, [2, 2])]
      return line(of: stackBidirectionalRNN([gru()], [gru()], [], initialForwardStates: start))
    },
    Misuse.located(
      "dynamic stack, states",
      says: ["StackBidirectionalDynamicRNN", "2 layers", "initial backward states for 1"]
    ) {
      let (x, cells) = ($0.placeholder(.float32, [2, 3, 4]), [gru(), gru()])
      let start = [$0.zeros(.float32, [2, 2])]
      return line(of: stackBidirectionalDynamicRNN(cells, cells, x, initialBackwardStates: start))
    },
    Misuse.located(
      "dynamic stack, rank",
      says: ["cell_0/bidirectional_rnn/StackBidirectionalDynamicRNN", "rank 2"]
    ) {
      line(of: stackBidirectionalDynamicRNN([gru()], [gru()], $0.placeholder(.float32, [2, 3])))
    },
    Misuse.located("dynamic stack, uneven", says: ["0 forward cells and 1 backward"]) {
      let (none, x): ([GRUCell], Tensor) = ([], $0.placeholder(.float32, [2, 3, 4]))
      return line(of: stackBidirectionalDynamicRNN(none, [gru()], x))
    },
  ]

  @Test("misuse is told, once, by the function called, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "RNNBuilderDiagnosticsTests.swift") }

  @Test("without any tensor, a graph of its own says what is missing")
  func noGraph() {
    let ((outputs, state), place) = located(staticRNN(BasicLSTMCell(units: 2), []))
    #expect(outputs.isEmpty)
    #expect(state.tensors.map(\.isInvalid) == [true, true])
    let diagnostics = state.c.graph.diagnostics
    #expect(diagnostics.map(\.line) == [Int(place)])
    #expect(diagnostics.first?.message.contains("there are no inputs") == true)
    #expect(diagnostics.first?.remedy != nil)
    #expect(throws: GraphError.self) { try state.c.graph.validate() }
    // In another graph it is found out, too.
    let graph = Graph()
    _ = graph.zeros(.float32, [2, 2]) + state.h
    #expect(graph.diagnostics.count == 1)
    let both = staticBidirectionalRNN(Self.gru(), Self.gru(), [])
    #expect(both.outputs.isEmpty)
    let layers = stackBidirectionalRNN([Self.gru()], [Self.gru()], [])
    #expect(layers.outputs.isEmpty)
  }

  @Test("steps of different structures are told")
  func structures() {
    struct Pair: StructuredRNNCell {
      var stateSize: Int { 2 }
      func makeState(_ part: ([Int]) -> Tensor) -> Tensor { part([2]) }
      func makeOutput(_ part: ([Int]) -> Tensor) -> Tensor { part([2]) }
      func step(_ inputs: [Tensor], _ state: Tensor) -> (output: Tensor, state: Tensor) {
        (inputs[0] + inputs[1], state)
      }
    }
    let graph = Graph()
    let x = graph.placeholder(.float32, [3, 2])
    let ((outputs, _), place) = located(staticRNN(Pair(), [[x, x], [x]]))
    #expect(outputs.map(\.isInvalid) == [true, true])
    let (empty, second) = located(dynamicRNN(Pair(), [], initialState: x))
    #expect(empty.outputs.isInvalid)
    #expect(graph.diagnostics.map(\.line) == [Int(place), Int(second)])
    let messages = graph.diagnostics.map(\.message)
    #expect(messages[0].contains("1 parts, those of the first 2"))
    #expect(messages[1].contains("there are no inputs"))
    #expect(graph.diagnostics.compactMap(\.remedy).count == 2)
  }
}
