import JacquardArrays

/// Replaces rows of the third operand, at the indices in the second, by those of the first.
struct ScatterUpdate: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    try operands.requireScatter(along: 0, matchingDTypes: true)
    return [operands[2]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    guard let upstream = upstream[0] else { return [nil, nil, nil] }
    let (updates, indices, base) = (call.operands[0], call.operands[1], call.operands[2])
    guard let rows = FlattenedRows(at: indices, of: base) else {
      throw NoGradient(
        "the shape of a row of \(base.type) is not known",
        remedy: "give the tensor a known shape, or indices of one dimension")
    }
    // Of rows for equal indices the last one counts; the others get 0.
    let replaced = rows.flatten(upstream.gathered(at: indices))
    let received = rows.flatten(zeros(like: updates))
      .replacingRows(at: rows.indices.lastOccurrences(), with: replaced)
    return [
      received.reshaped(like: updates), nil,
      upstream.replacingRows(at: indices, with: zeros(like: updates)),
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    ScatterKernel(context, axis: 0, combination: .replace)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [2]) }
}

extension Tensor {
  /// This tensor with the rows at `indices` replaced: `[n, …]`, indices `[k]` and rows `[k, …]` make `[n, …]`.
  ///
  /// - Parameters:
  ///   - indices: int32 or int64, of any shape; an index outside `0..<n` fails the run. Of rows for equal indices the
  ///     last one stays.
  ///   - rows: shaped as `gathered(at: indices)` would be.
  public func replacingRows(
    at indices: Tensor, with rows: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ScatterUpdate(), [rows, indices, self], file: file, line: line).result
  }
}

/// Indices of any shape into the rows of a tensor, seen as one list.
struct FlattenedRows {
  /// `[k]`
  let indices: Tensor
  private let isFlat: Bool
  private let shape: [Int]

  /// `nil` if that takes the shape of a row, and it is not known.
  init?(at indices: Tensor, of tensor: Tensor) {
    isFlat = indices.rank == 1
    let row = (tensor.shape.dimensions ?? [nil]).dropFirst().compactMap { $0 }
    guard isFlat || row.count + 1 == tensor.rank else { return nil }
    shape = [indices.shape.elementCount ?? -1] + row
    self.indices = isFlat ? indices : indices.reshaped(to: [shape[0]])
  }

  /// `rows`, shaped as the indices and a row, as `[k, …]`.
  func flatten(_ rows: Tensor) -> Tensor { isFlat ? rows : rows.reshaped(to: shape) }
}
