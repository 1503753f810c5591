import JacquardArrays

/// The gradient of a ``While``: a forward twin that also stacks residuals, and a loop that scans them in backwards.
///
/// With cᵢ₊₁, yᵢ = f(cᵢ, sᵢ, v), the backward loop carries dc, and the sums dv over the iterations of the gradients of invariants; it
/// scans dy and the residuals from the last iteration to the first, and stacks ds. Both loops are ordinary ones, so they
/// can be differentiated again. The twin repeats the original loop; a pass merges the two.
struct LoopGradient {
  let graph: Graph
  let loop: While
  let record: OperationRecord
  let upstream: [Tensor?]
  /// The tensors whose sum is the upstream gradient, for each result: several only for stacks of unknown length.
  let parts: [[Tensor]]
  let wanted: [Bool]
  let body: RegionID

  init(_ loop: While, _ call: Call, _ upstream: [Tensor?], parts: [[Tensor]], wanted: [Bool]) {
    graph = call.graph
    self.loop = loop
    record = call.operation.record
    self.upstream = upstream
    self.parts = parts
    self.wanted = wanted
    body = record.regions.last!
  }

  func build() throws -> [Tensor?] {
    // Inside the body of an outer backward loop, the twin goes beside its original, where its stacks become residuals; if
    // their length is known to no one before the run, it is repeated in the backward body instead.
    let here = graph.context.region
    let twinParent = graph.read { $0.hasUnknownLength(record) } ? here : record.region
    let twin = try Twin(self, parent: twinParent)
    let carried = differentiableCarries(twin)
    let upstreamStacks = loop.stackRange.flatMap { index in
      parts[index].map { (index: index, gradient: $0) }
    }

    let backward = OpenRegion(graph, parent: here)
    _ = backward.iterationParameter()
    let carriedGradients = carried.map { backward.parameter(twin.carried[$0].type) }
    let stackGradients = upstreamStacks.map { index, gradient in
      let stack = loop.stacks[index - loop.carriedCount]
      return backward.parameter(
        TensorType(
          gradient.dtype, gradient.shape.removing(axis: stack.axis)))
    }
    graph.update {
      $0[region: backward.id].backward = BackwardLink(
        twin: twin.region.id, slices: twin.slices.map(\.id))
    }

    let slicePositions = loop.scans.indices.filter { wanted[loop.scanRange.lowerBound + $0] }
    // Where two operands are one tensor, the first takes the gradient of both.
    let invariantPositions = (0..<loop.invariantCount).filter { position in
      wanted[loop.invariantRange.lowerBound + position]
        && twin.invariants.firstIndex(of: twin.invariants[position]) == position
    }
    var accumulators: [(position: Int, parameter: Tensor, result: Tensor)] = []
    var carriedResults: [Tensor] = []
    var sliceResults: [(position: Int, tensor: Tensor)] = []
    graph.withContext {
      $0.region = backward.id
      $0.controlInputs = []
    } _: {
      var seeds: [(Tensor, Tensor)] = []
      for (position, gradient) in zip(carried, carriedGradients) {
        seeds.append((twin.carriedResults[position], gradient))
      }
      for (stack, gradient) in zip(upstreamStacks, stackGradients) {
        seeds.append((twin.stackResults[stack.index - loop.carriedCount], gradient))
      }
      let targets =
        carried.map { twin.carried[$0] } + slicePositions.map { twin.slices[$0] }
        + invariantPositions.map { twin.invariants[$0] }
      var gradients = Backpropagation(graph: graph, region: twin.region.id).run(
        seeds: seeds, withRespectTo: targets)[...]
      for parameter in carriedGradients {
        carriedResults.append(backward.importing(gradients.removeFirst() ?? zeros(like: parameter)))
      }
      for position in slicePositions {
        if let gradient = gradients.removeFirst() {
          sliceResults.append((position, backward.importing(gradient)))
        }
      }
      for position in invariantPositions {
        guard let gradient = gradients.removeFirst() else { continue }
        let parameter = backward.parameter(twin.invariants[position].type)
        accumulators.append((position, parameter, backward.importing(parameter + gradient)))
      }
    }
    let forward = try twin.insert(residualsFor: backward)
    return try assemble(
      forward: forward, twin: twin, backward: backward, carried: carried,
      carriedGradients: carriedGradients, carriedResults: carriedResults,
      upstreamStacks: upstreamStacks, stackGradients: stackGradients,
      accumulators: accumulators, sliceResults: sliceResults)
  }

