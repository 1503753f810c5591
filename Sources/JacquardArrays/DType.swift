/// The element type of an array or a tensor.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  /// IEEE 754 single precision.
  case float32
  /// IEEE 754 double precision.
  case float64
  /// Two's complement, 32 bits.
  case int32
  /// Two's complement, 64 bits.
  case int64
  /// Unsigned, 8 bits.
  case uint8
  /// One byte, 0 or 1.
  case bool

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .uint8, .bool: 1
    }
  }

  /// Whether elements have a fraction: `float32` or `float64`.
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  /// Whether elements are whole numbers: `int32`, `int64` or `uint8`.
  public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 }

  /// Whether elements are numbers: everything but `bool`.
  public var isNumeric: Bool { self != .bool }

  /// Whether elements are whole numbers that can be negative: `int32` or `int64`.
  public var isSignedInteger: Bool { self == .int32 || self == .int64 }

  /// The name that descriptions and encoded arrays use, for example `float32`.
  public var name: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .bool: "bool"
    }
  }

  /// The element type called `name`, or `nil` where there is none.
  public init?(name: String) {
    guard let match = DType.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

extension DType: CustomStringConvertible {
  /// The name, for example `float32`.
  public var description: String { name }
}

extension DType: Codable {
  /// Decodes the name of an element type.
  ///
  /// - Throws: `DecodingError.dataCorrupted` for a name that no element type has.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let dtype = DType(name: name) else {
      let known = DType.allCases.map(\.name).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(name)' is not an element type; known are \(known)")
    }
    self = dtype
  }

  /// Encodes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

/// A generic computation that is carried out for the Swift type of a `DType`.
protocol ElementTypeVisitor {
  associatedtype Result
  func visit<E: ArrayElement>(_ type: E.Type) -> Result
}

extension DType {
  /// Calls `visitor` with the Swift type of this element type; each case is specialised.
  func accept<V: ElementTypeVisitor>(_ visitor: V) -> V.Result {
    switch self {
    case .float32: visitor.visit(Float.self)
    case .float64: visitor.visit(Double.self)
    case .int32: visitor.visit(Int32.self)
    case .int64: visitor.visit(Int64.self)
    case .uint8: visitor.visit(UInt8.self)
    case .bool: visitor.visit(Bool.self)
    }
  }
}
