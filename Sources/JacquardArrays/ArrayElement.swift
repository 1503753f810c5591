/// A Swift type that can be an element of an `NDArray`.
///
/// Conversions follow C and NumPy: fractions are cut off, whole numbers wrap around, and every
/// number but zero is `true`. A float beyond the range of `int32` or `int64`, or a NaN, becomes the
/// smallest integer, as on x86.
public protocol ArrayElement: Sendable, Hashable, BitwiseCopyable {
  /// The element type of arrays of `Self`.
  static var dtype: DType { get }

  /// Converts an element of any type.
  init<Source: ArrayElement>(converting source: Source)

  /// This value as `float32`.
  var float32Value: Float { get }
  /// This value as `float64`.
  var float64Value: Double { get }
  /// This value as `int32`.
  var int32Value: Int32 { get }
  /// This value as `int64`.
  var int64Value: Int64 { get }
  /// This value as `uint8`.
  var uint8Value: UInt8 { get }
  /// This value as `bool`.
  var boolValue: Bool { get }
}

extension Float: ArrayElement {
  /// `float32`.
  public static var dtype: DType { .float32 }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.float32Value }
  /// This value.
  public var float32Value: Float { self }
  /// This value as `float64`.
  public var float64Value: Double { Double(self) }
  /// The whole part.
  public var int32Value: Int32 {
    self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min
  }
  /// The whole part.
  public var int64Value: Int64 {
    self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min
  }
  /// The low byte of the whole part.
  public var uint8Value: UInt8 { UInt8(truncatingIfNeeded: int32Value) }
  /// Whether this value is not zero.
  public var boolValue: Bool { self != 0 }
}

extension Double: ArrayElement {
  /// `float64`.
  public static var dtype: DType { .float64 }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.float64Value }
  /// The nearest `float32`.
  public var float32Value: Float { Float(self) }
  /// This value.
  public var float64Value: Double { self }
  /// The whole part.
  public var int32Value: Int32 {
    self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min
  }
  /// The whole part.
  public var int64Value: Int64 {
    self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min
  }
  /// The low byte of the whole part.
  public var uint8Value: UInt8 { UInt8(truncatingIfNeeded: int32Value) }
  /// Whether this value is not zero.
  public var boolValue: Bool { self != 0 }
}

extension ArrayElement where Self: FixedWidthInteger {
  /// This value as `int32`, wrapped around.
  public var int32Value: Int32 { Int32(truncatingIfNeeded: self) }
  /// This value as `int64`.
  public var int64Value: Int64 { Int64(truncatingIfNeeded: self) }
  /// This value as `uint8`, wrapped around.
  public var uint8Value: UInt8 { UInt8(truncatingIfNeeded: self) }
  /// Whether this value is not zero.
  public var boolValue: Bool { self != 0 }
}

extension Int32: ArrayElement {
  /// `int32`.
  public static var dtype: DType { .int32 }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.int32Value }
  /// The nearest `float32`.
  public var float32Value: Float { Float(self) }
  /// This value as `float64`.
  public var float64Value: Double { Double(self) }
}

extension Int64: ArrayElement {
  /// `int64`.
  public static var dtype: DType { .int64 }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.int64Value }
  /// The nearest `float32`.
  public var float32Value: Float { Float(self) }
  /// The nearest `float64`.
  public var float64Value: Double { Double(self) }
}

extension UInt8: ArrayElement {
  /// `uint8`.
  public static var dtype: DType { .uint8 }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.uint8Value }
  /// This value as `float32`.
  public var float32Value: Float { Float(self) }
  /// This value as `float64`.
  public var float64Value: Double { Double(self) }
}

extension Bool: ArrayElement {
  /// `bool`.
  public static var dtype: DType { .bool }
  /// Converts an element of any type.
  public init<Source: ArrayElement>(converting source: Source) { self = source.boolValue }
  /// 1 for `true`, 0 for `false`.
  public var float32Value: Float { self ? 1 : 0 }
  /// 1 for `true`, 0 for `false`.
  public var float64Value: Double { self ? 1 : 0 }
  /// 1 for `true`, 0 for `false`.
  public var int32Value: Int32 { self ? 1 : 0 }
  /// 1 for `true`, 0 for `false`.
  public var int64Value: Int64 { self ? 1 : 0 }
  /// 1 for `true`, 0 for `false`.
  public var uint8Value: UInt8 { self ? 1 : 0 }
  /// This value.
  public var boolValue: Bool { self }
}
