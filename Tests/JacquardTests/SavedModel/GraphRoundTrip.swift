import JacquardArrays
import Testing

@testable import Jacquard

/// A graph written and read again.
struct GraphRoundTrip {
  let json: String
  let arrays: [(name: String, array: NDArray)]
  let original: Graph
  let loaded: Graph

  init(_ graph: Graph, ops: [any Op.Type] = []) throws {
    original = graph
    (json, arrays) = try Self.write(graph)
    loaded = try Self.read(json, arrays, ops: ops)
  }

  static func write(_ graph: Graph) throws -> (
    json: String, arrays: [(name: String, array: NDArray)]
  ) {
    let selection = graph.read { GraphSelection(all: copy $0) }
    let coding = GraphCoding(writing: selection.variables)
    let json = try GraphDocument(selection, seed: graph.seed).json(coding)
    return (json, coding.stored)
  }

  static func read(
    _ json: String, _ arrays: [(name: String, array: NDArray)] = [], ops: [any Op.Type] = []
  ) throws -> Graph {
    let byName = Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.array) })
    let types = ops.reduce(into: OpCatalogue.byName) { $0[$1.name] = $1 }
    return try GraphDocument(json: json, GraphCoding(reading: byName, opTypes: types)).graph()
  }

  /// Expects that both are the same graph, by their tables and their drawings.
  func expectEqual(
    _ words: String = "", sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let difference = original.read { a in loaded.read { b in a.firstDifference(from: b) } }
    #expect(difference == nil, "\(words)", sourceLocation: sourceLocation)
    #expect(original.seed == loaded.seed, sourceLocation: sourceLocation)
    let again = try Self.write(loaded)
    #expect(again.json == json, "\(words)", sourceLocation: sourceLocation)
    #expect(original.dot() == loaded.dot(), "\(words)", sourceLocation: sourceLocation)
  }

  /// The tensor of the loaded graph that was `tensor`.
  func image(_ tensor: Tensor) -> Tensor { Tensor(graph: loaded, id: tensor.id) }

  /// The operation of the loaded graph that was `operation`.
  func image(_ operation: Operation) -> Operation { Operation(graph: loaded, id: operation.id) }

  /// The feeds for the loaded graph.
  func image(_ feeds: Feeds) -> Feeds {
    var images = feeds
    images.entries = feeds.entries.map { Feeds.Entry(tensor: image($0.tensor), item: $0.item) }
    return images
  }
}

extension GraphState {
  /// The first thing that differs, but for values that nothing uses; `nil` if nothing does.
  borrowing func firstDifference(from other: borrowing GraphState) -> String? {
    if operations.count != other.operations.count { return "the number of operations" }
    for (a, b) in zip(operations, other.operations) {
      if a.name != b.name { return "\(a.name): its name is \(b.name)" }
      if !a.op.isEqual(to: b.op) { return "\(a.name): \(a.op) is \(b.op)" }
      if a.operands != b.operands { return "\(a.name): its operands" }
      if a.results != b.results { return "\(a.name): its results" }
      if a.regions != b.regions { return "\(a.name): its regions" }
      if a.controlInputs != b.controlInputs { return "\(a.name): its control inputs" }
      if a.region != b.region { return "\(a.name): its region" }
      if a.isGradient != b.isGradient { return "\(a.name): whether it is a gradient" }
      if a.location.text != b.location.text { return "\(a.name): its line" }
    }
    if values.count != other.values.count { return "the number of values" }
    for (index, (a, b)) in zip(values, other.values).enumerated()
    where a.type != b.type || a.source != b.source || a.isInvalid != b.isInvalid {
      return "value \(index)"
    }
    if regions.count != other.regions.count { return "the number of regions" }
    for (index, (a, b)) in zip(regions, other.regions).enumerated() {
      let isSame =
        a.parent == b.parent && a.parameters == b.parameters && a.operations == b.operations
        && a.results == b.results && a.isOpen == b.isOpen && a.iteration == b.iteration
      if !isSame { return "region \(index)" }
      let captured = Set(a.captures.map(\.inner))
      if captured != Set(b.captures.map(\.inner)) { return "the captures of region \(index)" }
    }
    if variables.count != other.variables.count { return "the number of variables" }
    for (a, b) in zip(variables, other.variables)
    where a.name != b.name || a.type != b.type || a.read != b.read
      || a.initialValue != b.initialValue || a.initializer != b.initializer
      || a.isTrainable != b.isTrainable
    {
      return "variable \(a.name)"
    }
    if variablesByName != other.variablesByName { return "the names of variables" }
    if operationsByName != other.operationsByName { return "the names of operations" }
    if nameCounts != other.nameCounts { return "the counts of names" }
    if regularizationLosses != other.regularizationLosses { return "regularisation losses" }
    return nil
  }
}
