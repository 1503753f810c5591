import Foundation
import Jacquard
import JacquardNN
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("Graphs in event files")
struct GraphEventTests {
  /// An LSTM with its training step.
  private static func makeGraph() -> Graph {
    let graph = Graph(seed: 1)
    let x = graph.placeholder(.float32, [nil, 3, 2], name: "x")
    let (outputs, _) = dynamicRNN(BasicLSTMCell(units: 4), x, dtype: .float32)
    _ = GradientDescentOptimizer(learningRate: 0.1).minimize(square(outputs).mean())
    return graph
  }

  private func nodes(of graph: Graph) throws -> [String: TensorFlowNodeDef] {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    try writer.add(graph: graph)
    try writer.close()
    let event = try #require(try events(in: folder).first)
    let message = try TensorFlowGraphDef(serializedBytes: event.graphDef)
    let names = message.node.map(\.name)
    #expect(Set(names).count == names.count)
    return Dictionary(uniqueKeysWithValues: message.node.map { ($0.name, $0) })
  }

  @Test("every operation is a node, and every input one")
  func inputs() throws {
    let graph = Self.makeGraph()
    let nodes = try nodes(of: graph)
    for operation in graph.operations {
      let node = try #require(nodes[operation.name])
      #expect(node.op == type(of: operation.op).name)
    }
    for input in nodes.values.flatMap(\.input) {
      var name = input[...]
      if name.hasPrefix("^") { name = name.dropFirst() }
      if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
      #expect(nodes[String(name)] != nil, "\(input)")
    }
    #expect(nodes.values.contains { $0.input.contains { $0.hasPrefix("^") } })
  }

  @Test("a loop: what it carries and scans, its body, and what it captures")
  func loop() throws {
    let nodes = try nodes(of: Self.makeGraph())
    let loop = try #require(nodes["rnn/while"])
    #expect(loop.op == "While")
    let h = try #require(nodes["rnn/while/carried_1"])
    #expect(h.op == "Carried")
    // From before the loop, and from the end of its body
    #expect(h.input.count == 2)
    #expect(h.input.last?.hasPrefix("rnn/while/basic_lstm_cell/Multiply") == true)
    #expect(loop.input.contains(h.input[1]))
    let slice = try #require(nodes["rnn/while/slice_0"])
    #expect(slice.input == ["x"])
    #expect(slice.attr["_output_shapes"]?.list.shape.first?.dim.map(\.size) == [-1, 2])
    let product = try #require(nodes["rnn/while/basic_lstm_cell/MatMul"])
    #expect(
      product.input == ["rnn/while/basic_lstm_cell/Concatenate", "rnn/basic_lstm_cell/kernel"])
    let joint = try #require(nodes["rnn/while/basic_lstm_cell/Concatenate"])
    #expect(joint.input == ["rnn/while/slice_0", "rnn/while/carried_1"])
    #expect(nodes["rnn/while/iteration"] == nil)
  }

  @Test("types, shapes and attributes")
  func attributes() throws {
    let nodes = try nodes(of: Self.makeGraph())
    let x = try #require(nodes["x"])
    #expect(x.attr["dtype"]?.type == .dtFloat)
    #expect(x.attr["_output_shapes"]?.list.shape.map { $0.dim.map(\.size) } == [[-1, 3, 2]])
    let joint = try #require(nodes["rnn/while/basic_lstm_cell/Concatenate"])
    #expect(joint.attr["attributes"].map { String(decoding: $0.s, as: UTF8.self) } == "axis: 1")
    let graph = Graph()
    let unknown = graph.placeholder(.bool, .unknown, name: "unknown")
    let type = try #require(try self.nodes(of: graph)[unknown.name]?.attr)
    #expect(type["dtype"]?.type == .dtBool)
    #expect(type["_output_shapes"]?.list.shape.map(\.unknownRank) == [true])
  }

  @Test("an assignment is connected with its variable")
  func assignment() throws {
    let graph = Graph()
    let counter = graph.variable(.zeros, [], name: "counter")
    let add = counter.assignAdd(1)
    let nodes = try nodes(of: graph)
    #expect(nodes[add.name]?.input.first == "counter")
    #expect(nodes["counter"]?.input == [])
  }

  @Test("branches, and loops that use their counter")
  func branches() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [], name: "x")
    let choice = graph.conditional(x .> 0) {
      x + 1
    } else: {
      x - 1
    }
    let total = graph.whileLoop(x, maximumIterations: 5) {
      $0 .< 100
    } do: {
      $0 + graph.loopIteration!.cast(to: .float32)
    }
    let nodes = try nodes(of: graph)
    let branch = try #require(nodes[choice.operation?.name ?? ""])
    #expect(branch.input.count == 3)
    for input in branch.input.dropFirst() {
      #expect(nodes[input]?.input.contains("x") == true)
    }
    let loop = try #require(total.operation?.name)
    #expect(nodes["\(loop)/iteration"]?.op == "Iteration")
    #expect(nodes.values.contains { $0.input.contains("\(loop)/iteration") })
  }

  @Test("the same program gives the same bytes")
  func deterministic() throws {
    func bytes() throws -> Data {
      let folder = temporaryPath()
      let writer = try EventWriter(directory: folder)
      try writer.add(graph: Self.makeGraph())
      try writer.close()
      return try #require(try events(in: folder).first).graphDef
    }
    let (first, second) = (try bytes(), try bytes())
    #expect(first == second)
  }
}
