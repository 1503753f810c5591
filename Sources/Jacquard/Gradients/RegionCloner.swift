/// Copies the pure operations of a region into another one: the forward twin of a loop body, a branch to be recomputed.
///
/// Effects stay in the original. An effect that hands its operand through (print, checks) is stepped over.
struct RegionCloner {
  let graph: Graph
  /// What stands for each value of the original, so far.
  private(set) var mapping: [ValueID: ValueID] = [:]

  init(_ graph: Graph) { self.graph = graph }

  mutating func map(_ old: ValueID, to new: ValueID) { mapping[old] = new }

  /// The stand-in for `value`: values that were not copied (constants, outer ones) stand for themselves.
  func image(_ value: ValueID) -> ValueID { mapping[value] ?? value }

  func images(_ tensors: [ValueID]) -> [Tensor] {
    tensors.map { Tensor(graph: graph, id: image($0)) }
  }

  /// Copies the operations of `region` that `needed` depends on into the region being built.
  mutating func copyOperations(of region: RegionID, for needed: [ValueID]) throws {
    let wanted = graph.read { $0.slice(of: region, for: needed) }
    for id in wanted { try copy(id) }
  }

  /// Copies one operation, with its regions, into the region being built.
  mutating func copy(_ id: OperationID) throws {
    let record = graph.read { $0[operation: id] }
    switch record.op.effect {
    case .none, .random: break
    case .reads where record.controlInputs.isEmpty: break
    case .external where record.op.passesOperandThrough:
      map(record.results[0], to: image(record.operands[0]))
      return
    default:
      throw NoGradient(
        "'\(record.name)' has an effect, and the values it gives cannot be computed again for the gradient"
      )
    }
    let regions = try record.regions.map { try copyRegion($0) }
    let copy = graph.insert(
      record.op, images(record.operands), regions: regions.map(\.region),
      name: record.name.split(separator: "/").last.map(String.init),
      resultCount: record.results.count, location: record.location)
    for (old, new) in zip(record.results, copy.record.results) { map(old, to: new) }
  }

  /// A closed copy of a nested region.
  mutating func copyRegion(_ old: RegionID) throws -> (region: RegionID, captures: [ValueID]) {
    let original = graph.read { $0[region: old] }
    let copy = OpenRegion(graph, parent: graph.context.region)
    let capturedInners = Set(original.captures.map(\.inner))
    var inner = self
    var before: [Tensor] = []
    for parameter in original.parameters where !capturedInners.contains(parameter) {
      let fresh = copy.parameter(graph.read { $0[value: parameter].type })
      if parameter == original.iteration {
        graph.update { $0[region: copy.id].iteration = fresh.id }
      }
      inner.map(parameter, to: fresh.id)
      before.append(fresh)
    }
    // The operation's operands keep their order, so each capture keeps a parameter of its own.
    var captures: [Tensor] = []
    for capture in original.captures {
      let fresh = copy.parameter(graph.read { $0[value: capture.inner].type })
      let outer = image(capture.outer)
      graph.update {
        $0[region: copy.id].captures.append(.init(outer: outer, inner: fresh.id))
      }
      inner.map(capture.inner, to: fresh.id)
      captures.append(fresh)
    }
    try graph.withContext {
      $0.region = copy.id
    } _: {
      try inner.copyOperations(of: old, for: original.results)
    }
    copy.setResults(inner.images(original.results))
    let ordered = original.parameters.map { Tensor(graph: graph, id: inner.image($0)) }
    graph.update { state in
      state[region: copy.id].parameters = ordered.map(\.id)
      state[region: copy.id].isOpen = false
    }
    return (copy.id, captures.map(\.id))
  }
}

extension Op {
  /// Whether result 0 is operand 0 unchanged, whatever else the op does.
  var passesOperandThrough: Bool { self is any PassThroughOp }
}

/// An op with an effect whose result is its first operand: print and checks.
public protocol PassThroughOp: Op {}

extension GraphState {
  /// The operations of `region` that `needed` depends on, in program order.
  func slice(of region: RegionID, for needed: [ValueID]) -> [OperationID] {
    var values = Set(needed)
    var found: [OperationID] = []
    for id in self[region: region].operations.reversed() {
      let record = self[operation: id]
      guard !values.isDisjoint(with: record.results) else { continue }
      found.append(id)
      values.formUnion(record.operands)
    }
    return found.reversed()
  }
}
