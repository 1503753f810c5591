import JacquardArrays

/// The matrix product over the last two axes; leading axes are batches and broadcast.
struct MatMul: Op {
  var transposeA: Bool
  var transposeB: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let dtype = try operands.requireSameDType()
    guard dtype.isFloatingPoint || dtype.isSignedInteger else {
      throw TypeRuleError(
        "there is no matrix product of \(dtype)", remedy: "cast both operands to .float32")
    }
    let (a, b) = (operands[0].shape, operands[1].shape)
    for shape in [a, b] {
      if let rank = shape.rank, rank < 2 {
        throw TypeRuleError(
          "an operand of shape \(shape) is not a matrix",
          remedy: "make a vector a matrix with .expandingDimensions(at:)")
      }
    }
    let inner = (transposeA ? a[-2] : a[-1], transposeB ? b[-1] : b[-2])
    if let left = inner.0, let right = inner.1, left != right {
      throw TypeRuleError(
        "the inner dimensions of \(a)\(transposeA ? "ᵀ" : "") and \(b)\(transposeB ? "ᵀ" : "") are \(left) and \(right)",
        remedy: "make them equal, or transpose an operand with transposeA: or transposeB:")
    }
    guard let aDimensions = a.dimensions, let bDimensions = b.dimensions else {
      return [TensorType(dtype, .unknown)]
    }
    guard
      let batch = PartialShape.broadcast(
        PartialShape(Array(aDimensions.dropLast(2))), PartialShape(Array(bDimensions.dropLast(2))))
    else {
      throw TypeRuleError(
        "the batch dimensions of \(a) and \(b) do not broadcast",
        remedy: "make each pair of leading dimensions equal or 1")
    }
    let rows = transposeA ? a[-1] : a[-2]
    let columns = transposeB ? b[-2] : b[-1]
    return [TensorType(dtype, PartialShape((batch.dimensions ?? []) + [rows, columns]))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil, nil] }
    let (a, b) = (call.operands[0], call.operands[1])
    if let gradients = flattenedGradient(a, b, dy) { return gradients }
    let (da, db) =
      switch (transposeA, transposeB) {
      case (false, false): (matmul(dy, b, transposeB: true), matmul(a, dy, transposeA: true))
      case (false, true): (matmul(dy, b), matmul(dy, a, transposeA: true))
      case (true, false): (matmul(b, dy, transposeB: true), matmul(a, dy))
      case (true, true):
        (
          matmul(b, dy, transposeA: true, transposeB: true),
          matmul(dy, a, transposeA: true, transposeB: true)
        )
      }
    return [da.summed(toShapeOf: a), db.summed(toShapeOf: b)]
  }

  /// The gradient for batches of rows times one matrix: one product over all rows, and no sum over batches.
  private func flattenedGradient(_ a: Tensor, _ b: Tensor, _ dy: Tensor) -> [Tensor?]? {
    guard !transposeA, let rank = a.rank, rank > 2, b.rank == 2 else { return nil }
    guard let inner = b.shape[transposeB ? 1 : 0], let columns = b.shape[transposeB ? 0 : 1],
      inner > 0, columns > 0
    else { return nil }
    let rows = a.reshaped(to: [-1, inner])
    let gradientRows = dy.reshaped(to: [-1, columns])
    let da = matmul(dy, b, transposeB: !transposeB)
    let db =
      transposeB
      ? matmul(gradientRows, rows, transposeA: true) : matmul(rows, gradientRows, transposeA: true)
    return [da, db]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let layout = GEMMLayout(
      a: context.shape(0), b: context.shape(1), transposeA: transposeA, transposeB: transposeB)
    return GEMMKernel(layout, dtype: context.dtype(0))
  }
}

/// The matrix product of `a`, `[…, rows, inner]`, and `b`, `[…, inner, columns]`: `[…, rows, columns]`.
///
/// Leading axes are batches, which broadcast as in NumPy: `[batch, steps, in]` times `[in, out]` is `[batch, steps, out]`.
///
/// - Parameters:
///   - a: `[…, rows, inner]`.
///   - b: `[…, inner, columns]`.
///   - transposeA: whether `a` is given as `[…, inner, rows]`.
///   - transposeB: whether `b` is given as `[…, columns, inner]`.
public func matmul(
  _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  a.graph.insert(
    MatMul(transposeA: transposeA, transposeB: transposeB), a, b, file: file, line: line)
}
