import JacquardArrays

/// Builds one ``While``: a region for the body, one for the condition, and what they capture.
///
/// The parameters of a body are gathered while it is built, by kind; `finish` puts them in order.
struct LoopBuilder {
  let graph: Graph
  let carried: [Tensor]
  let scanned: [(tensor: Tensor, scan: ScanSpecification)]
  var maximumIterations: Int?
  var bound: Tensor?
  var parallelIterations = 32
  var swapMemory = false
  var name = "While"
  /// The location of a library call around the loop, which operations of its body report; a body written by the user has none, and
  /// each of its operations reports its own line.
  var bodyLocation: SourceLocation?
  /// Where the loop itself stands.
  let location: SourceLocation?

  init(
    _ graph: Graph, carried: [Tensor], scanned: [(tensor: Tensor, scan: ScanSpecification)] = []
  ) {
    self.graph = graph
    self.carried = carried
    self.scanned = scanned
    location = graph.context.location
  }

  /// What a body is given and what it gives.
  struct BodyResults {
    var carried: [Tensor]
    var stacked: [(tensor: Tensor, scan: ScanSpecification)]
  }

  /// Builds a loop without a condition. `body` sees (iteration, carried, slices).
  func build(body: (Tensor, [Tensor], [Tensor]) -> BodyResults) -> Operation {
    build(hasCondition: false, condition: { iteration, _ in iteration }, body: body)
  }

  /// Builds the loop. `condition` sees (iteration, carried); `body` sees (iteration, carried, slices).
  func build(
    hasCondition: Bool = true, condition: (Tensor, [Tensor]) -> Tensor,
    body: (Tensor, [Tensor], [Tensor]) -> BodyResults
  ) -> Operation {
    let location = graph.context.location ?? .captured()
    let parent = graph.context.region
    let loopName = graph.reserveName(name)

    let bodyRegion = OpenRegion(graph, parent: parent)
    let iteration = bodyRegion.iterationParameter()
    let carriedParameters = carried.map {
      bodyRegion.parameter($0.type, isInvalid: $0.isInvalid)
    }
    let slices = scanned.map { tensor, scan in
      bodyRegion.parameter(
        TensorType(tensor.dtype, tensor.shape.removing(axis: scan.axis)),
        isInvalid: tensor.isInvalid)
    }
    let results: BodyResults = graph.withContext {
      $0.region = bodyRegion.id
      $0.scope = loopName
      $0.controlInputs = []
      $0.location = bodyLocation
    } _: {
      let results = body(iteration, carriedParameters, slices)
      return bodyRegion.importing(results)
    }

    var conditionRegion: OpenRegion?
    var conditionCarried: [Tensor] = []
    var conditionIteration: Tensor?
    if hasCondition {
      let region = OpenRegion(graph, parent: parent)
      conditionIteration = region.iterationParameter()
      conditionCarried = carried.map { region.parameter($0.type, isInvalid: $0.isInvalid) }
      graph.withContext {
        $0.region = region.id
        $0.scope = loopName
        $0.controlInputs = []
        $0.location = bodyLocation
      } _: {
        let holds = condition(conditionIteration!, conditionCarried)
        region.setResults([region.importing(holds)])
      }
      conditionRegion = region
    }
    bodyRegion.setResults(results.carried + results.stacked.map(\.tensor))

    // Condition and body share one list of invariants.
    let outers = bodyRegion.mergedCaptures(with: conditionRegion)
    bodyRegion.close(
      before: [iteration] + carriedParameters + slices, captures: outers)
    if let conditionRegion, let conditionIteration {
      conditionRegion.close(before: [conditionIteration] + conditionCarried, captures: outers)
    }
    let op = While(
      carriedCount: carried.count, scans: scanned.map(\.scan), invariantCount: outers.count,
      stacks: results.stacked.map(\.scan), hasCondition: hasCondition,
      hasBound: bound != nil, maximumIterations: maximumIterations,
      parallelIterations: parallelIterations, swapMemory: swapMemory)
    let operands =
      carried + scanned.map(\.tensor) + outers.map { Tensor(graph: graph, id: $0) }
      + (bound.map { [$0] } ?? [])
    return graph.insert(
      op, operands, regions: [conditionRegion?.id, bodyRegion.id].compactMap(\.self),
      exactName: loopName, resultCount: op.tripCountIndex + 1, location: location)
  }
}

