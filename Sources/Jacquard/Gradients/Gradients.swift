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
        Backpropagation(graph: self, region: context.region).run(
          seeds: seeds, withRespectTo: xs, stops: stops)
      }
      return zip(xs, found).map { x, gradient in
        gradient ?? (unconnected == .zeros ? Jacquard.zeros(like: x) : nil)
      }
    }
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
