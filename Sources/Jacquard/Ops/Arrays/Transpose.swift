import JacquardArrays

/// Permutes axes: axis `i` of the result is axis `permutation[i]` of the operand; in reverse order for `nil`.
struct Transpose: RearrangingOp {
  var permutation: [Int]?

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    if let permutation, Self.normalized(permutation) == nil {
      throw TypeRuleError(
        "\(permutation) does not name each axis once",
        remedy: "give a permutation of 0..<\(shape.rank ?? permutation.count)")
    }
    guard let dimensions = shape.dimensions else {
      let unknown = permutation.map { PartialShape(Array(repeating: nil, count: $0.count)) }
      return [TensorType(operands[0].dtype, unknown ?? .unknown)]
    }
    let order = order(rank: dimensions.count)
    guard order.count == dimensions.count else {
      throw TypeRuleError(
        "a permutation of \(order.count) axes does not fit a tensor of shape \(shape)",
        remedy: "give one entry for each of the \(dimensions.count) axes")
    }
    return [TensorType(operands[0].dtype, PartialShape(order.map { dimensions[$0] }))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    guard let permutation else { return [dy.transposed()] }
    let order = order(rank: permutation.count)
    return [dy.transposed(order.indices.map { order.firstIndex(of: $0) ?? 0 })]
  }

  func layout(_ context: LoweringContext) -> StridedLayout {
    let shape = context.shape(0)
    let strides = ShapeArithmetic.rowMajorStrides(shape)
    let order = order(rank: shape.count)
    return StridedLayout(
      dimensions: order.map { shape[$0] }, sourceStrides: order.map { strides[$0] })
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    // Elements stay in order if only axes of length 1 change places.
    let shape = context.shape(0)
    let moving = order(rank: shape.count).filter { shape[$0] != 1 }
    return moving == moving.sorted() ? .view(operand: 0, byteOffset: 0) : .none
  }

  /// The operand's axes in the order of the result's.
  func order(rank: Int) -> [Int] {
    permutation.flatMap(Self.normalized) ?? Array((0..<rank).reversed())
  }

  private static func normalized(_ permutation: [Int]) -> [Int]? {
    let order = permutation.map { permutation.normalized(axis: $0) }
    return order.sorted() == Array(0..<permutation.count) ? order : nil
  }
}

extension Tensor {
  /// This tensor with its axes permuted.
  ///
  /// - Parameter permutation: for each axis of the result the axis of this tensor; `nil` reverses their order.
  public func transposed(
    _ permutation: [Int]? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Transpose(permutation: permutation), self, file: file, line: line)
  }
}
