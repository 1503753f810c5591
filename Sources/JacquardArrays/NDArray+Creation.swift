extension NDArray {
  /// An array of the elements `elements` in row-major order.
  ///
  /// - Parameters:
  ///   - elements: As many elements as `shape` has.
  ///   - shape: The length of each axis.
  @_disfavoredOverload
  @inlinable
  public init<E: ArrayElement>(_ elements: [E], shape: [Int]) {
    let count = ShapeArithmetic.elementCount(shape)
    precondition(
      elements.count == count,
      "shape \(shape) has \(count) elements, but \(elements.count) were given")
    self.init(uninitialized: E.dtype, shape: shape) { bytes in
      elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// A scalar.
  @inlinable
  public init<E: ArrayElement>(_ scalar: E) {
    self.init(repeating: scalar, shape: [])
  }

  /// An array of shape `shape` whose elements are all `value`.
  @inlinable
  public init<E: ArrayElement>(repeating value: E, shape: [Int]) {
    self.init(uninitialized: E.dtype, shape: shape) { bytes in
      bytes.withMemoryRebound(to: E.self) { $0.initialize(repeating: value) }
    }
  }

  /// A vector of the elements `elements`; shape `[elements.count]`.
  @_disfavoredOverload
  @inlinable
  public init<E: ArrayElement>(_ elements: [E]) {
    self.init(elements, shape: [elements.count])
  }

  /// A matrix of the rows `rows`; shape `[rows.count, rows[0].count]`.
  ///
  /// Traps where the rows differ in length.
  @_disfavoredOverload
  @inlinable
  public init<E: ArrayElement>(_ rows: [[E]]) {
    let width = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() {
      precondition(
        row.count == width,
        "row \(index) has \(row.count) elements, but row 0 has \(width); give all the same number")
    }
    self.init(Array(rows.joined()), shape: [rows.count, width])
  }

  /// An array of rank 3; shape `[planes.count, planes[0].count, planes[0][0].count]`.
  ///
  /// Traps where the planes differ in shape.
  @_disfavoredOverload
  @inlinable
  public init<E: ArrayElement>(_ planes: [[[E]]]) {
    let height = planes.first?.count ?? 0
    let width = planes.first?.first?.count ?? 0
    for (index, plane) in planes.enumerated() {
      precondition(
        plane.count == height && plane.allSatisfy { $0.count == width },
        """
        plane \(index) has rows of lengths \(plane.map(\.count)), \
        but plane 0 has \(height) rows of length \(width); give all the same shape
        """)
    }
    self.init(
      Array(planes.lazy.joined().joined()), shape: [planes.count, height, width])
  }

  /// An array of zeros; `false` where the element type is `bool`.
  public static func zeros(_ dtype: DType, _ shape: [Int]) -> NDArray {
    NDArray(uninitialized: dtype, shape: shape) { bytes in
      _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// An array of ones; `true` where the element type is `bool`.
  public static func ones(_ dtype: DType, _ shape: [Int]) -> NDArray {
    full(1, dtype: dtype, shape: shape)
  }

  /// An array whose elements are all `value`, converted to `dtype`.
  public static func full(_ value: Double, dtype: DType, shape: [Int]) -> NDArray {
    dtype.accept(Full(value: value, shape: shape))
  }

  /// The numbers 0, 1, … `count - 1`, converted to `dtype`; shape `[count]`.
  public static func arange(_ count: Int, _ dtype: DType = .int32) -> NDArray {
    precondition(count >= 0, "arange needs a non-negative count, not \(count)")
    return dtype.accept(Counting(count: count))
  }

  private struct Full: ElementTypeVisitor {
    let value: Double
    let shape: [Int]
    func visit<E: ArrayElement>(_ type: E.Type) -> NDArray {
      NDArray(repeating: E(converting: value), shape: shape)
    }
  }

  private struct Counting: ElementTypeVisitor {
    let count: Int
    func visit<E: ArrayElement>(_ type: E.Type) -> NDArray {
      NDArray(uninitialized: E.dtype, shape: [count]) { bytes in
        bytes.withMemoryRebound(to: E.self) { elements in
          for index in elements.indices { elements[index] = E(converting: Int64(index)) }
        }
      }
    }
  }
}
