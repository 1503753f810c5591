import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct OptimizerClippingTests {
  @Test(
    "clipping by value is TensorFlow's",
    arguments: Goldens.load("ops") {
      $0.name.hasPrefix("clip_by_value_") && $0.attributes["minimum"] != nil
    })
  func byValue(_ golden: GoldenCase) throws {
    let graph = Graph()
    let x = graph.constant(try golden["x0"])
    let range = try golden.number("minimum")...(try golden.number("maximum"))
    let clipped = clipByValue([nil, x], range)
    #expect(clipped.count == 2 && clipped[0] == nil)
    try golden.expect(try Session(graph).run(try #require(clipped[1])), is: "y0")
  }

  @Test(
    "clipping by norm is TensorFlow's, and so is its gradient",
    arguments: Goldens.load("ops") { $0.name.hasPrefix("clip_by_norm_") })
  func byNorm(_ golden: GoldenCase) throws {
    let graph = Graph()
    let x = graph.constant(try golden["x0"])
    let clipped = clipByNorm(x, try golden.number("clipNorm"))
    let weighted = (clipped * graph.constant(try golden["dy0"])).sum()
    let gradient = try #require(graph.gradients(of: [weighted], withRespectTo: [x])[0])
    let (y, dx) = try Session(graph).run(clipped, gradient)
    try golden.expect(y, is: "y0")
    try golden.expect(dx, is: "dx0")
  }

  @Test(
    "clipping by global norm is TensorFlow's",
    arguments: Goldens.load("ops") { $0.name.hasPrefix("clip_by_global_norm_") })
  func byGlobalNorm(_ golden: GoldenCase) throws {
    let graph = Graph()
    let (x, y) = (graph.constant(try golden["x0"]), graph.constant(try golden["x1"]))
    let (clipped, norm) = clipByGlobalNorm([x, nil, y], try golden.number("clipNorm"))
    #expect(clipped.count == 3 && clipped[1] == nil)
    let session = Session(graph)
    try golden.expect(try session.run(try #require(clipped[0])), is: "y0")
    try golden.expect(try session.run(try #require(clipped[2])), is: "y1")
    try golden.expect(try session.run(norm), is: "y2")
    try golden.expect(try session.run(globalNorm([x, nil, y])), is: "y2")
  }

  @Test("norms along an axis, of zeros, and within the bound")
  func rows() throws {
    let graph = Graph()
    let x = graph.constant([[3.0, 4], [0, 0], [0.25, 0.5]])
    let clipped = clipByNorm(x, 2.5, along: [1])
    let gradient = try #require(graph.gradients(of: [clipped.sum()], withRespectTo: [x])[0])
    let (y, dx) = try Session(graph).run(clipped, gradient)
    #expect(y.doubles() == [1.5, 2, 0, 0, 0.25, 0.5])
    expectClose(dx, [[0.08, -0.06], [1, 1], [1, 1]], tolerance: 1e-6)
    let list = clipByNorm([x, nil], 1)
    #expect(list.count == 2 && list[1] == nil)
  }

  @Test("gradients of both types share one norm")
  func mixedTypes() throws {
    let graph = Graph()
    let narrow = graph.constant([3.0])
    let wide = graph.constant([4.0], dtype: .float64)
    let (clipped, norm) = clipByGlobalNorm([narrow, wide], 2.5)
    #expect(norm.dtype == .float64)
    let session = Session(graph)
    #expect(try session.run(norm).doubleValue == 5)
    let (first, second) = try session.run(
      try #require(clipped[0]), try #require(clipped[1]))
    #expect(first == NDArray([1.5]))
    #expect(second == NDArray([2.0]).converted(to: .float64))
  }

  @Test("a norm that is not finite fails the run and changes nothing", arguments: [false, true])
  func notFinite(_ isGlobal: Bool) throws {
    let graph = Graph()
    let a = graph.variable(NDArray([1.0, 2]), name: "a")
    let b = graph.variable(NDArray([3.0]), name: "b")
    let scale = graph.placeholder(.float32, [2])
    let loss = (a * scale).sum() + square(b).sum()
    let gradients = graph.gradients(of: [loss], withRespectTo: [a, b])
    let clipped = isGlobal ? clipByGlobalNorm(gradients, 1).gradients : clipByNorm(gradients, 1)
    let step = AdamOptimizer(learningRate: 0.1).applyGradients(
      zip(clipped, [a, b]).map { ($0, $1) }, globalStep: graph.globalStep)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    func values() throws -> [NDArray] { try graph.variables.map { try session.value(of: $0) } }
    let before = try values()
    for bad in [Double.nan, .infinity, -.infinity, 1e30] {
      let error = #expect(throws: (any Error).self) {
        try session.run(step, feeding: [scale: NDArray([1, bad]).converted(to: .float32)])
      }
      #expect(error.map { "\($0)" }?.contains("not finite") == true)
      #expect(try values() == before, "\(bad)")
    }
    try session.run(step, feeding: [scale: NDArray([1.0, 1])])
    #expect(try session.value(named: "global_step") == NDArray(Int64(1)))
    #expect(zip(try values(), before).allSatisfy { $0 != $1 })
  }

  static let misuses = [
    Misuse("a norm of 0", says: ["the largest norm is 0.0"]) {
      _ = clipByGlobalNorm([$0.placeholder(.float32, [2])], 0)
    },
    Misuse("whole numbers", says: ["int32[2] has no norm"]) {
      _ = clipByNorm($0.placeholder(.int32, [2]), 1)
    },
    Misuse("whole numbers among others", says: ["int32[2] has no norm"]) {
      _ = globalNorm([$0.placeholder(.float32, [2]), $0.placeholder(.int32, [2])])
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "OptimizerClippingTests.swift") }

  @Test("clipping nothing does not stop the process; running it throws")
  func nothing() {
    let (gradients, norm) = clipByGlobalNorm([nil], 1)
    #expect(gradients.count == 1 && gradients[0] == nil)
    #expect(throws: GraphError.self) { try norm.graph.validate() }
    #expect(throws: (any Error).self) { try Session(norm.graph).run(norm) }
  }
}
