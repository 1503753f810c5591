import JacquardArrays

/// A shape of which some dimensions, or the rank, may be unknown until arrays are fed.
///
/// Write it as a literal: `[nil, 28, 28]` is a rank-3 shape whose first dimension is open.
public struct PartialShape: Hashable, Sendable, Codable, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// The dimensions, `nil` where one is unknown; `nil` altogether where the rank is unknown.
  public var dimensions: [Int?]?

  /// A shape with the given dimensions, or of unknown rank.
  public init(_ dimensions: [Int?]?) { self.dimensions = dimensions }

  /// A fully known shape.
  public init(known dimensions: [Int]) { self.dimensions = dimensions.map { $0 } }

  /// A shape written as a literal, `nil` for an unknown dimension.
  public init(arrayLiteral dimensions: Int?...) { self.dimensions = dimensions }

  /// The shape of which not even the rank is known.
  public static let unknown = PartialShape(nil)

  /// The shape of a scalar.
  public static let scalar: PartialShape = []

  /// The number of dimensions, if known.
  public var rank: Int? { dimensions?.count }

  /// Every dimension, if all are known.
  public var known: [Int]? {
    guard let dimensions else { return nil }
    var result: [Int] = []
    result.reserveCapacity(dimensions.count)
    for dimension in dimensions {
      guard let dimension else { return nil }
      result.append(dimension)
    }
    return result
  }

  /// Whether every dimension is known.
  var isKnown: Bool {
    guard let dimensions else { return false }
    for dimension in dimensions where dimension == nil { return false }
    return true
  }

  /// The number of elements, if every dimension is known and it fits an `Int`.
  public var elementCount: Int? {
    guard let dimensions else { return nil }
    var (count, isEmpty, overflows) = (1, false, false)
    for dimension in dimensions {
      guard let dimension else { return nil }
      if dimension == 0 { isEmpty = true }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      count = product
      overflows = overflows || overflow
    }
    if isEmpty { return 0 }
    return overflows ? nil : count
  }

  /// The dimension along `axis` (negative axes count from the end); `nil` if it is unknown or there is none.
  public subscript(axis: Int) -> Int? {
    guard let dimensions, let index = normalized(axis: axis) else { return nil }
    return dimensions[index]
  }

  /// `axis` counted from the front, or `nil` if the rank is unknown or too small.
  public func normalized(axis: Int) -> Int? {
    rank.flatMap { ShapeArithmetic.normalizedAxis(axis, rank: $0) }
  }

  /// Whether one array could have both shapes.
  public func isCompatible(with other: PartialShape) -> Bool {
    guard let mine = dimensions, let theirs = other.dimensions else { return true }
    guard mine.count == theirs.count else { return false }
    for (a, b) in zip(mine, theirs) {
      if let a, let b, a != b { return false }
    }
    return true
  }

  /// What is known from both shapes together, or `nil` if they contradict each other.
  public func merged(with other: PartialShape) -> PartialShape? {
    guard let mine = dimensions else { return other }
    guard let theirs = other.dimensions else { return self }
    guard mine.count == theirs.count else { return nil }
    var result: [Int?] = []
    for (a, b) in zip(mine, theirs) {
      if let a, let b, a != b { return nil }
      result.append(a ?? b)
    }
    return PartialShape(result)
  }

  /// What both shapes have in common: unknown wherever they differ.
  public func intersection(_ other: PartialShape) -> PartialShape {
    guard let mine = dimensions, let theirs = other.dimensions, mine.count == theirs.count else {
      return .unknown
    }
    return PartialShape(zip(mine, theirs).map { $0 == $1 ? $0 : nil })
  }

  /// Whether every array of this shape is also of shape `other`.
  public func isContained(in other: PartialShape) -> Bool {
    guard let theirs = other.dimensions else { return true }
    guard let mine = dimensions, mine.count == theirs.count else { return false }
    return zip(mine, theirs).allSatisfy { $1 == nil || $0 == $1 }
  }

  /// The NumPy broadcast of two shapes, or `nil` if they do not fit.
  public static func broadcast(_ a: PartialShape, _ b: PartialShape) -> PartialShape? {
    guard let left = a.dimensions, let right = b.dimensions else { return .unknown }
    if absorbs(left, right) { return a }
    if absorbs(right, left) { return b }
    let rank = max(left.count, right.count)
    var result: [Int?] = []
    result.reserveCapacity(rank)
    for position in 0..<rank {
      let i = position - (rank - left.count)
      let j = position - (rank - right.count)
      let x: Int? = i < 0 ? 1 : left[i]
      let y: Int? = j < 0 ? 1 : right[j]
      switch (x, y) {
      case (1?, _): result.append(y)
      case (_, 1?): result.append(x)
      case (let x?, let y?):
        guard x == y else { return nil }
        result.append(x)
      case (let x?, nil): result.append(x)
      case (nil, let y?): result.append(y)
      case (nil, nil): result.append(nil)
      }
    }
    return PartialShape(result)
  }

  /// Whether broadcasting `other` with `shape` gives `shape`, as it mostly does: the array of dimensions is then shared.
  private static func absorbs(_ shape: [Int?], _ other: [Int?]) -> Bool {
    let leading = shape.count - other.count
    guard leading >= 0 else { return false }
    for (index, y) in other.enumerated() {
      let x = shape[leading + index]
      guard y == 1 || x == y || (y == nil && x != 1) else { return false }
    }
    return true
  }

  /// A short form for errors and dumps.
  public var description: String {
    guard let dimensions else { return "[…]" }
    return "[" + dimensions.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
  }
}

/// What is known of a tensor before it has a value: its element type and its partial shape.
public struct TensorType: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The element type.
  public var dtype: DType
  /// The shape, as far as it is known.
  public var shape: PartialShape

  /// A type from an element type and a shape.
  public init(_ dtype: DType, _ shape: PartialShape) {
    self.dtype = dtype
    self.shape = shape
  }

  /// The type of `array`.
  public init(of array: NDArray) { self.init(array.dtype, PartialShape(known: array.shape)) }

  /// The number of bytes, if every dimension is known and it fits an `Int`.
  public var byteCount: Int? {
    guard let count = shape.elementCount else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    return overflow ? nil : bytes
  }

  /// A short form for errors and dumps.
  public var description: String { "\(dtype)\(shape)" }
}
