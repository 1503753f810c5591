import JacquardArrays

/// A tensor that is 0 but for some rows: what the gradient of a gather is.
///
/// The tensor has the sum of all `values[i]` with `indices[i] == r` as its row r.
public struct IndexedSlices: Sendable {
  /// Rows, `[k, …]`.
  public let values: Tensor
  /// The index of each row, `[k]`; the same one may stand several times.
  public let indices: Tensor

  private let shapeSource: Tensor

  /// Rows of a tensor that is 0 elsewhere.
  ///
  /// - Parameters:
  ///   - values: `[k, …]`.
  ///   - indices: `[k]`, int32 or int64.
  ///   - tensor: has the shape of the tensor; not computed.
  public init(values: Tensor, indices: Tensor, like tensor: Tensor) {
    self.values = values
    self.indices = indices
    shapeSource = tensor
  }

  /// The tensor in full, of which ``Tensor/indexedSlices`` are these rows again.
  public func dense(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    scatterAdd(values, at: indices, like: shapeSource, file: file, line: line)
  }

  /// The same rows of a tensor whose values are what `change` makes of these.
  public func mapValues(_ change: (Tensor) -> Tensor) -> IndexedSlices {
    IndexedSlices(values: change(values), indices: indices, like: shapeSource)
  }

  /// For each index the whole row of the tensor, `[k, …]`: equal rows for equal indices.
  public func totals(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    withSourceLocation(file, line) {
      let first = indices.firstOccurrences()
      return scatterAdd(values, at: first, like: values).gathered(at: first)
    }
  }

  /// The rows of the tensor, each once, at the first position of its index, and 0 at the others: `[k, …]`.
  ///
  /// Sums over all elements, such as norms, are those of the tensor.
  public func distinctRows(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    withSourceLocation(file, line) {
      scatterAdd(values, at: indices.firstOccurrences(), like: values)
    }
  }
}

extension Tensor {
  /// The rows it consists of, if it is the gradient of gathers along axis 0, or made by ``IndexedSlices/dense(file:line:)``: values
  /// scattered into zeros, or a sum of such tensors. `nil` for all others.
  ///
  /// Found by looking at the operations that make it. Where only the rows are used, the tensor itself is not computed.
  public var indexedSlices: IndexedSlices? {
    var parts: [(values: Tensor, indices: Tensor)] = []
    guard let row = shape.dimensions?.dropFirst().compactMap({ $0 }), row.count + 1 == rank,
      collectSlices(&parts)
    else { return nil }
    guard parts.count > 1 else {
      return IndexedSlices(values: parts[0].values, indices: parts[0].indices, like: self)
    }
    let dtype: DType = parts.contains { $0.indices.dtype == .int64 } ? .int64 : .int32
    return IndexedSlices(
      values: concatenate(parts.map(\.values), axis: 0),
      indices: concatenate(parts.map { $0.indices.cast(to: dtype) }, axis: 0), like: self)
  }

  /// More parts than this are no sum of gradients.
  private static let mostSlices = 256

  /// Adds the rows of each part of the sum it is; false if some part is not scattered into zeros.
  private func collectSlices(_ parts: inout [(values: Tensor, indices: Tensor)]) -> Bool {
    guard let operation, parts.count < Self.mostSlices else { return false }
    let operands = operation.operands
    switch operation.op {
    case let scatter as ScatterAdd where !scatter.ontoBase:
      guard scatter.axis == 0 || scatter.axis + (rank ?? 0) == 0,
        let rows = FlattenedRows(at: operands[1], of: self)
      else { return false }
      parts.append((rows.flatten(operands[0]), rows.indices))
      return true
    case is AddN, is Add:
      return operands.allSatisfy { $0.shape == shape && $0.collectSlices(&parts) }
    default: return false
    }
  }
}
