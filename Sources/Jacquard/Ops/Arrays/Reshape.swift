import JacquardArrays

/// The elements of its operand, in order, in another shape; one dimension of −1 is what remains.
struct Reshape: Op {
  var shape: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return [TensorType(operands[0].dtype, try reshapedShape(of: operands[0].shape, to: shape))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

/// The elements of the first operand, in order, in the shape that the elements of the second say.
struct ReshapeToTensor: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(1, role: "dimensions")
    let (shape, target) = (operands[0].shape, operands[1].shape)
    if let rank = target.rank, rank != 1 {
      throw TypeRuleError(
        "the new shape is \(operands[1]), not a vector", remedy: "give a vector of dimensions")
    }
    if let constant = operands.constants[1] {
      let dimensions = constant.converted(to: .int64).elements(as: Int64.self).map { Int($0) }
      return [TensorType(operands[0].dtype, try reshapedShape(of: shape, to: dimensions))]
    }
    return [TensorType(operands[0].dtype, try .open(rank: target[0]))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0]), nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
  func determinesShape(operand index: Int) -> Bool { index == 1 }
}

/// The elements of the first operand, in order, in the shape of the second, of which only the shape matters.
struct ReshapeLike: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let (shape, target) = (operands[0].shape, operands[1].shape)
    if let count = shape.elementCount, let wanted = target.elementCount, count != wanted {
      throw TypeRuleError(
        "\(count) elements of shape \(shape) do not fill shape \(target), which has \(wanted)",
        remedy: "give a tensor of as many elements")
    }
    return [TensorType(operands[0].dtype, target)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0]), nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

/// What is known of `shape` reshaped to `target`, of which one dimension may be −1.
private func reshapedShape(of shape: PartialShape, to target: [Int]) throws -> PartialShape {
  let open = target.indices.filter { target[$0] == -1 }
  guard open.count <= 1, target.allSatisfy({ $0 >= -1 }) else {
    throw TypeRuleError(
      "\(target) is not a shape to reshape to",
      remedy: "give dimensions of at least 0, and at most one of -1")
  }
  try requireValidShape(target.filter { $0 >= 0 })
  let filled = target.filter { $0 >= 0 }.reduce(1, *)
  let misfit = TypeRuleError(
    "a tensor of shape \(shape) does not fit shape \(target)",
    remedy: "keep the number of elements; one dimension may be -1: what remains")
  guard let open = open.first else {
    if let count = shape.elementCount, count != filled { throw misfit }
    if let known = knownFactor(of: shape), known > 0, filled % known != 0 { throw misfit }
    return PartialShape(known: target)
  }
  let result = PartialShape(target.map { $0 == -1 ? nil : $0 })
  guard let count = shape.elementCount else { return result }
  guard filled > 0 else {
    throw TypeRuleError(
      "the dimension -1 of \(target) could be anything, for there are no elements",
      remedy: "write that dimension out, or use reshaped(like:)")
  }
  guard count % filled == 0 else { throw misfit }
  return result.replacing(axis: open, with: count / filled)
}

/// The product of the dimensions that are known; `nil` if not even the rank is.
private func knownFactor(of shape: PartialShape) -> Int? {
  shape.dimensions?.reduce(1) { $0 * ($1 ?? 1) }
}

extension Tensor {
  /// The same elements, in row-major order, in another shape.
  ///
  /// - Parameter shape: the dimensions; one may be −1: what remains.
  public func reshaped(
    to shape: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Reshape(shape: shape), self, file: file, line: line)
  }

  /// The same elements, in row-major order, in the shape that the elements of `shape` say when the graph runs.
  ///
  /// - Parameter shape: `[rank]`, int32 or int64; one element may be −1: what remains. Where it depends on data that
  ///   are fed, a plan is compiled for each shape.
  public func reshaped(
    to shape: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ReshapeToTensor(), self, shape, file: file, line: line)
  }

  /// The same elements, in row-major order, in the shape of `other`.
  public func reshaped(
    like other: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if self == other || shape.isSurelyEqual(to: other.shape) { return self }
    return graph.insert(ReshapeLike(), self, other, file: file, line: line)
  }
}
