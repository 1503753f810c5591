import JacquardArrays

extension LoopGradient {
  /// The forward twin: the pure part of the loop once more, open until it is known which residuals it has to stack.
  struct Twin {
    let graph: Graph
    let loop: While
    let record: OperationRecord
    let parent: RegionID
    let region: OpenRegion
    private(set) var carried: [Tensor] = []
    private(set) var slices: [Tensor] = []
    /// The twin's parameters for the loop's invariant operands, in their order.
    private(set) var invariants: [Tensor] = []
    private(set) var carriedResults: [Tensor] = []
    private(set) var stackResults: [Tensor] = []
    private var iteration: Tensor

    init(_ gradient: LoopGradient, parent: RegionID) throws {
      graph = gradient.graph
      loop = gradient.loop
      record = gradient.record
      self.parent = parent
      region = OpenRegion(graph, parent: parent)
      iteration = region.iterationParameter()
      let original = graph.read { $0[region: gradient.body] }
      var cloner = RegionCloner(graph)
      var parameters = original.parameters[...]
      cloner.map(parameters.removeFirst(), to: iteration.id)
      for _ in 0..<loop.carriedCount { carried.append(adopt(&parameters, &cloner)) }
      for _ in loop.scans { slices.append(adopt(&parameters, &cloner)) }
      for index in loop.invariantRange {
        let inner = try graph.update { try $0.resolve(record.operands[index], in: region.id) }
        cloner.map(parameters.removeFirst(), to: inner)
        invariants.append(Tensor(graph: graph, id: inner))
      }
      try graph.withContext {
        $0.region = region.id
        $0.controlInputs = []
      } _: {
        try cloner.copyOperations(of: gradient.body, for: original.results)
      }
      let results = cloner.images(original.results)
      carriedResults = Array(results.prefix(loop.carriedCount))
      stackResults = Array(results.dropFirst(loop.carriedCount))
    }

    private func adopt(
      _ parameters: inout ArraySlice<ValueID>, _ cloner: inout RegionCloner
    ) -> Tensor {
      let old = parameters.removeFirst()
      let fresh = region.parameter(graph.read { $0[value: old].type })
      cloner.map(old, to: fresh.id)
      return fresh
    }

    /// Closes the twin and inserts its loop: the carries, and a stack for each residual of the backward body.
    func insert(residualsFor backward: OpenRegion) throws -> Operation {
      let residuals = graph.read { $0[region: backward.id].backward!.residuals.map(\.value) }
      let parentTensors = record.operands.map { Tensor(graph: graph, id: $0) }
      return try graph.withContext {
        $0.region = parent
        $0.controlInputs = []
      } _: {
        let condition = loop.hasCondition ? try copyCondition() : nil
        region.setResults(carriedResults + residuals.map { Tensor(graph: graph, id: $0) })
        let outers = region.mergedCaptures(with: condition?.region)
        region.close(before: [iteration] + carried + slices, captures: outers)
        condition?.region.close(before: condition!.parameters, captures: outers)
        var op = loop
        op.stacks = residuals.map { _ in ScanSpecification() }
        op.invariantCount = outers.count
        let operands =
          parentTensors[0..<loop.invariantRange.lowerBound]
          + outers.map { Tensor(graph: graph, id: $0) }
          + parentTensors[loop.invariantRange.upperBound...]
        return graph.insert(
          op, Array(operands),
          regions: [condition?.region.id, region.id].compactMap(\.self), name: "WhileTwin",
          resultCount: op.tripCountIndex + 1, location: record.location)
      }
    }

    /// A copy of the condition whose captures refer to values of the twin's parent.
    private func copyCondition() throws -> (region: OpenRegion, parameters: [Tensor]) {
      let old = record.regions[0]
      let original = graph.read { $0[region: old] }
      let copy = OpenRegion(graph, parent: parent)
      var cloner = RegionCloner(graph)
      var parameters = original.parameters[...]
      var before = [copy.iterationParameter()]
      cloner.map(parameters.removeFirst(), to: before[0].id)
      for _ in 0..<loop.carriedCount {
        let oldParameter = parameters.removeFirst()
        let fresh = copy.parameter(graph.read { $0[value: oldParameter].type })
        cloner.map(oldParameter, to: fresh.id)
        before.append(fresh)
      }
      for index in loop.invariantRange {
        let inner = try graph.update { try $0.resolve(record.operands[index], in: copy.id) }
        cloner.map(parameters.removeFirst(), to: inner)
      }
      try graph.withContext {
        $0.region = copy.id
      } _: {
        try cloner.copyOperations(of: old, for: original.results)
      }
      copy.setResults(cloner.images(original.results))
      return (copy, before)
    }
  }
}
