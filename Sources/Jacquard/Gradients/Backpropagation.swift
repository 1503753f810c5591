/// Reverse-mode differentiation of the operations of one region.
///
/// Gradient operations go to the region being built, which is the same one, or the body of a backward loop whose forward twin is
/// being differentiated.
struct Backpropagation {
  let graph: Graph
  /// The region whose operations are differentiated.
  let region: RegionID

  /// The gradients with respect to `targets`; `nil` where no path leads there.
  ///
  /// - Parameter seeds: values of the region, each with its gradient.
  func run(
    seeds: [(value: Tensor, gradient: Tensor)], withRespectTo targets: [Tensor],
    stops: [Tensor] = []
  ) -> [Tensor?] {
    let targetIDs = targets.map(inRegion)
    let stopped = Set(stops.map { inRegion($0) })
    let (path, active) = graph.read { state -> ([OperationID], Set<ValueID>) in
      let last = seeds.compactMap { state.producer(of: $0.value.id) }.max()
      let operations = state[region: region].operations.prefix { id in
        last.map { id <= $0 } ?? false
      }
      let active = state.activeValues(
        Array(operations), from: Set(targetIDs), stops: stopped)
      return (operations.filter { !active.isDisjoint(with: state[operation: $0].results) }, active)
    }
    var contributions: [ValueID: [Tensor]] = [:]
    for (value, gradient) in seeds { contributions[value.id, default: []].append(gradient) }

    func total(_ value: ValueID) -> Tensor? {
      guard let parts = contributions[value] else { return nil }
      if parts.count == 1 { return parts[0] }
      let total = sum(of: parts)
      contributions[value] = [total]
      return total
    }

    for id in path.reversed() {
      let record = graph.read { $0[operation: id] }
      // Stacks whose length only a run can tell cannot be added outside loops: the backward loop scans each part.
      let isGrowing = graph.read { state in record.results.map { state.isStackOfUnknownLength($0) }
      }
      let parts = record.results.enumerated().map { index, result -> [Tensor] in
        if stopped.contains(result) { return [] }
        if isGrowing[index] { return contributions[result] ?? [] }
        return total(result).map { [$0] } ?? []
      }
      let upstream = parts.map(\.first)
      if upstream.allSatisfy({ $0 == nil }) { continue }
      let call = Call(
        operation: Operation(graph: graph, id: id),
        operands: record.operands.map { Tensor(graph: graph, id: $0) },
        results: record.results.map { Tensor(graph: graph, id: $0) })
      let wanted = record.operands.map { active.contains($0) }
      guard wanted.contains(true) else { continue }
      let gradients = gradients(of: record, call, upstream, parts: parts, wanted: wanted)
      for (index, gradient) in gradients.enumerated() where index < wanted.count && wanted[index] {
        guard let gradient else { continue }
        contributions[record.operands[index], default: []].append(gradient)
      }
    }
    return targetIDs.map(total)
  }

  /// The value of the region that stands for `tensor`, which may be an outer one.
  private func inRegion(_ tensor: Tensor) -> ValueID {
    graph.read { state in
      if state.home(of: tensor.id) == region { return tensor.id }
      let capture = state[region: region].captures.first { $0.outer == tensor.id }
      return capture?.inner ?? tensor.id
    }
  }

  private func gradients(
    of record: OperationRecord, _ call: Call, _ upstream: [Tensor?], parts: [[Tensor]],
    wanted: [Bool]
  ) -> [Tensor?] {
    graph.withContext {
      $0.scope = $0.scoped("\(type(of: record.op).name)Gradient")
    } _: {
      do {
        switch record.op {
        case let loop as While:
          return try LoopGradient(loop, call, upstream, parts: parts, wanted: wanted).build()
        case is Conditional:
          return try ConditionalGradient(call, upstream, wanted: wanted).build()
        default:
          return try record.op.gradient(call, upstream)
        }
      } catch let error as NoGradient {
        graph.report(
          "'\(record.name)' stands on the path to be differentiated, but \(error.reason)",
          remedy: error.remedy,
          op: type(of: record.op).name, operands: call.operands)
      } catch {
        graph.report(
          "the gradient of '\(record.name)' fails: \(error)",
          remedy: "mend its gradient, or put stopGradient around it", op: type(of: record.op).name,
          operands: call.operands)
      }
      return wanted.map { _ in nil }
    }
  }
}

extension GraphState {
  /// The values that change if `seeds` change, through floating-point elements: a superset of those with a gradient.
  func activeValues(
    _ operations: [OperationID], from seeds: Set<ValueID>, stops: Set<ValueID> = []
  ) -> Set<ValueID> {
    var active = seeds
    for id in operations {
      let record = self[operation: id]
      let touched = record.operands.enumerated().contains { index, operand in
        active.contains(operand) && self[value: operand].type.dtype.isFloatingPoint
          && record.op.usesElements(ofOperand: index)
      }
      guard touched else { continue }
      for result in record.results
      where self[value: result].type.dtype.isFloatingPoint && !stops.contains(result) {
        active.insert(result)
      }
    }
    return active
  }

  /// The values on which `sinks` depend, through floating-point elements.
  func usefulValues(_ operations: [OperationID], to sinks: Set<ValueID>) -> Set<ValueID> {
    var useful = sinks
    for id in operations.reversed() {
      let record = self[operation: id]
      guard !useful.isDisjoint(with: record.results) else { continue }
      for (index, operand) in record.operands.enumerated()
      where self[value: operand].type.dtype.isFloatingPoint
        && record.op.usesElements(ofOperand: index)
      {
        useful.insert(operand)
      }
    }
    return useful
  }
}
