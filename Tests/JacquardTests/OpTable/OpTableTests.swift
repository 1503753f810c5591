import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

/// Every row of the op table: the properties that hold for all ops.
@Suite("Op table")
struct OpTableTests {
  static let rows: [OpCase] =
    OpCase.elementwise + OpCase.linearAlgebra + OpCase.reductions + OpCase.arrays + OpCase.misc
    + OpCase.convolutions + OpCase.pooling

  /// A row built in a graph of its own, on placeholders.
  struct Built {
    let graph = Graph(seed: 7)
    let inputs: [Tensor]
    let outputs: [Tensor]
    let arrays: [NDArray]

    init(_ row: OpCase, _ arrays: [NDArray]? = nil, open: Bool = false) {
      let arrays = arrays ?? row.inputs
      let graph = graph
      inputs = arrays.map { array in
        let shape: PartialShape =
          open ? PartialShape(array.shape.map { _ in nil }) : PartialShape(known: array.shape)
        return graph.placeholder(array.dtype, shape)
      }
      outputs = row.build(graph, inputs)
      self.arrays = arrays
    }

    var feeds: Feeds {
      var feeds = Feeds()
      for (input, array) in zip(inputs, arrays) { feeds = feeds.feed(input, array) }
      return feeds
    }

    func run(_ fetches: [Tensor], disabled: Set<String> = []) throws -> [NDArray] {
      var options = SessionOptions()
      options.disabledPasses = disabled
      return try Session(graph, options: options).run(fetches, feeding: feeds)
    }
  }