  /// The positions of carries through which gradients flow: those that depend on a wanted operand, and on which a result with
  /// an upstream gradient depends, in however many iterations.
  private func differentiableCarries(_ twin: Twin) -> [Int] {
    graph.read { state in
      let operations = state[region: twin.region.id].operations
      func isDifferentiable(_ tensor: Tensor) -> Bool {
        state[value: tensor.id].type.dtype.isFloatingPoint
      }
      let positions = (0..<loop.carriedCount).filter { isDifferentiable(twin.carried[$0]) }
      var varying = Set(positions.filter { wanted[$0] })
      var useful = Set(positions.filter { upstream[$0] != nil })
      let outerSeeds =
        loop.scans.indices.filter { wanted[loop.scanRange.lowerBound + $0] }
        .map { twin.slices[$0].id }
        + (0..<loop.invariantCount).filter { wanted[loop.invariantRange.lowerBound + $0] }
        .map { twin.invariants[$0].id }
      let sinks = loop.stacks.indices.filter { upstream[loop.carriedCount + $0] != nil }
        .map { twin.stackResults[$0].id }
      for _ in 0...loop.carriedCount {
        let active = state.activeValues(
          operations, from: Set(outerSeeds + varying.map { twin.carried[$0].id }))
        varying.formUnion(positions.filter { active.contains(twin.carriedResults[$0].id) })
        let used = state.usefulValues(
          operations, to: Set(sinks + useful.map { twin.carriedResults[$0].id }))
        useful.formUnion(positions.filter { used.contains(twin.carried[$0].id) })
      }
      return positions.filter { varying.contains($0) && useful.contains($0) }
    }
  }

  private func assemble(
    forward: Operation, twin: Twin, backward: OpenRegion, carried: [Int],
    carriedGradients: [Tensor], carriedResults: [Tensor],
    upstreamStacks: [(index: Int, gradient: Tensor)], stackGradients: [Tensor],
    accumulators: [(position: Int, parameter: Tensor, result: Tensor)],
    sliceResults: [(position: Int, tensor: Tensor)]
  ) throws -> [Tensor?] {
    let link = graph.read { $0[region: backward.id].backward! }
    let originals = record.operands.map { Tensor(graph: graph, id: $0) }
    func tensor(_ id: ValueID) -> Tensor { Tensor(graph: graph, id: id) }

    var scans: [(operand: Tensor, scan: ScanSpecification, parameter: Tensor)] = []
    for (stack, parameter) in zip(upstreamStacks, stackGradients) {
      scans.append(
        (stack.gradient, loop.stacks[stack.index - loop.carriedCount].adjoint, parameter))
    }
    for (position, parameter) in link.rescans {
      scans.append(
        (
          originals[loop.scanRange.lowerBound + position], loop.scans[position].adjoint,
          tensor(parameter)
        ))
    }
    let residuals = forward.results.dropFirst(loop.carriedCount).dropLast()
    for (residual, stacked) in zip(link.residuals, residuals) {
      scans.append((stacked, ScanSpecification().adjoint, tensor(residual.parameter)))
    }

    let initialGradients = carried.map { upstream[$0] ?? zeros(like: originals[$0]) }
    let initialSums = accumulators.map {
      zeros(like: originals[loop.invariantRange.lowerBound + $0.position])
    }
    let stacks = sliceResults.map { loop.scans[$0.position].adjoint }
    backward.setResults(
      carriedResults + accumulators.map(\.result) + sliceResults.map(\.tensor))
    let captures = backward.mergedCaptures(with: nil)
    let iteration = graph.read { $0[region: backward.id].iteration! }
    backward.close(
      before: [tensor(iteration)] + carriedGradients + accumulators.map(\.parameter)
        + scans.map(\.parameter),
      captures: captures)
    let op = While(
      carriedCount: carried.count + accumulators.count, scans: scans.map(\.scan),
      invariantCount: captures.count, stacks: stacks, hasCondition: false, hasBound: true,
      maximumIterations: loop.maximumIterations, parallelIterations: loop.parallelIterations,
      swapMemory: loop.swapMemory)
    var operands = initialGradients + initialSums
    operands += scans.map(\.operand) + captures.map(tensor)
    operands.append(forward.results.last!)
    let gradient = graph.insert(
      op,
      operands,
      regions: [backward.id], name: "WhileGradient", resultCount: op.tripCountIndex + 1,
      location: graph.context.location ?? record.location)

    var results: [Tensor?] = Array(repeating: nil, count: record.operands.count)
    let outputs = gradient.results
    for (index, position) in carried.enumerated() { results[position] = outputs[index] }
    for (index, accumulator) in accumulators.enumerated() {
      results[loop.invariantRange.lowerBound + accumulator.position] =
        outputs[carried.count + index]
    }
    for (index, slice) in sliceResults.enumerated() {
      results[loop.scanRange.lowerBound + slice.position] = outputs[op.carriedCount + index]
    }
    return results
  }
}
