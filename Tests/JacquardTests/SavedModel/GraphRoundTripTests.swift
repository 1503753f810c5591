import JacquardArrays
import Testing

@testable import Jacquard

/// A graph that is written and read again is the same graph, and computes the same bits.
@Suite("Graphs written and read")
struct GraphRoundTripTests {
  @Test("every row of the op table, with its gradients", arguments: OpTableTests.rows)
  func opTable(_ row: OpCase) throws {
    for open in [false, true] {
      let built = OpTableTests.Built(row, open: open)
      // Some rows need a dimension to build, closures cannot be saved, and mistakes are not graphs.
      guard built.graph.diagnostics.isEmpty, row.op != "CallSwift", row.op != "CustomGradient"
      else { continue }
      var fetches = built.outputs
      if row.differentiable.contains(true) {
        let floats = built.outputs.filter { $0.dtype.isFloatingPoint }
        fetches += built.graph.gradients(of: floats, withRespectTo: built.inputs)
          .compactMap(\.self)
      }
      guard built.graph.diagnostics.isEmpty else { continue }
      let trip = try GraphRoundTrip(built.graph)
      try trip.expectEqual(row.name)
      let expected = try built.run(fetches)
      let actual: [NDArray] = try Session(trip.loaded).run(
        fetches.map(trip.image), feeding: trip.image(built.feeds))
      #expect(actual == expected)
    }
  }

  @Test("random graphs of nested loops and branches, with gradients", arguments: 0..<60)
  func nestedRegions(_ seed: Int) throws {
    let program = RandomRegionProgram(seed: seed, depth: 3, length: 4)
    let inputs = RandomRegionProgramTests.Inputs()
    let y = program.build(inputs.scalars, inputs.vectors)
    let first = inputs.graph.gradients(of: [y], withRespectTo: inputs.all, unconnected: .zeros)
    let fetches = [y] + first.compactMap(\.self)
    let trip = try GraphRoundTrip(inputs.graph)
    try trip.expectEqual("seed \(seed)")
    let feeds = inputs.feeds(RandomRegionProgramTests.Point())
    let (session, loadedSession) = (Session(inputs.graph), Session(trip.loaded))
    let (images, imageFeeds) = (fetches.map(trip.image), trip.image(feeds))
    let expected: [NDArray] = try session.run(fetches, feeding: feeds)
    let actual: [NDArray] = try loadedSession.run(images, feeding: imageFeeds)
    #expect(actual == expected)
    let plan = try session.explain(fetches, feeding: feeds)
    #expect(try loadedSession.explain(images, feeding: imageFeeds) == plan)
  }

  @Test("gradients built after reading are those built before writing", arguments: 0..<30)
  func gradientsAfterReading(_ seed: Int) throws {
    let program = RandomTensorProgram(seed: seed)
    let trip = try GraphRoundTrip(program.graph)
    let images = program.placeholders.map(trip.image)
    let slopes = program.slopes
    let loadedSlopes = trip.loaded.gradients(
      of: program.outputs.map { tanh(trip.image($0)).sum() }, withRespectTo: images,
      unconnected: .zeros
    ).compactMap(\.self)
    #expect(trip.loaded.diagnostics.isEmpty)
    #expect(slopes.map(\.name) == loadedSlopes.map(\.name))
    let expected: [NDArray] = try Session(program.graph).run(slopes, feeding: program.feeds)
    let actual: [NDArray] = try Session(trip.loaded).run(
      loadedSlopes, feeding: trip.image(program.feeds))
    #expect(actual == expected)
    #expect(trip.loaded.dot() == program.graph.dot())
    let again = try GraphRoundTrip(trip.loaded)
    try again.expectEqual("seed \(seed)")
  }

  @Test("a training step, its variables and its names")
  func training() throws {
    let fixture = RecurrentFixture()
    let trip = try GraphRoundTrip(fixture.graph)
    try trip.expectEqual()
    // What is built next gets the names it would have got.
    for graph in [fixture.graph, trip.loaded] {
      graph.scope("rnn") { _ = graph.scalar(1, .float32) }
      _ = graph.variableScope("cell", reuse: .always) { graph.getVariable("kernel", [7, 4]) }
      _ = graph.variable(.zeros, [2], name: "cell/kernel")
      _ = graph.randomUniform([3])
    }
    try GraphRoundTrip(fixture.graph).expectEqual()
    #expect(fixture.graph.dot() == trip.loaded.dot())
    #expect(try GraphRoundTrip.write(fixture.graph).json == GraphRoundTrip.write(trip.loaded).json)
  }

  @Test("floating-point attributes keep every bit")
  func bits() throws {
    let graph = Graph(seed: .max)
    let x = graph.placeholder(.float64, [2], name: "x")
    for bits in [
      0x7ff8_0000_0000_0001, 0xfff0_0000_0000_0000, 0x8000_0000_0000_0000, 1,
      0x3fb9_9999_9999_999a, 0x7fef_ffff_ffff_ffff,
    ] as [UInt64] {
      let value = Double(bitPattern: bits)
      _ = graph.constant(NDArray([value, 0]))
      _ = graph.insert(FillLike(value: BitPattern(value), dtype: .float64), x)
    }
    try GraphRoundTrip(graph).expectEqual()
  }

  @Test("large constants are arrays of the file, small ones are in the graph")
  func constants() throws {
    let graph = Graph()
    let small = graph.constant(NDArray.sample(.float32, [64]))
    let large = graph.constant(NDArray.sample(.float64, [3, 11]))
    let trip = try GraphRoundTrip(graph)
    try trip.expectEqual()
    #expect(trip.arrays.map(\.name) == ["jacquard.constant.0"])
    #expect(trip.image(small).constantValue == small.constantValue)
    #expect(trip.image(large).constantValue == large.constantValue)
  }
}
