/// Arithmetic on array shapes, the lengths of the axes from the outermost to the innermost.
public enum ShapeArithmetic {
  /// The number of elements of an array of shape `shape`; 1 for a scalar.
  ///
  /// Traps for a negative length and where the product overflows.
  public static func elementCount(_ shape: [Int]) -> Int {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape \(shape) has a negative length")
    if shape.contains(0) { return 0 }
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      precondition(!overflow, "shape \(shape) has more elements than an Int can count")
      count = product
    }
    return count
  }

  /// How many elements apart neighbours along each axis are in row-major order.
  public static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// The shape that `a` and `b` broadcast to, or `nil` where they do not fit.
  ///
  /// Axes are aligned at the end; lengths fit where they are equal or one of them is 1.
  public static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let lengthA = axis < rank - a.count ? 1 : a[axis - (rank - a.count)]
      let lengthB = axis < rank - b.count ? 1 : b[axis - (rank - b.count)]
      guard lengthA == lengthB || lengthA == 1 || lengthB == 1 else { return nil }
      result[axis] = lengthA == 1 ? lengthB : lengthA
    }
    return result
  }

  /// The strides, in elements, that read a contiguous array of shape `from` as if it had shape `to`.
  ///
  /// The stride is 0 along every axis that is repeated. Traps where `from` does not broadcast to
  /// `to`.
  public static func broadcastStrides(from: [Int], to: [Int]) -> [Int] {
    precondition(
      from.count <= to.count && broadcast(from, to) == to,
      "shape \(from) does not broadcast to \(to)")
    let own = rowMajorStrides(from)
    let leading = to.count - from.count
    return to.indices.map { axis in
      guard axis >= leading else { return 0 }
      return from[axis - leading] == 1 ? 0 : own[axis - leading]
    }
  }

  /// The axis `axis` as a number from 0 to `rank - 1`, or `nil` where it is out of range.
  ///
  /// Negative axes count from the end.
  public static func normalizedAxis(_ axis: Int, rank: Int) -> Int? {
    let normalized = axis < 0 ? axis + rank : axis
    return (0..<rank).contains(normalized) ? normalized : nil
  }
}
