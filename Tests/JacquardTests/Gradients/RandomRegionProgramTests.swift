import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Random programs of loops and branches")
struct RandomRegionProgramTests {
  struct Inputs {
    let graph = Graph()
    let scalars: [Tensor]
    let vectors: [Tensor]
    init() {
      let graph = graph
      scalars = (0..<3).map { _ in graph.placeholder(.float64, []) }
      vectors = (0..<2).map { _ in graph.placeholder(.float64, [nil]) }
    }
    var all: [Tensor] { scalars + vectors }
    func feeds(_ point: Point) -> Feeds {
      var feeds = Feeds()
      for (t, v) in zip(scalars, point.scalars) {
        feeds = feeds.feed(t, NDArray.full(v, dtype: .float64, shape: []))
      }
      for (t, v) in zip(vectors, point.vectors) {
        feeds = feeds.feed(t, NDArray(v, shape: [v.count]))
      }
      return feeds
    }
  }

  struct Point {
    var scalars = [0.31, -0.42, 0.77]
    var vectors = [[0.4, -0.3, 0.9], [-0.5, 0.6]]
    func moved(_ index: Int, by step: Double) -> Point {
      var copy = self
      if index < 3 {
        copy.scalars[index] += step
      } else if index < 6 {
        copy.vectors[0][index - 3] += step
      } else {
        copy.vectors[1][index - 6] += step
      }
      return copy
    }
  }

  @Test(
    "values and gradients = plain Swift; passes change no bit",
    arguments: Array(0..<20) + [29, 61, 84])
  func first(_ seed: Int) throws {
    let program = RandomRegionProgram(seed: seed, depth: 3, length: 4)
    let other = program.mutated(seed)
    let inputs = Inputs()
    let point = Point()
    var fetches: [Tensor] = []
    for p in [program, other] {
      let y = p.build(inputs.scalars, inputs.vectors)
      fetches.append(y)
      fetches += inputs.graph.gradients(
        of: [y], withRespectTo: inputs.all, unconnected: .zeros
      ).map { $0! }
    }
    try inputs.graph.validate()
    let results: [NDArray] = try Session(inputs.graph).run(fetches, feeding: inputs.feeds(point))
    for (offset, p) in [(0, program), (6, other)] {
      let value = p.value(point.scalars, point.vectors)
      #expect(abs(results[offset].doubleValue - value) < 1e-9, "seed \(seed) \(offset)")
      let gradient = results[(offset + 1)..<(offset + 6)].flatMap { $0.doubles() }
      for index in 0..<8 {
        func at(_ h: Double) -> Double {
          let moved = point.moved(index, by: h)
          return p.value(moved.scalars, moved.vectors)
        }
        let numeric = (at(1e-6) - at(-1e-6)) / 2e-6
        #expect(
          abs(gradient[index] - numeric) < 1e-6 * max(1, abs(numeric)),
          "seed \(seed), program \(offset), input \(index): \(gradient[index]), numeric \(numeric)")
      }
    }
    let all = Set(Compiler.passes.map { type(of: $0).name })
    for disabled in [all, [MergeLoops.name], [EliminateDeadCode.name]] {
      let options = SessionOptions(threads: 2, disabledPasses: disabled)
      let plain: [NDArray] = try Session(inputs.graph, options: options).run(
        fetches, feeding: inputs.feeds(point))
      #expect(plain == results, "seed \(seed), without \(disabled.sorted())")
    }
  }

  @Test("second derivatives = differences of first ones", arguments: 0..<10)
  func second(_ seed: Int) throws {
    let program = RandomRegionProgram(
      seed: 1000 + seed, depth: 2, length: 3, hasOpenEndedLoops: false)
    let inputs = Inputs()
    let point = Point()
    let y = program.build(inputs.scalars, inputs.vectors)
    let graph = inputs.graph
    let first = graph.gradients(of: [y], withRespectTo: inputs.all, unconnected: .zeros).map { $0! }
    let weighted = first.enumerated().map { ($1 * (0.3 + 0.2 * Double($0))).sum() }
    let total = weighted.dropFirst().reduce(weighted[0]) { $0 + $1 }
    let second = graph.gradients(of: [total], withRespectTo: inputs.all, unconnected: .zeros)
      .map { $0! }
    try graph.validate()
    let session = Session(graph)
    let exact = (try session.run(second, feeding: inputs.feeds(point)) as [NDArray])
      .flatMap { $0.doubles() }
    for index in 0..<8 {
      func at(_ h: Double) throws -> Double {
        try session.run(total, feeding: inputs.feeds(point.moved(index, by: h))).doubleValue
      }
      let numeric = (try at(1e-5) - at(-1e-5)) / 2e-5
      #expect(
        abs(exact[index] - numeric) < 1e-6 * max(1, abs(numeric)),
        "seed \(seed), input \(index): \(exact[index]), numeric \(numeric)")
    }
    let options = SessionOptions(
      threads: 1, disabledPasses: Set(Compiler.passes.map { type(of: $0).name }))
    let plain =
      (try Session(graph, options: options).run(second, feeding: inputs.feeds(point))
      as [NDArray]).flatMap { $0.doubles() }
    #expect(plain == exact)
  }
}