  @Test("rows build without diagnostics, and every op is built by a row for it or by its gradient")
  func everyOpHasARow() {
    var covered = Self.structural
    for row in Self.rows {
      let built = Built(row)
      if row.differentiable.contains(true) {
        let floats = built.outputs.filter { $0.dtype.isFloatingPoint }
        _ = built.graph.gradients(of: floats, withRespectTo: built.inputs)
      }
      let diagnostics = built.graph.diagnostics
      #expect(diagnostics.isEmpty, "\(row.name): \(diagnostics.map(\.description))")
      // With known shapes, some ops are folded while building.
      for graph in [built.graph, Built(row, open: true).graph] {
        let own = graph.read { state in
          state.operations.filter { type(of: $0.op).name == row.op || $0.isGradient }
        }
        covered.formUnion(own.map { type(of: $0.op).name })
      }
    }
    for op in OpCatalogue.all { #expect(covered.contains(op.name), "no row for \(op.name)") }
  }

  @Test("values, and the inferred types", arguments: rows)
  func values(_ row: OpCase) throws {
    let built = Built(row)
    let values = try built.run(built.outputs)
    for (output, value) in zip(built.outputs, values) {
      #expect(output.dtype == value.dtype)
      #expect(output.shape.isCompatible(with: PartialShape(known: value.shape)))
    }
    guard let expected = row.expected?(row.inputs) else { return }
    #expect(values.count == expected.count)
    for (value, reference) in zip(values, expected) {
      #expect(value.dtype == reference.dtype)
      let mismatch = value.firstMismatch(
        with: reference, relative: row.relativeTolerance, absolute: row.relativeTolerance,
        scale: .overall)
      #expect(mismatch == nil)
    }
  }

  @Test("open shapes give what known shapes give", arguments: rows)
  func openShapes(_ row: OpCase) throws {
    let known = Built(row)
    let open = Built(row, open: true)
    // Some rows need a dimension to build: that is a diagnostic, never a trap.
    guard open.graph.diagnostics.isEmpty else { return }
    let a = try known.run(known.outputs)
    let b = try open.run(open.outputs)
    #expect(a == b)
  }

  @Test("optimised = unoptimised, one thread = two, bit for bit", arguments: rows)
  func passes(_ row: OpCase) throws {
    let built = Built(row)
    let optimised = try built.run(built.outputs)
    let plain = try built.run(
      built.outputs, disabled: Set(Compiler.passes.map { type(of: $0).name }))
    #expect(optimised == plain)
    var options = SessionOptions()
    options.threads = 1
    let single = try Session(built.graph, options: options).run(built.outputs, feeding: built.feeds)
    #expect(optimised == single)
  }

  @Test("inside a loop = outside", arguments: rows)
  func insideLoop(_ row: OpCase) throws {
    guard !row.inputs.isEmpty else { return }
    let outside = Built(row)
    let plain = try outside.run(outside.outputs)
    let inside = Built(
      OpCase(
        op: row.op, name: row.name, inputs: row.inputs,
        build: { graph, inputs in
          let stacked = inputs.map { $0.expandingDimensions(at: 0) }
          let none: [Tensor] = []
          return graph.scan(stacked, initial: none) { state, slices in
            (state, row.build(graph, slices))
          }.outputs
        }, expected: nil, differentiable: row.differentiable, relativeTolerance: 0))
    #expect(inside.graph.diagnostics.isEmpty, "\(inside.graph.diagnostics.map(\.description))")
    let looped = try inside.run(inside.outputs)
    #expect(looped.map { $0.reshaped(to: Array($0.shape.dropFirst())) } == plain)
  }

  @Test(
    "gradients agree with finite differences",
    arguments: rows.filter { $0.differentiable.contains(true) })
  func gradients(_ row: OpCase) throws {
    let arrays = row.inputs.map { $0.dtype.isFloatingPoint ? $0.converted(to: .float64) : $0 }
    guard arrays.allSatisfy({ $0.count <= 64 }) else { return }
    let built = Built(row, arrays)
    guard built.graph.diagnostics.isEmpty else { return }
    let outputs = built.outputs.filter { $0.dtype.isFloatingPoint }
    guard !outputs.isEmpty else { return }
    // A different weight for each element: a gradient that mixes them up is found out.
    let weighted = outputs.enumerated().map { index, output -> Tensor in
      let shape = output.shape.known ?? []
      let weights = NDArray.reference(.float64, shape) { position in
        0.7 + Double((position.reduce(3 + index) { $0 * 7 + $1 }) % 11) / 10
      }
      return (output.cast(to: .float64) * built.graph.constant(weights)).sum()
    }
    let total = weighted.dropFirst().reduce(weighted[0]) { $0 + $1 }
    let wanted = row.differentiable.indices.filter { row.differentiable[$0] }
    let gradients = built.graph.gradients(
      of: [total], withRespectTo: wanted.map { built.inputs[$0] })
    let session = Session(built.graph)
    for (position, index) in wanted.enumerated() {
      let analytic: [Double] =
        if let tensor = gradients[position] {
          try session.run(tensor, feeding: built.feeds).doubles()
        } else { Array(repeating: 0, count: arrays[index].count) }
      let step = 1e-6
      for element in 0..<arrays[index].count {
        func value(_ shift: Double) throws -> Double {
          var moved = arrays
          var elements = arrays[index].doubles()
          elements[element] += shift
          moved[index] = NDArray(elements, shape: arrays[index].shape)
          var feeds = Feeds()
          for (input, array) in zip(built.inputs, moved) { feeds = feeds.feed(input, array) }
          let result: NDArray = try session.run(total, feeding: feeds)
          return result.doubleValue
        }
        let numeric = try (value(step) - value(-step)) / (2 * step)
        #expect(
          abs(numeric - analytic[element]) <= 2e-5 * max(1, abs(numeric)),
          "input \(index), element \(element): \(analytic[element]), by differences \(numeric)")
      }
    }
  }

  /// Ops that rows cannot express: they are tested with the graph, the session and loops.
  private static let structural: Set<String> = [
    "Placeholder", "PlaceholderWithDefault", "Constant", "ReadVariable", "Assign", "NoOp",
    "DrawCounter", "While", "Conditional",
  ]

  /// Ops that the compiler makes; no graph contains them.
  private static let compiled: Set<String> = [
    "AddedMatMul", "ArrangedConcatenate", "FusedElementwise", "LiveRowsMatMul", "PackMatrix",
    "PackedMatMul", "RowOrder",
  ]

  @Test("the catalogue lists every op there is, sorted")
  func catalogueIsComplete() throws {
    let names = OpCatalogue.all.map { $0.name }
    #expect(names == names.sorted())
    let listed = Set(OpCatalogue.all.map { "\($0)".split(separator: "<")[0].description })
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Jacquard")
    let declaration = /struct (\w+)(<[^>]*>)?: ([A-Za-z, ]*)(Op|Reduction)\b/
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    var found = 0
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: declaration)
      where !Self.compiled.contains(String(match.1)) {
        found += 1
        #expect(listed.contains(String(match.1)), "\(match.1) is not in OpCatalogue.all")
      }
    }
    #expect(found > 50)
  }
}
