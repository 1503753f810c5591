import Jacquard
import JacquardArrays
import Testing

@Suite struct UnfoldTests {
  let graph = Graph()

  @Test func `outputs are as long as the bound, with zeros after the last step`() throws {
    let x = graph.placeholder(.float64, [])
    let limit = graph.placeholder(.float64, [])
    let rows = graph.placeholder(.float32, [2, nil])
    let bounded = graph.unfold(x, maximumSteps: 5) {
      $0 .< limit
    } step: {
      ($0 * x, $0)
    }
    let sized = graph.unfold(x, stepsOf: rows, axis: 1) {
      $0 .< limit
    } step: {
      ($0 * x, [$0])
    }
    let open = graph.unfold(x) {
      $0 .< limit
    } step: {
      ($0 * x, $0)
    }
    try graph.validate()
    #expect(bounded.outputs.shape == [5])
    #expect(sized.outputs[0].shape == [nil])
    let slope = graph.gradient(of: sized.outputs[0].sum(), withRespectTo: x)
    let (a, b, c, counts, dx) = try Session(graph).run(
      bounded.outputs, sized.outputs[0], open.outputs,
      [bounded.count, sized.count, open.count, bounded.state], slope,
      feeding: [x: 2, limit: 10, rows: NDArray.zeros(.float32, [2, 4])])
    #expect(a.doubles() == [2, 4, 8, 0, 0])
    #expect(b.doubles() == [2, 4, 8, 0])
    #expect(c.doubles() == [2, 4, 8])
    #expect(counts.map { $0.doubles()[0] } == [3, 3, 3, 16])
    #expect(dx.doubles() == [1 + 4 + 12])
  }

  @Test func `the bound ends a loop whose condition holds on`() throws {
    let x = graph.placeholder(.float64, [nil])
    let result = graph.unfold(graph.scalar(1, .float64), stepsOf: x) {
      $0 .> 0
    } step: {
      ($0 * 2, $0)
    }
    let (values, count) = try Session(graph).run(
      result.outputs, result.count, feeding: [x: NDArray.zeros(.float64, [3])])
    #expect(values.doubles() == [1, 2, 4])
    #expect(count.doubles() == [3])
    let none = try Session(graph).run(
      result.outputs, feeding: [x: NDArray.zeros(.float64, [0])])
    #expect(none.shape == [0])
  }
}
