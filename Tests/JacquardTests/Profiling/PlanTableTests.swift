import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Plans as tables") struct PlanTableTests {
  @Test func aSmallPlanReadsLikeThis() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let w = graph.variable(.zeros, [3, 2], name: "w")
    let y = graph.scope("dense") { tanh(matmul(x, w) + 1) }
    let start = graph.constant(NDArray.zeros(.float32, [2]))
    let total = graph.scan(y, initial: start, name: "total") { ($0 * $1, $0) }.state
    let session = Session(graph, options: SessionOptions(threads: 2))
    let text = try session.explain(total, feeding: [x: NDArray.zeros(.float32, [5, 3])])
    #expect(text == Self.expected)
  }

  private static let expected = """
    step  kernel                             shapes                         operation       FLOP  read  written  at
       1  MatMul                             [5, 3] [3, 2] → float32[5, 2]  dense/MatMul     60   84 B     40 B  @576
       2  Fused: add, tanh                   [5, 2] → float32[5, 2]         dense/Tanh       20   40 B     40 B  @576 in place
          While, 5 iterations, rows divided                                 total
            body
       3      Multiply                       [2] [2] → float32[2]           total/Multiply    2   16 B      8 B  given in place

    kernels: 3, fetches: 1, assigned variables: 0
    memory: arena 640 B, at most 640 B of it in use; constants 8 B, variables 24 B
    work of a run: 90 FLOP, 204 B read, 120 B written
    """

  @Test func numbersHaveThreeDigits() {
    #expect(Format.bytes(0) == "0 B")
    #expect(Format.bytes(999) == "999 B")
    #expect(Format.bytes(1000) == "1.00 kB")
    #expect(Format.bytes(1995) == "2.00 kB")
    #expect(Format.bytes(23_197_696) == "23.2 MB")
    #expect(Format.bytes(999_600) == "1.00 MB")
    #expect(Format.bytes(.max) == "9.22 EB")
    #expect(Format.decimal(0.0004, places: 3) == "0.000")
    #expect(Format.decimal(-1.2345, places: 2) == "-1.23")
    #expect(Format.decimal(1.005e9, places: 1) == "1005000000.0")
    #expect(Format.decimal(.infinity, places: 1) == "inf")
    #expect(Format.percent(0.12345) == "12.3 %")
  }

  @Test func longNamesKeepTheirEnds() {
    #expect(Format.lastComponents("rnn/while/cell/MatMul", width: 40) == "rnn/while/cell/MatMul")
    #expect(Format.lastComponents("rnn/while/cell/MatMul", width: 14) == "…/cell/MatMul")
    #expect(Format.lastComponents("rnn/while/cell/MatMul", width: 3) == "…/MatMul")
    #expect(Format.shortened("Fused: add ×2", width: 8) == "Fused: …")
    #expect(Format.repeated(["a", "a", "b", "b", "b", "a"]) == "a a b×3 a")
    #expect(Format.repeated([]) == "")
  }

  @Test func viewsHaveLinesIfAsked() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3], name: "x")
    let y = tanh(x.reshaped(to: [6]))
    let feeds: Feeds = [x: NDArray.zeros(.float32, [2, 3])]
    let session = Session(graph)
    let kernels = try session.explain(y, feeding: feeds)
    let all = try session.explain(y, feeding: feeds, includingViews: true)
    #expect(!kernels.contains("Reshape") && all.contains("Reshape"))
  }
}
