import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct GraphDotFoldingTests {
  // Constants written into others count too: one in the body.
  @Test func aFoldedScopeCountsItsOperations() throws {
    let fixture = RecurrentFixture()
    let picture = DotReader(fixture.graph.dot(DotOptions(maxDepth: 0)))
    let gradients = fixture.graph.operations.filter { $0.name.hasPrefix("gradients/") }
    let loops = gradients.count { $0.op is While }
    #expect(
      picture.label("gradients/")
        == "gradients\n\(gradients.count - loops) operations, \(loops) loops")
    #expect(picture.label("rnn/") == "rnn\n5 operations, 1 loop")
    #expect(picture.nodes["rnn/while/cell/MatMul"] == nil)
  }

  @Test func aFoldedLoopHasADoubleBorder() throws {
    let picture = DotReader(RecurrentFixture().graph.dot(DotOptions(maxDepth: 1)))
    let loop = try #require(picture.nodes["rnn/while"])
    #expect(loop["peripheries"] == "2")
    #expect(
      loop["label"] == "While rnn/while\ncarries 1, scans 1, stacks 1, body 5 operations")
    #expect(picture.nesting["rnn/while"] == ["rnn/"])
    #expect(
      picture.edges(from: "x", to: "rnn/while").map(\.label)
        == ["scan axis 1 backwards\nfloat32[?, 5, 3]"])
  }

  @Test func theSecondLevelShowsTheLoopWithFoldedCells() {
    let picture = DotReader(RecurrentFixture().graph.dot(DotOptions(maxDepth: 2)))
    #expect(picture.boxes.contains("rnn/while"))
    #expect(picture.label("rnn/while/cell/") == "cell\n3 operations")
    #expect(
      picture.edges(from: "rnn/while slice 0", to: "rnn/while/cell/").map(\.label)
        == ["float32[?, 3]"])
  }

  @Test func everyLevelHoldsEveryOperationOnce() {
    let fixture = RecurrentFixture()
    for depth in 0...4 {
      let tree = tree(of: fixture.graph, maxDepth: depth)
      var seen: [OperationID] = []
      func visit(_ box: Int) {
        for item in tree.boxes[box].items {
          switch item {
          case .operation(let id): seen.append(id)
          case .box(let inner):
            if case .owner(let id) = tree.boxes[inner].kind { seen.append(id) }
            visit(inner)
          }
        }
      }
      visit(0)
      #expect(seen.sorted() == fixture.graph.operations.map(\.id))
    }
  }

  private func tree(of graph: Graph, maxDepth: Int?) -> ScopeTree {
    let state = graph.read { copy $0 }
    return GraphDrawing(state, DotOptions(maxDepth: maxDepth)).tree
  }

  @Test func aVariableStandsForItsInitialiser() throws {
    let graph = Graph()
    _ = graph.variable(.truncatedNormal(), [2, 2], name: "w")
    let picture = DotReader(graph.dot(DotOptions(maxDepth: 3)))
    let node = try #require(picture.nodes["w/"])
    #expect(node["shape"] == "cylinder")
    #expect(node["label"] == "w\nfloat32[2, 2]\n+ \(graph.operations.count - 1) operations")
  }

  @Test func edgesBetweenFoldedNodesAreMerged() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [3], name: "x")
    let (a, b, c) = graph.scope("make") { (tanh(x), sigmoid(x), tanh(x).sum()) }
    graph.scope("same") { _ = (a + b) * tanh(a) }
    graph.scope("mixed") { _ = (a + b) * c }
    let picture = DotReader(graph.dot(DotOptions(maxDepth: 0)))
    #expect(picture.edges(from: "x", to: "make/").map(\.label) == ["float32[3]"])
    #expect(picture.edges(from: "make/", to: "same/").map(\.label) == ["2 × float32[3]"])
    #expect(picture.edges(from: "make/", to: "mixed/").map(\.label) == ["3 tensors"])
  }

  @Test func aScopeOfOneOperationIsThatOperation() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [3], name: "x")
    graph.scope("outer") { graph.scope("inner") { _ = tanh(x) } }
    let picture = DotReader(graph.dot(DotOptions(maxDepth: 0)))
    #expect(picture.label("outer/inner/Tanh") == "outer/inner/Tanh")
    #expect(picture.boxes == ["legend"])
  }

  @Test func foldedScopesTellWhatTheyAssign() {
    let picture = DotReader(RecurrentFixture().graph.dot(DotOptions(maxDepth: 0)))
    #expect(picture.label("descent/")?.hasSuffix("\nassigns cell/kernel") == true)
  }
}
