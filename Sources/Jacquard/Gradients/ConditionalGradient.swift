/// The gradient of a ``Conditional``: another one, whose branches compute their forward branch again and differentiate it.
struct ConditionalGradient {
  let graph: Graph
  let record: OperationRecord
  let upstream: [Tensor?]
  let wanted: [Bool]

  init(_ call: Call, _ upstream: [Tensor?], wanted: [Bool]) {
    graph = call.graph
    record = call.operation.record
    self.upstream = upstream
    self.wanted = wanted
  }

  func build() throws -> [Tensor?] {
    let here = graph.context.region
    // Where two operands are one tensor, the first takes the gradient of both.
    let targets = try graph.update { state in
      let operands = try record.operands.map { try state.resolve($0, in: here) }
      return operands.indices.dropFirst().filter { index in
        wanted[index] && operands[1...].firstIndex(of: operands[index]) == index
      }
    }
    let branches = try record.regions.map { try differentiate($0, targets: targets) }
    let connected = targets.indices.filter { index in
      branches.contains { $0.gradients[index] != nil }
    }
    for branch in branches {
      let results = graph.withContext {
        $0.region = branch.region.id
      } _: {
        connected.map { index in
          branch.region.importing(branch.gradients[index] ?? zeros(like: branch.targets[index]))
        }
      }
      branch.region.setResults(results)
    }
    let outers = branches[0].region.mergedCaptures(with: branches[1].region)
    for branch in branches { branch.region.close(before: [], captures: outers) }
    let gradient = graph.insert(
      Conditional(captureCount: outers.count),
      [Tensor(graph: graph, id: record.operands[0])]
        + outers.map { Tensor(graph: graph, id: $0) },
      regions: branches.map(\.region.id), name: "ConditionalGradient",
      resultCount: connected.count, location: graph.context.location ?? record.location)
    var results: [Tensor?] = Array(repeating: nil, count: record.operands.count)
    for (index, result) in zip(connected, gradient.results) { results[targets[index]] = result }
    return results
  }

  private struct Branch {
    var region: OpenRegion
    var targets: [Tensor]
    var gradients: [Tensor?]
  }

  private func differentiate(_ old: RegionID, targets: [Int]) throws -> Branch {
    let original = graph.read { $0[region: old] }
    let region = OpenRegion(graph, parent: graph.context.region)
    var cloner = RegionCloner(graph)
    var parameters: [Tensor] = []
    for (parameter, operand) in zip(original.parameters, record.operands.dropFirst()) {
      let outer = try graph.update { try $0.resolve(operand, in: graph.context.region) }
      let inner = graph.update { $0.capture(outer, into: region.id) }
      cloner.map(parameter, to: inner)
      parameters.append(Tensor(graph: graph, id: inner))
    }
    let targetTensors = targets.map { parameters[$0 - 1] }
    return try graph.withContext {
      $0.region = region.id
      $0.controlInputs = []
    } _: {
      try cloner.copyOperations(of: old, for: original.results)
      var seeds: [(Tensor, Tensor)] = []
      for (result, gradient) in zip(cloner.images(original.results), upstream) {
        guard let gradient else { continue }
        let home = graph.read { $0.home(of: result.id) }
        if home == region.id { seeds.append((result, region.importing(gradient))) }
      }
      let gradients = Backpropagation(graph: graph, region: region.id).run(
        seeds: seeds, withRespectTo: targetTensors)
      return Branch(region: region, targets: targetTensors, gradients: gradients)
    }
  }
}
