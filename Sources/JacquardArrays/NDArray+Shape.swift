extension NDArray {
  /// This array with another shape, sharing memory.
  ///
  /// - Parameter newShape: Has as many elements; one length may be -1 and is worked out.
  public func reshaped(to newShape: [Int]) -> NDArray {
    var resolved = newShape
    let unknown = newShape.indices.filter { newShape[$0] == -1 }
    precondition(unknown.count <= 1, "shape \(newShape) leaves more than one length open")
    if let axis = unknown.first {
      resolved[axis] = 1
      let known = ShapeArithmetic.elementCount(resolved)
      precondition(
        known > 0 && count % known == 0,
        "\(count) elements of shape \(shape) cannot be reshaped to \(newShape)")
      resolved[axis] = count / known
    }
    precondition(
      ShapeArithmetic.elementCount(resolved) == count,
      "\(count) elements of shape \(shape) cannot be reshaped to \(newShape)")
    return NDArray(storage: storage, byteOffset: byteOffset, dtype: dtype, shape: resolved)
  }

  /// This array with its axes in another order.
  ///
  /// - Parameter permutation: Which axis of this array each axis of the result is, for example
  ///   `[1, 0, 2]`; all axes in reverse where it is `nil`. Negative axes count from the end.
  public func transposed(_ permutation: [Int]? = nil) -> NDArray {
    let order = (permutation ?? Array((0..<rank).reversed())).map(requireAxis)
    precondition(
      order.sorted() == Array(0..<rank),
      "permutation \(permutation ?? []) does not name each axis of shape \(shape) once")
    let resultShape = order.map { shape[$0] }
    // Axes of length 1 do not move elements.
    let movingAxes = order.filter { shape[$0] != 1 }
    if movingAxes == movingAxes.sorted() { return reshaped(to: resultShape) }
    switch dtype.byteCount {
    case 1: return permuted(order, resultShape, word: UInt8.self)
    case 4: return permuted(order, resultShape, word: UInt32.self)
    default: return permuted(order, resultShape, word: UInt64.self)
    }
  }

  /// The permutation of axes, with elements moved as words of their size.
  private func permuted<Word: FixedWidthInteger & BitwiseCopyable>(
    _ order: [Int], _ resultShape: [Int], word: Word.Type
  ) -> NDArray {
    let ownStrides = ShapeArithmetic.rowMajorStrides(shape)
    let strides = order.map { ownStrides[$0] }
    let innerLength = resultShape[rank - 1]
    let innerStride = strides[rank - 1]
    let outerRank = rank - 1
    return withUnsafeBytes { sourceBytes in
      NDArray(uninitialized: dtype, shape: resultShape) { targetBytes in
        guard count > 0 else { return }
        let source = sourceBytes.baseAddress!.assumingMemoryBound(to: Word.self)
        let target = targetBytes.baseAddress!.assumingMemoryBound(to: Word.self)
        var indices = [Int](repeating: 0, count: outerRank)
        var start = 0
        for row in 0..<(count / innerLength) {
          let targetRow = target + row * innerLength
          let sourceRow = source + start
          for inner in 0..<innerLength { targetRow[inner] = sourceRow[inner * innerStride] }
          var axis = outerRank - 1
          while axis >= 0 {
            indices[axis] += 1
            start += strides[axis]
            if indices[axis] < resultShape[axis] { break }
            start -= indices[axis] * strides[axis]
            indices[axis] = 0
            axis -= 1
          }
        }
      }
    }
  }

  /// Arrays of the same shape and element type, joined along a new axis.
  ///
  /// - Parameters:
  ///   - arrays: At least one array.
  ///   - axis: Where the new axis is in the result; negative counts from the end.
  public static func stack(_ arrays: [NDArray], axis: Int = 0) -> NDArray {
    guard let first = arrays.first else { preconditionFailure("stack needs at least one array") }
    guard let axis = ShapeArithmetic.normalizedAxis(axis, rank: first.rank + 1) else {
      preconditionFailure("axis \(axis) is out of range for stacking shape \(first.shape)")
    }
    var widened = first.shape
    widened.insert(1, at: axis)
    return concatenate(
      arrays.enumerated().map { index, array in
        precondition(
          array.shape == first.shape,
          "array \(index) has shape \(array.shape), but array 0 has \(first.shape)")
        return array.reshaped(to: widened)
      }, axis: axis)
  }

  /// Arrays of the same element type, joined along an existing axis.
  ///
  /// - Parameters:
  ///   - arrays: At least one array; the shapes agree but for the length of `axis`.
  ///   - axis: The axis to join; negative counts from the end.
  public static func concatenate(_ arrays: [NDArray], axis: Int = 0) -> NDArray {
    guard let first = arrays.first else {
      preconditionFailure("concatenate needs at least one array")
    }
    let axis = first.requireAxis(axis)
    for (index, array) in arrays.enumerated() {
      precondition(
        array.dtype == first.dtype,
        "array \(index) holds \(array.dtype), but array 0 holds \(first.dtype)")
      precondition(
        array.rank == first.rank
          && array.shape.indices.allSatisfy { $0 == axis || array.shape[$0] == first.shape[$0] },
        """
        array \(index) of shape \(array.shape) does not join array 0 of shape \(first.shape) \
        along axis \(axis)
        """)
    }
    var resultShape = first.shape
    resultShape[axis] = arrays.reduce(0) { $0 + $1.shape[axis] }
    let outerCount = first.shape[..<axis].reduce(1, *)
    let innerBytes = first.shape[(axis + 1)...].reduce(first.dtype.byteCount, *)
    let resultBlock = resultShape[axis] * innerBytes
    return NDArray(uninitialized: first.dtype, shape: resultShape) { target in
      var start = 0
      for array in arrays {
        let block = array.shape[axis] * innerBytes
        guard block > 0 else { continue }
        array.withUnsafeBytes { source in
          for outer in 0..<outerCount {
            UnsafeMutableRawBufferPointer(rebasing: target[(start + outer * resultBlock)...])
              .copyMemory(
                from: UnsafeRawBufferPointer(
                  rebasing: source[outer * block..<(outer + 1) * block]))
          }
        }
        start += block
      }
    }
  }
}
