/// What ``Graph/gradients(of:withRespectTo:gradientsOf:stoppingAt:unconnected:file:line:)`` gives for a tensor the target does not depend on.
public enum UnconnectedGradient: Sendable {
  /// `nil`.
  case none
  /// Zeros of the tensor's shape.
  case zeros
}

extension Graph {
  /// Appends operations that compute the gradient of the sum of `ys` with respect to each of `xs`.
  ///
  /// Nothing that exists is changed. Works through loops and branches, and on its own results.
  ///
  /// - Parameters:
  ///   - ys: what to differentiate; floating-point tensors of any shape.
  ///   - xs: with respect to what; any tensors, variables and intermediate results among them.
  ///   - upstream: the gradient of a further target with respect to each of `ys`, in its shape; ones where `nil`.
  ///   - stops: tensors to take as constants.
  ///   - unconnected: what to give where no path leads from `ys` to one of `xs`.
  /// - Returns: a tensor in the shape of each of `xs`; `nil` for unconnected ones unless zeros are asked for. Tensors that are
  ///   not floating-point are unconnected.
  public func gradients(
    of ys: [Tensor], withRespectTo xs: [Tensor], gradientsOf upstream: [Tensor?]? = nil,
    stoppingAt stops: [Tensor] = [], unconnected: UnconnectedGradient = .none,
    file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor?] {
    withSourceLocation(file, line) {
      if let upstream, upstream.count != ys.count {
        report(
          "\(upstream.count) upstream gradients are given for \(ys.count) tensors",
          remedy: "give one for each, or nil for ones", op: "Gradients", operands: ys)
        return xs.map { _ in nil }
      }
      let given = ys + xs + stops + (upstream ?? []).compactMap(\.self)
      guard given.allSatisfy({ $0.graph === self }) else {
        report(
          "a tensor of another graph is to be differentiated",
          remedy: "call gradients on the graph in which the tensors were built", op: "Gradients")
        return xs.map { _ in nil }
      }
      var seeds: [(Tensor, Tensor)] = []
      for (index, y) in ys.enumerated() where !y.isInvalid {
        guard y.dtype.isFloatingPoint else {
          report(
            "'\(y.name)' is \(y.dtype), which has no gradient",
            remedy: "differentiate a floating-point tensor", op: "Gradients", operands: [y])
          continue
        }
        let seed = upstream?[index] ?? Jacquard.ones(like: y)
        guard seed.type.dtype == y.dtype, seed.shape.isCompatible(with: y.shape) else {
          report(
            "the upstream gradient of '\(y.name)' is \(seed.type), the tensor is \(y.type)",
            remedy: "give it the tensor's type", op: "Gradients", operands: [y, seed])
          continue
        }
        seeds.append((y, seed))
      }
      let found = withContext {
        $0.isGradient = true
        $0.scope = $0.scoped("gradients")
      } _: {
        gradients(seeds: seeds, withRespectTo: xs, stops: stops)
      }
      return zip(xs, found).map { x, gradient in
        gradient ?? (unconnected == .zeros ? Jacquard.zeros(like: x) : nil)
      }
    }
  }

  /// Differentiates the region being built, then, for what it brings in, the regions around it. The gradient operations stay in the
  /// region being built.
  private func gradients(
    seeds: [(value: Tensor, gradient: Tensor)], withRespectTo xs: [Tensor], stops: [Tensor]
  ) -> [Tensor?] {
    let ids = Set(xs.map(\.id))
    let levels = read { $0.levels(from: context.region, activeFrom: ids) }
    var open = seeds
    var found: [Tensor?] = xs.map { _ in nil }
    for level in levels {
      let homes = read { state in
        (seeds: open.map { state.home(of: $0.value.id) }, xs: xs.map { state.home(of: $0.id) })
      }
      let own = xs.indices.filter { homes.xs[$0] == level.region }
      let inner = level.captures.map { Tensor(graph: self, id: $0.inner) }
      var gradients = Backpropagation(graph: self, region: level.region).run(
        seeds: zip(open, homes.seeds).filter { $1 == level.region }.map(\.0),
        withRespectTo: own.map { xs[$0] } + inner, stops: stops)[...]
      for index in own { found[index] = gradients.removeFirst() }
      open = zip(open, homes.seeds).filter { $1 != level.region }.map(\.0)
      for capture in level.captures {
        guard let gradient = gradients.removeFirst() else { continue }
        open.append((Tensor(graph: self, id: capture.outer), gradient))
      }
    }
    return found
  }

  /// The gradient of the sum of `y` with respect to `x`; an unconnected `x` is a diagnostic.
  public func gradient(
    of y: Tensor, withRespectTo x: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let count = diagnostics.count
      if let gradient = gradients(of: [y], withRespectTo: [x])[0] { return gradient }
      if !y.isInvalid && !x.isInvalid && diagnostics.count == count {
        report(
          "'\(y.name)' does not depend on '\(x.name)' in a differentiable way",
          remedy: "check the path between them for stopGradient, integer tensors and comparisons",
          op: "Gradients", operands: [y, x])
      }
      return invalidTensor(x.type)
    }
  }
}

extension GraphState {
  /// `innermost` and the regions around it, each with the captures that depend on `targets`.
  fileprivate func levels(
    from innermost: RegionID, activeFrom targets: Set<ValueID>
  ) -> [(region: RegionID, captures: [RegionRecord.Capture])] {
    var chain = [innermost]
    while let parent = self[region: chain[chain.count - 1]].parent { chain.append(parent) }
    var active = targets
    var levels: [(region: RegionID, captures: [RegionRecord.Capture])] = []
    for region in chain.reversed() {
      let captures = self[region: region].captures.filter {
        active.contains($0.outer) && self[value: $0.outer].type.dtype.isFloatingPoint
      }
      active = activeValues(
        self[region: region].operations, from: active.union(captures.map(\.inner)))
      levels.append((region, captures))
    }
    return levels.reversed()
  }
}
