/// What a relative tolerance is relative to.
public enum ToleranceScale: Sendable, Hashable {
  /// The larger magnitude of the two elements that are compared.
  case element
  /// The largest finite magnitude in either array.
  case overall
}

extension NDArray {
  /// Whether both arrays have the same shape and all elements agree within a tolerance.
  ///
  /// Two elements agree where they differ by at most `absolute + relative · scale`. A NaN agrees
  /// with a NaN, an infinity with the same infinity. Element types may differ.
  ///
  /// - Parameters:
  ///   - other: The array to compare with.
  ///   - relative: The tolerance per unit of magnitude.
  ///   - absolute: The tolerance near zero.
  ///   - scale: Whether `relative` is taken of each pair or of the largest magnitude overall.
  public func isClose(
    to other: NDArray, relative: Double = 1e-5, absolute: Double = 1e-8,
    scale: ToleranceScale = .element
  ) -> Bool {
    firstMismatch(with: other, relative: relative, absolute: absolute, scale: scale) == nil
  }

  /// The largest difference between elements at the same place; 0 for empty arrays.
  ///
  /// NaN where only one of two elements is NaN. Traps where the shapes differ.
  public func maximumAbsoluteDifference(to other: NDArray) -> Double {
    precondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
    var largest = 0.0
    for (a, b) in zip(doubles(), other.doubles()) {
      let difference = NDArray.difference(a, b)
      if difference.isNaN { return .nan }
      largest = max(largest, difference)
    }
    return largest
  }

  /// A sentence about the first elements that do not agree within a tolerance, or `nil` where all
  /// do; the tolerance is that of `isClose(to:)`.
  public func firstMismatch(
    with other: NDArray, relative: Double = 1e-5, absolute: Double = 1e-8,
    scale: ToleranceScale = .element
  ) -> String? {
    guard shape == other.shape else { return "shape \(shape) differs from shape \(other.shape)" }
    let own = doubles()
    let others = other.doubles()
    let overall = (own + others).reduce(0.0) { $1.isFinite ? max($0, abs($1)) : $0 }
    for (position, (a, b)) in zip(own, others).enumerated() {
      let magnitude = scale == .overall ? overall : max(abs(a), abs(b))
      let difference = NDArray.difference(a, b)
      if difference == 0 { continue }
      let tolerance = absolute + relative * magnitude
      // Written so that a NaN on one side is a mismatch, and so is an infinite tolerance.
      if difference <= tolerance && difference.isFinite { continue }
      return """
        element \(indices(at: position)): \(a) differs from \(b) by \(difference), \
        more than the tolerance \(tolerance)
        """
    }
    return nil
  }

  private static func difference(_ a: Double, _ b: Double) -> Double {
    if a == b || (a.isNaN && b.isNaN) { return 0 }
    return abs(a - b)
  }

  private func indices(at position: Int) -> [Int] {
    zip(shape, ShapeArithmetic.rowMajorStrides(shape)).map { length, stride in
      position / stride % length
    }
  }
}
