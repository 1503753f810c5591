extension NDArray {
  /// Calls `body` with all elements in row-major order; they are valid during the call only.
  ///
  /// Traps where `E` is not the type of the elements.
  @inlinable
  public func withUnsafeElements<E: ArrayElement, R>(
    of type: E.Type = E.self, _ body: (UnsafeBufferPointer<E>) throws -> R
  ) rethrows -> R {
    requireElements(E.dtype)
    return try withUnsafeBytes { bytes in
      try bytes.withMemoryRebound(to: E.self) { try body($0) }
    }
  }

  /// Calls `body` with all elements in row-major order, to be changed in place.
  ///
  /// Shared memory is copied first. Traps where `E` is not the type of the elements.
  @inlinable
  public mutating func withUnsafeMutableElements<E: ArrayElement, R>(
    of type: E.Type = E.self, _ body: (UnsafeMutableBufferPointer<E>) throws -> R
  ) rethrows -> R {
    requireElements(E.dtype)
    return try withUnsafeMutableBytes { bytes in
      try bytes.withMemoryRebound(to: E.self) { try body($0) }
    }
  }

  /// All elements in row-major order.
  ///
  /// Traps where `E` is not the type of the elements.
  @inlinable
  public func elements<E: ArrayElement>(as type: E.Type = E.self) -> [E] {
    withUnsafeElements(of: E.self) { Array($0) }
  }

  /// All elements in row-major order, converted to `Double`.
  public func doubles() -> [Double] {
    converted(to: .float64).elements()
  }

  /// The only element.
  ///
  /// Traps where there are more or fewer, and where `E` is not the type of the elements.
  @inlinable
  public func scalar<E: ArrayElement>(as type: E.Type = E.self) -> E {
    requireOneElement()
    return withUnsafeElements(of: E.self) { $0[0] }
  }

  /// The only element, converted to `Double`. Traps where there are more or fewer.
  public var doubleValue: Double {
    requireOneElement()
    return converted(to: .float64).scalar()
  }

  /// The only element, converted to `Int`; a fraction is cut off. Traps where there are more or
  /// fewer.
  public var intValue: Int {
    requireOneElement()
    return Int(converted(to: .int64).scalar(as: Int64.self))
  }

  @usableFromInline
  func requireElements(_ expected: DType) {
    precondition(
      dtype == expected,
      "an array of \(dtype) was read as \(expected); convert it with converted(to: .\(expected))")
  }

  @usableFromInline
  func requireOneElement() {
    precondition(count == 1, "an array of shape \(shape) is not one element; index it first")
  }
}
