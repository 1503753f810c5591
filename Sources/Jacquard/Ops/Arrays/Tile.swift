import JacquardArrays

/// Repeats its operand a number of times along each axis.
struct Tile: Op {
  var multiples: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let dimensions = try tiledDimensions(operands[0].shape, multiples)
    let shape = dimensions.indices.map { axis in dimensions[axis].map { $0 * multiples[axis] } }
    return [TensorType(operands[0].dtype, PartialShape(shape))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    if multiples.contains(0) { return [upstream[0].map { _ in zeros(like: call.operands[0]) }] }
    return [upstream[0].map { $0.graph.insert(TileGradient(multiples: multiples), $0) }]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    let strides = ShapeArithmetic.rowMajorStrides(shape)
    // Each axis as [multiple, length], with a source stride of 0 along the multiple.
    return StridedCopyKernel(
      name: Self.name,
      layout: StridedLayout(
        dimensions: shape.indices.flatMap { [multiples[$0], shape[$0]] },
        sourceStrides: shape.indices.flatMap { [0, strides[$0]] }),
      dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    multiples.allSatisfy { $0 == 1 } ? .view(operand: 0, byteOffset: 0) : .none
  }
}

/// The adjoint of tiling: the sum over all copies.
struct TileGradient: Op {
  var multiples: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let dimensions = try tiledDimensions(operands[0].shape, multiples)
    let shape = try dimensions.indices.map { axis -> Int? in
      guard let length = dimensions[axis] else { return nil }
      guard multiples[axis] > 0 else { return nil }
      guard length % multiples[axis] == 0 else {
        throw TypeRuleError(
          "a gradient of shape \(operands[0].shape) is not a multiple of \(multiples)",
          remedy: "give the upstream gradient the shape of the tiled tensor")
      }
      return length / multiples[axis]
    }
    return [TensorType(operands[0].dtype, PartialShape(shape))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.tiled(multiples)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    return try makeReductionKernel(
      name: Self.name, .sum, shape: shape.indices.flatMap { [multiples[$0], shape[$0]] },
      axes: shape.indices.map { 2 * $0 }, dtype: context.dtype(0))
  }
}

private func tiledDimensions(_ shape: PartialShape, _ multiples: [Int]) throws -> [Int?] {
  guard multiples.allSatisfy({ $0 >= 0 }) else {
    throw TypeRuleError(
      "the multiples \(multiples) include one below 0",
      remedy: "give multiples of at least 0")
  }
  try requireValidShape(multiples)
  guard let dimensions = shape.dimensions else { return multiples.map { _ in nil } }
  guard dimensions.count == multiples.count else {
    throw TypeRuleError(
      "\(multiples.count) multiples do not fit a tensor of shape \(shape)",
      remedy: "give one for each of the \(dimensions.count) axes")
  }
  try requireValidShape(
    zip(dimensions, multiples).map {
      ($0 ?? 1).multipliedReportingOverflow(by: $1).overflow ? .max : ($0 ?? 1) * $1
    })
  return dimensions
}

extension Tensor {
  /// This tensor repeated along each axis.
  ///
  /// - Parameter multiples: for each axis how many copies follow each other; 0 or more.
  public func tiled(
    _ multiples: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Tile(multiples: multiples), self, file: file, line: line)
  }
}
