import JacquardArrays

/// What a session can be fed: an array, a number, nested Swift arrays of numbers, or a structure of those.
///
/// `Float`, `Int32`, `Int64`, `UInt8` and `Bool` are fed as arrays of their own element type. `Int` and `Double` are the types of
/// Swift's literals; they take the element type of the tensor they are fed to, if it can represent them. A `Double` fits
/// floating-point tensors only.
public protocol FeedValue: Sendable {
  /// One item for each tensor of the structure it is fed to, in order.
  var feedItems: [FeedItem] { get }

  /// The single item that many values make together, as the rows of a matrix do; `nil` for structures, which stay apart.
  static func joined(_ values: [Self]) -> FeedItem?
}

extension FeedValue {
  /// `nil`: values of a structure stay apart.
  public static func joined(_ values: [Self]) -> FeedItem? { nil }
}

/// What one tensor is fed.
public enum FeedItem: Sendable {
  /// The elements.
  case array(NDArray)
  /// Numbers that take the tensor's element type.
  case literal(ArrayLiteral)
  /// Numbers nested such that they make no array.
  case ragged
  /// A tensor, which cannot be fed.
  case tensor(Tensor)
}

extension NDArray: FeedValue {
  /// The array.
  public var feedItems: [FeedItem] { [.array(self)] }
}

extension Tensor: FeedValue {
  /// The tensor, which a run reports as an error.
  public var feedItems: [FeedItem] { [.tensor(self)] }
}

extension FeedValue where Self: ArrayElement {
  /// A scalar of its own element type.
  public var feedItems: [FeedItem] { [.array(NDArray(self))] }
  /// A vector of their own element type.
  public static func joined(_ values: [Self]) -> FeedItem? { .array(NDArray(values)) }
}

extension Float: FeedValue {}
extension Int32: FeedValue {}
extension Int64: FeedValue {}
extension UInt8: FeedValue {}
extension Bool: FeedValue {}

extension Double: FeedValue {
  /// A scalar of the tensor's element type.
  public var feedItems: [FeedItem] { [.literal(.number(self))] }
  /// A vector of the tensor's element type.
  public static func joined(_ values: [Double]) -> FeedItem? {
    .literal(.list(values.map { .number($0) }))
  }
}

extension Int: FeedValue {
  /// A scalar of the tensor's element type.
  public var feedItems: [FeedItem] { [.literal(.integer(Int64(self)))] }
  /// A vector of the tensor's element type.
  public static func joined(_ values: [Int]) -> FeedItem? {
    .literal(.list(values.map { .integer(Int64($0)) }))
  }
}

extension Array: FeedValue where Element: FeedValue {
  /// One array of nested numbers, or the items of all elements, in order.
  public var feedItems: [FeedItem] { Element.joined(self).map { [$0] } ?? flatMap(\.feedItems) }

  /// The rows of nested numbers as one array; `nil` for arrays of structures.
  public static func joined(_ rows: [[Element]]) -> FeedItem? {
    guard Element.joined([]) != nil else { return nil }
    return FeedItem.stack(rows.compactMap { Element.joined($0) })
  }
}

extension Optional: FeedValue where Wrapped: FeedValue {
  /// The items of the value, if there is one.
  public var feedItems: [FeedItem] { self?.feedItems ?? [] }
}

extension FeedItem {
  /// The rows `items`, all arrays or all literals, as one item.
  fileprivate static func stack(_ items: [FeedItem]) -> FeedItem {
    var arrays: [NDArray] = []
    var literals: [ArrayLiteral] = []
    var literalShape: [Int]?
    for item in items {
      switch item {
      case .array(let array):
        guard arrays.first.map({ $0.shape == array.shape }) ?? true else { return .ragged }
        arrays.append(array)
      case .literal(let literal):
        let shape = literal.outline
        guard literalShape.map({ $0 == shape }) ?? true else { return .ragged }
        literalShape = shape
        literals.append(literal)
      case .ragged, .tensor: return .ragged
      }
    }
    return arrays.isEmpty ? .literal(.list(literals)) : .array(.stack(arrays))
  }
}

extension ArrayLiteral {
  /// The length of each level of nesting, going by the first entries.
  var outline: [Int] {
    guard case .list(let parts) = self else { return [] }
    return [parts.count] + (parts.first?.outline ?? [])
  }

  /// The element type of its numbers in Swift, and the first that `dtype` cannot represent.
  func misfit(for dtype: DType) -> Misfit? {
    switch self {
    case .integer(let value):
      if dtype == .bool { return .dtype(.int64) }
      return dtype.contains(value) ? nil : .range("\(value)")
    case .number(let value):
      guard dtype.isFloatingPoint else { return .dtype(.float64) }
      let overflows = dtype == .float32 && value.isFinite && !Float(value).isFinite
      return overflows ? .range("\(value)") : nil
    case .boolean: return dtype == .bool ? nil : .dtype(.bool)
    case .list(let parts):
      for part in parts {
        if let misfit = part.misfit(for: dtype) { return misfit }
      }
      return nil
    }
  }

  enum Misfit: Equatable {
    case dtype(DType)
    case range(String)
  }
}

extension DType {
  fileprivate func contains(_ integer: Int64) -> Bool {
    switch self {
    case .float32, .float64, .int64: true
    case .int32: Int32(exactly: integer) != nil
    case .uint8: UInt8(exactly: integer) != nil
    case .bool: false
    }
  }
}
