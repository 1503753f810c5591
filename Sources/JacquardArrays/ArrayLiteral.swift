/// A nested literal of numbers or Booleans, for example `[[1, 2], [3, 4]]`, at full precision.
///
/// Programs rarely name this type: it is what array literals become on their way into
/// `NDArray([[1, 2], [3, 4]])` and `NDArray.from([0.1, 0.2], dtype: .float64)`.
public enum ArrayLiteral: Sendable, Hashable {
  /// A whole number.
  case integer(Int64)
  /// A number with a fraction.
  case number(Double)
  /// A truth value.
  case boolean(Bool)
  /// A list of literals of the same shape.
  case list([ArrayLiteral])

  /// The element type when none is asked for.
  ///
  /// `float32` where a number has a fraction, else `int32`, else `bool`; an empty literal is
  /// `float32`. Traps where Booleans and numbers are mixed.
  var naturalDType: DType {
    var dtypes = Set<DType>()
    forEachLeaf { leaf in
      switch leaf {
      case .integer(let value):
        precondition(
          Int32(exactly: value) != nil,
          "\(value) does not fit int32; use NDArray.from(_:dtype: .int64)")
        dtypes.insert(.int32)
      case .number: dtypes.insert(.float32)
      case .boolean: dtypes.insert(.bool)
      case .list: break
      }
    }
    precondition(
      !dtypes.contains(.bool) || dtypes.count == 1,
      "the array literal mixes Booleans and numbers")
    if dtypes.contains(.float32) || dtypes.isEmpty { return .float32 }
    return dtypes.contains(.int32) ? .int32 : .bool
  }

  /// The length of each level of nesting; traps where lists of one level differ.
  var shape: [Int] {
    guard case .list(let parts) = self else { return [] }
    guard let first = parts.first?.shape else { return [0] }
    for (index, part) in parts.enumerated() {
      let shape = part.shape
      precondition(
        shape == first,
        "the array literal is ragged: entry \(index) has shape \(shape), but entry 0 has \(first)")
    }
    return [parts.count] + first
  }

  func forEachLeaf(_ body: (ArrayLiteral) -> Void) {
    guard case .list(let parts) = self else { return body(self) }
    for part in parts { part.forEachLeaf(body) }
  }

  /// The array of this literal's values, each converted to `dtype` once.
  func array(_ dtype: DType) -> NDArray {
    dtype.accept(Builder(literal: self))
  }

  private struct Builder: ElementTypeVisitor {
    let literal: ArrayLiteral
    func visit<E: ArrayElement>(_ type: E.Type) -> NDArray {
      var elements: [E] = []
      literal.forEachLeaf { leaf in
        switch leaf {
        case .integer(let value): elements.append(E(converting: value))
        case .number(let value): elements.append(E(converting: value))
        case .boolean(let value): elements.append(E(converting: value))
        case .list: break
        }
      }
      return NDArray(elements, shape: literal.shape)
    }
  }
}

extension ArrayLiteral: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A number with a fraction.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// A list of literals.
  public init(arrayLiteral elements: ArrayLiteral...) { self = .list(elements) }
}
