import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct GraphDotSelectionTests {
  @Test func fetchesRestrictTheDrawing() {
    let fixture = RecurrentFixture()
    let picture = DotReader(fixture.graph.dot(DotOptions(fetches: [fixture.loss])))
    #expect(picture.nodes["loss/Sum"] != nil)
    #expect(picture.nodes["rnn/while/cell/Tanh"] != nil)
    #expect(picture.nodes["descent/Assign"] == nil)
    #expect(picture.nodes["cell/kernel/Assign"] == nil)
    #expect(!picture.boxes.contains("gradients/"))
  }

  @Test func fetchedOperationsBringTheirControlInputs() {
    let fixture = RecurrentFixture()
    let initializer = fixture.graph.variablesInitializer
    let fetches: [any Fetchable] = [initializer]
    let picture = DotReader(fixture.graph.dot(DotOptions(fetches: fetches)))
    #expect(picture.nodes["cell/kernel/Assign"] != nil)
    #expect(picture.nodes["cell/kernel"] != nil)
    #expect(picture.nodes["x"] == nil)
  }

  @Test func effectsInBodiesAreNeeded() {
    let graph = Graph()
    let i = graph.placeholder(.int32, [], name: "i")
    let end = graph.whileLoop(i, name: "loop", while: { $0 .< 3 }) { i in
      _ = i.printed("i")
      return i + 1
    }
    let picture = DotReader(graph.dot(DotOptions(fetches: [end])))
    #expect(picture.nodes["loop/Print"] != nil)
  }

  @Test func withoutGradientsNothingComputedFromThemRemains() {
    let fixture = RecurrentFixture()
    let slot = fixture.graph.atRoot {
      fixture.graph.variable(.zeros, [7, 4], name: "cell/kernel/slot", trainable: false)
    }
    let slope = fixture.graph.gradient(of: fixture.loss, withRespectTo: fixture.kernel)
    slot.assign(slot + slope)
    let picture = DotReader(fixture.graph.dot(DotOptions(includeGradients: false)))
    #expect(picture.nodes.keys.contains { $0.hasPrefix("gradients") } == false)
    #expect(picture.nodes["descent/Assign"] == nil)
    #expect(picture.nodes["cell/kernel/slot"] == nil)
    #expect(picture.nodes["cell/kernel"] != nil)
    #expect(picture.nodes["loss/Sum"] != nil)
  }

  @Test func namedAndLargeConstantsAreNodes() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [6], name: "x")
    let rate = graph.constant(NDArray(Float(0.25)), name: "rate")
    let table = graph.constant(NDArray([1, 2, 3, 4, 5, 6] as [Float]))
    _ = x * rate + table + 3
    let picture = DotReader(graph.dot())
    #expect(picture.label("rate") == "rate\nfloat32[]\n0.25")
    #expect(picture.label(table.name) == "Constant\nfloat32[6]")
    #expect(picture.label("Add_1") == "Add_1(·, 3.0)")
  }

  @Test func whatCouldNotBeBuiltIsRed() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [6], name: "x")
    let y = graph.placeholder(.float32, [5], name: "y")
    _ = x + y
    let picture = DotReader(graph.dot())
    #expect(picture.nodes["Add"]?["color"] == "#c00000")
  }

  @Test func loopsThatCouldNotBeBuiltAreDrawn() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let foreign = Graph().placeholder(.float32, [2], name: "foreign")
    let condition: (Tensor, Tensor) -> Tensor = { x, _ in x.sum() .< 1 }
    _ = graph.whileLoop(x, foreign, name: "mixed", while: condition) { ($0 + $1, $1) }
    _ = graph.whileLoop(x, name: "widening", while: { $0.sum() .< 1 }) {
      concatenate([$0, $0], axis: 0)
    }
    _ = graph.conditional(x.sum() .> 0, name: "choice", then: { foreign }, else: { x })
    #expect(graph.diagnostics.count >= 3)
    for depth in [nil, 0, 1] {
      let picture = DotReader(graph.dot(DotOptions(maxDepth: depth)))
      #expect(picture.boxes.contains("mixed") || picture.nodes["mixed"] != nil)
      #expect(picture.boxes.contains("widening") || picture.nodes["widening"] != nil)
    }
  }

  @Test func optionalAttributesReadAsTheirValues() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3], name: "x")
    _ = x.sum(along: [1])
    #expect(DotReader(graph.dot()).label("Sum") == "Sum (axes: [1])")
  }
}
