extension NDArray {
  /// An array from a literal: `float32` where a number has a fraction, else `int32` or `bool`.
  ///
  /// The shape is that of the nesting. Traps where the literal is ragged or mixes Booleans and
  /// numbers.
  public init(_ literal: ArrayLiteral) {
    self = literal.array(literal.naturalDType)
  }

  /// An array of shape `shape` from a literal of its elements in row-major order.
  public init(_ literal: ArrayLiteral, shape: [Int]) {
    let elements = NDArray(literal)
    let count = ShapeArithmetic.elementCount(shape)
    precondition(
      elements.count == count,
      "shape \(shape) has \(count) elements, but \(elements.count) were given")
    self = elements.reshaped(to: shape)
  }

  /// An array of element type `dtype` from a literal, at full precision.
  ///
  ///     NDArray.from([[0.1, 2], [3, 4]], dtype: .float64)
  public static func from(_ literal: ArrayLiteral, dtype: DType) -> NDArray {
    literal.array(dtype)
  }

  /// `array` converted to element type `dtype`.
  @_disfavoredOverload
  public static func from(_ array: NDArray, dtype: DType) -> NDArray {
    array.converted(to: dtype)
  }
}

extension NDArray: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// A scalar of element type `int32`.
  public init(integerLiteral value: Int32) { self.init(repeating: value, shape: []) }

  /// A scalar of element type `float32`.
  public init(floatLiteral value: Double) { self.init(repeating: Float(value), shape: []) }

  /// A scalar of element type `bool`.
  public init(booleanLiteral value: Bool) { self.init(repeating: value, shape: []) }

  /// Arrays of the same shape, joined along a new leading axis; an empty literal is `float32` of
  /// shape `[0]`.
  ///
  /// Different numeric element types meet at the widest of them, in the order `uint8`, `int32`,
  /// `int64`, `float32`, `float64`. Traps where shapes differ or Booleans and numbers are mixed.
  public init(arrayLiteral elements: NDArray...) {
    guard let first = elements.first else {
      self = .zeros(.float32, [0])
      return
    }
    let order: [DType] = [.bool, .uint8, .int32, .int64, .float32, .float64]
    let ranks = elements.map { order.firstIndex(of: $0.dtype)! }
    let widest = order[ranks.max()!]
    for (index, element) in elements.enumerated() {
      precondition(
        element.shape == first.shape,
        """
        the array literal is ragged: entry \(index) has shape \(element.shape), \
        but entry 0 has \(first.shape)
        """)
      precondition(
        element.dtype.isNumeric == first.dtype.isNumeric,
        "the array literal mixes Booleans and numbers")
    }
    self = .stack(elements.map { $0.converted(to: widest) })
  }
}
