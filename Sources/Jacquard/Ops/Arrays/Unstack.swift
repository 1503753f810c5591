import JacquardArrays

/// The slices of its operand along an axis, which goes: as many results as the axis is long.
struct Unstack: Op {
  var count: Int
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard (1...1 << 24).contains(count) else {
      throw TypeRuleError("unstacking into \(count) tensors", remedy: "give a count of at least 1")
    }
    guard let index = try shape.checkedAxis(axis), var dimensions = shape.dimensions else {
      return Array(repeating: TensorType(operands[0].dtype, .unknown), count: count)
    }
    if let length = dimensions[index], length != count {
      throw TypeRuleError(
        "axis \(axis) of shape \(shape) has length \(length), not \(count)",
        remedy: "unstack with count: \(length)")
    }
    dimensions.remove(at: index)
    return Array(
      repeating: TensorType(operands[0].dtype, PartialShape(dimensions)), count: count)
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard upstream.contains(where: { $0 != nil }) else { return [nil] }
    let slices = zip(upstream, call.results).map { dy, result in dy ?? zeros(like: result) }
    return [stack(slices, axis: axis)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    let view = AxisView(shape, axis: axis)
    let block = view.inner * context.dtype(0).byteCount
    return PartKernel(
      name: Self.name, outer: view.outer, blocks: Array(repeating: block, count: count),
      rowCount: shape.first ?? 1)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    count == 1 ? .view(operand: 0, byteOffset: 0) : .none
  }
}

extension Tensor {
  /// The slices along `axis`, without that axis: `[…, count, …]` makes `count` times `[…]`.
  ///
  /// - Parameters:
  ///   - count: the length of the axis; so many tensors are returned even if it turns out to be wrong.
  ///   - axis: the axis to take apart, negative if counted from the end.
  public func unstacked(
    count: Int, axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    let op = Unstack(count: count, axis: axis)
    let results = graph.insert(op, [self], resultCount: Swift.max(count, 1), file: file, line: line)
      .results
    return Array(results.prefix(Swift.max(count, 0)))
  }
}
