extension NDArray {
  /// The part of this array at `index` along the leading axis; rank one less.
  ///
  /// Negative indices count from the end. The part that is read shares memory with this array. An
  /// assigned part must have the same shape; numbers are converted to this array's element type,
  /// but fractions are not assigned to whole numbers, nor numbers to Booleans or back.
  public subscript(_ index: Int) -> NDArray {
    get { part(at: [index]) }
    set { assign(newValue, at: [index]) }
  }

  /// The part of this array at the given indices along the leading axes.
  ///
  /// Negative indices count from the end. What can be assigned is as for one index.
  public subscript(_ first: Int, _ second: Int, _ rest: Int...) -> NDArray {
    get { part(at: [first, second] + rest) }
    set { assign(newValue, at: [first, second] + rest) }
  }

  /// The entries `range` along the leading axis, sharing memory with this array.
  public subscript(range: Range<Int>) -> NDArray {
    precondition(rank > 0, "a scalar has no axis to slice")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[0],
      "\(range) is out of range for an axis of length \(shape[0])")
    let rowBytes = shape[0] == 0 ? 0 : byteCount / shape[0]
    return NDArray(
      storage: storage, byteOffset: byteOffset + range.lowerBound * rowBytes, dtype: dtype,
      shape: [range.count] + shape.dropFirst())
  }

  /// The entries `range`, for example `2...` or `..<5`, along the leading axis.
  public subscript(range: some RangeExpression<Int>) -> NDArray {
    precondition(rank > 0, "a scalar has no axis to slice")
    return self[range.relative(to: 0..<shape[0])]
  }

  /// The entries `range` along the axis `axis`. Negative axes count from the end.
  public func sliced(axis: Int, range: Range<Int>) -> NDArray {
    let axis = requireAxis(axis)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "\(range) is out of range for axis \(axis) of length \(shape[axis])")
    if axis == 0 { return self[range] }
    var resultShape = shape
    resultShape[axis] = range.count
    let innerBytes = shape[(axis + 1)...].reduce(dtype.byteCount, *)
    let blockBytes = range.count * innerBytes
    let outerCount = shape[..<axis].reduce(1, *)
    return withUnsafeBytes { source in
      NDArray(uninitialized: dtype, shape: resultShape) { target in
        guard blockBytes > 0 else { return }
        for outer in 0..<outerCount {
          let start = (outer * shape[axis] + range.lowerBound) * innerBytes
          UnsafeMutableRawBufferPointer(rebasing: target[(outer * blockBytes)...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + blockBytes]))
        }
      }
    }
  }

  /// The entries `rows` along the leading axis, in that order; they may repeat.
  ///
  /// Negative indices count from the end. The result has shape `[rows.count] + shape[1...]`.
  public func taking(rows: [Int]) -> NDArray {
    precondition(rank > 0, "a scalar has no rows to take")
    let rowBytes = shape[1...].reduce(dtype.byteCount, *)
    return withUnsafeBytes { source in
      NDArray(uninitialized: dtype, shape: [rows.count] + shape.dropFirst()) { target in
        for (position, row) in rows.enumerated() {
          let start = requireIndex(row, axis: 0) * rowBytes
          UnsafeMutableRawBufferPointer(rebasing: target[(position * rowBytes)...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + rowBytes]))
        }
      }
    }
  }

  /// `axis` as a number from 0 to `rank - 1`; traps where it is out of range.
  func requireAxis(_ axis: Int) -> Int {
    guard let normalized = ShapeArithmetic.normalizedAxis(axis, rank: rank) else {
      preconditionFailure("axis \(axis) is out of range for shape \(shape)")
    }
    return normalized
  }

  private func requireIndex(_ index: Int, axis: Int) -> Int {
    let normalized = index < 0 ? index + shape[axis] : index
    precondition(
      normalized >= 0 && normalized < shape[axis],
      "index \(index) is out of range for axis \(axis) of length \(shape[axis])")
    return normalized
  }

  private func position(of indices: [Int]) -> (byteOffset: Int, shape: [Int]) {
    precondition(
      indices.count <= rank, "\(indices.count) indices were given for shape \(shape)")
    var position = 0
    for (axis, index) in indices.enumerated() {
      position = position * shape[axis] + requireIndex(index, axis: axis)
    }
    let partShape = Array(shape[indices.count...])
    return (position * partShape.reduce(dtype.byteCount, *), partShape)
  }

  private func part(at indices: [Int]) -> NDArray {
    let (offset, partShape) = position(of: indices)
    return NDArray(
      storage: storage, byteOffset: byteOffset + offset, dtype: dtype, shape: partShape)
  }

  private mutating func assign(_ value: NDArray, at indices: [Int]) {
    let (offset, partShape) = position(of: indices)
    precondition(
      value.shape == partShape,
      "a value of shape \(value.shape) was assigned to a part of shape \(partShape)")
    let isConvertible =
      value.dtype.isNumeric && dtype.isNumeric && (dtype.isFloatingPoint || value.dtype.isInteger)
    precondition(
      value.dtype == dtype || isConvertible,
      """
      \(value.dtype) was assigned to a part of an array of \(dtype); \
      convert it with converted(to: .\(dtype))
      """)
    value.converted(to: dtype).withUnsafeBytes { source in
      withUnsafeMutableBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + source.count])
          .copyMemory(from: source)
      }
    }
  }
}
