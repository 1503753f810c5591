import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

/// What a forged or damaged file says of a graph is an error, or another graph; it never stops the process.
@Suite("Damaged graphs")
struct GraphMutationTests {
  /// Reads mutations of `graph`; those that are graphs are drawn and compiled.
  static func mutate(
    _ graph: Graph, fetches: [String], feeds: Feeds, seeds: Range<Int>, running: Bool
  ) throws -> (read: Int, refused: Int) {
    let (json, arrays) = try GraphRoundTrip.write(graph)
    var counts = (read: 0, refused: 0)
    var mutation = try GraphMutation(json)
    for seed in seeds {
      do {
        let loaded = try GraphRoundTrip.read(mutation.mutated(seed: seed), arrays)
        counts.read += 1
        _ = loaded.dot()
        var options = SessionOptions(threads: 1)
        options.memoryLimit = 1 << 20
        let session = Session(loaded, options: options)
        let tensors = fetches.compactMap { loaded.tensor(named: $0) }
        var images = Feeds()
        for entry in feeds.entries {
          guard let tensor = loaded.tensor(named: entry.tensor.name) else { continue }
          images.entries.append(Feeds.Entry(tensor: tensor, item: entry.item))
        }
        if running {
          _ = try session.run(tensors, feeding: images)
        } else {
          _ = try session.explain(tensors, feeding: images)
        }
      } catch { counts.refused += 1 }
    }
    return counts
  }

  @Test("loops, variables, assignments", arguments: 0..<8)
  func training(_ part: Int) throws {
    let fixture = RecurrentFixture()
    let feeds: Feeds = [fixture.x: NDArray.sample(.float32, [2, 5, 3])]
    let counts = try Self.mutate(
      fixture.graph, fetches: [fixture.loss.name], feeds: feeds,
      seeds: part * 100..<(part + 1) * 100, running: false)
    #expect(counts.refused > 0)
  }

  @Test("nested loops and branches", arguments: 0..<8)
  func regions(_ part: Int) throws {
    let program = RandomRegionProgram(seed: part, depth: 2, length: 3)
    let inputs = RandomRegionProgramTests.Inputs()
    let y = program.build(inputs.scalars, inputs.vectors)
    let slopes = inputs.graph.gradients(of: [y], withRespectTo: inputs.all, unconnected: .zeros)
    let counts = try Self.mutate(
      inputs.graph, fetches: ([y] + slopes.compactMap(\.self)).map(\.name),
      feeds: inputs.feeds(RandomRegionProgramTests.Point()), seeds: part * 100..<(part + 1) * 100,
      running: true)
    #expect(counts.refused > 0)
  }

  @Test("every row of the op table", arguments: OpTableTests.rows)
  func opTable(_ row: OpCase) throws {
    // FUZZ_OP selects the rows of one op, FUZZ_COUNT how many mutations each gets.
    let environment = ProcessInfo.processInfo.environment
    if let only = environment["FUZZ_OP"], only != row.op { return }
    let count = environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 2
    let index = OpTableTests.rows.firstIndex { $0.name == row.name }!
    guard row.op != "CallSwift", row.op != "CustomGradient",
      row.inputs.allSatisfy({ $0.count <= 4096 })
    else { return }
    for open in [false, true] {
      let built = OpTableTests.Built(row, open: open)
      guard built.graph.diagnostics.isEmpty else { continue }
      var fetches = built.outputs
      if row.differentiable.contains(true) {
        let floats = built.outputs.filter { $0.dtype.isFloatingPoint }
        fetches += built.graph.gradients(of: floats, withRespectTo: built.inputs)
          .compactMap(\.self)
      }
      _ = try Self.mutate(
        built.graph, fetches: fetches.map(\.name), feeds: built.feeds,
        seeds: index * 1000..<index * 1000 + count, running: true)
    }
  }
}
