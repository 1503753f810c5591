import JacquardArrays

/// Reverses the order of elements along axes.
struct Reverse: RearrangingOp {
  var axes: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    _ = try operands[0].shape.checkedAxes(axes)
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reversed(axes: axes)]
  }

  func layout(_ context: LoweringContext) throws -> StridedLayout {
    let shape = context.shape(0)
    var region = SliceRegion(
      start: Array(repeating: 0, count: shape.count), sizes: shape,
      strides: Array(repeating: 1, count: shape.count))
    for axis in try context.operands[0].shape.checkedAxes(axes) ?? [] {
      region.start[axis] = max(shape[axis] - 1, 0)
      region.strides[axis] = -1
    }
    let (offset, strides) = region.layout(in: shape)
    return StridedLayout(dimensions: shape, sourceStrides: strides, sourceOffset: offset)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    let axes = try? context.operands[0].shape.checkedAxes(axes)
    return (axes ?? [-1]).allSatisfy { $0 >= 0 && context.shape(0)[$0] <= 1 }
      ? .view(operand: 0, byteOffset: 0) : .none
  }
}

extension Tensor {
  /// This tensor with the order of its elements reversed along `axes`.
  ///
  /// - Parameter axes: the axes to reverse, negative ones counted from the end.
  public func reversed(
    axes: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Reverse(axes: axes), self, file: file, line: line)
  }
}