extension PartialShape {
  /// The shape of a slice along `axis`.
  func removing(axis: Int) -> PartialShape {
    guard var dimensions, dimensions.indices.contains(axis) else { return .unknown }
    dimensions.remove(at: axis)
    return PartialShape(dimensions)
  }
}

/// A region that is being built.
struct OpenRegion {
  let graph: Graph
  let id: RegionID
  /// Where the loop or branch itself stands; lines of its body are other places.
  private let location: SourceLocation?

  init(_ graph: Graph, parent: RegionID) {
    self.graph = graph
    location = graph.context.location
    id = graph.update { $0.addRegion(parent: parent) }
  }

  func parameter(_ type: TensorType, isInvalid: Bool = false) -> Tensor {
    Tensor(
      graph: graph, id: graph.update { $0.addParameter(type, to: id, isInvalid: isInvalid) })
  }

  /// The parameter that counts iterations from 0.
  func iterationParameter() -> Tensor {
    let iteration = parameter(TensorType(.int64, .scalar))
    graph.update { $0[region: id].iteration = iteration.id }
    return iteration
  }

  /// `tensor` as a value of this region.
  func importing(_ tensor: Tensor) -> Tensor {
    if tensor.graph !== graph {
      graph.withContext {
        $0.location = location
      } _: {
        graph.report(
          "a value of another graph is returned from a loop body or branch",
          remedy: "build everything in one graph", op: "While", operands: [])
      }
      return graph.invalidTensor(tensor.type)
    }
    do {
      return Tensor(graph: graph, id: try graph.update { try $0.resolve(tensor.id, in: id) })
    } catch {
      graph.withContext {
        $0.location = location
      } _: {
        graph.report(
          "'\(tensor.name)' was made inside another loop body or branch that has ended",
          remedy: "return it from that body", op: "While", operands: [tensor])
      }
      return graph.invalidTensor(tensor.type)
    }
  }

  func importing(_ results: LoopBuilder.BodyResults) -> LoopBuilder.BodyResults {
    LoopBuilder.BodyResults(
      carried: results.carried.map(importing),
      stacked: results.stacked.map { (importing($0.tensor), $0.scan) })
  }

  func setResults(_ results: [Tensor]) {
    graph.update { $0[region: id].results = results.map(\.id) }
  }

  /// The outer values captured here or in `other`, in the order of first use; each region gets a parameter for each.
  func mergedCaptures(with other: OpenRegion?) -> [ValueID] {
    graph.update { state in
      var outers = state[region: id].captures.map(\.outer)
      guard let other else { return outers }
      for capture in state[region: other.id].captures where !outers.contains(capture.outer) {
        outers.append(capture.outer)
      }
      for outer in outers {
        _ = state.capture(outer, into: id)
        _ = state.capture(outer, into: other.id)
      }
      return outers
    }
  }

  /// Puts the parameters in order: `before`, then those of the captures.
  func close(before: [Tensor], captures: [ValueID]) {
    graph.update { state in
      let inner = captures.map { state.capture($0, into: id) }
      state[region: id].parameters = before.map(\.id) + inner
      state[region: id].isOpen = false
    }
  }
}

extension Graph {
  /// The iteration counters (int64 scalars) of the loop bodies around the line being built, outermost first.
  func enclosingIterations() -> [Tensor] {
    let region = context.region
    return read { state in
      var found: [ValueID] = []
      var current: RegionID? = region
      while let id = current {
        if let iteration = state[region: id].iteration { found.append(iteration) }
        current = state[region: id].parent
      }
      return found.reversed().map { Tensor(graph: self, id: $0) }
    }
  }
}
