import JacquardArrays

/// An element type with the arithmetic that generic kernels need; integers wrap around.
protocol KernelNumber: ArrayElement, Comparable {
  static var additiveIdentity: Self { get }
  static var multiplicativeIdentity: Self { get }
  static func wrappingSum(_ a: Self, _ b: Self) -> Self
  static func wrappingProduct(_ a: Self, _ b: Self) -> Self
}

extension KernelNumber where Self: BinaryFloatingPoint {
  static var additiveIdentity: Self { 0 }
  static var multiplicativeIdentity: Self { 1 }
  @inline(__always) static func wrappingSum(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func wrappingProduct(_ a: Self, _ b: Self) -> Self { a * b }
}

extension KernelNumber where Self: FixedWidthInteger {
  static var additiveIdentity: Self { 0 }
  static var multiplicativeIdentity: Self { 1 }
  @inline(__always) static func wrappingSum(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func wrappingProduct(_ a: Self, _ b: Self) -> Self { a &* b }
}

extension Float: KernelNumber {}
extension Double: KernelNumber {}
extension Int32: KernelNumber {}
extension Int64: KernelNumber {}
extension UInt8: KernelNumber {}

/// Something that makes a kernel for the Swift type of a dtype.
protocol KernelFactory {
  func makeKernel<E: KernelNumber>(_ type: E.Type) -> any Kernel
}

extension KernelFactory {
  /// The kernel for elements of `dtype`.
  ///
  /// - Throws: ``LoweringError`` for bool, which is not a number.
  func kernel(for dtype: DType) throws -> any Kernel {
    switch dtype {
    case .float32: makeKernel(Float.self)
    case .float64: makeKernel(Double.self)
    case .int32: makeKernel(Int32.self)
    case .int64: makeKernel(Int64.self)
    case .uint8: makeKernel(UInt8.self)
    case .bool: throw LoweringError("there is no arithmetic on bool")
    }
  }
}

/// int32 or int64 indices behind a raw pointer.
struct IndexPointer {
  private let base: UnsafeRawPointer
  private let isWide: Bool

  init(_ base: UnsafeRawPointer, dtype: DType) {
    self.base = base
    isWide = dtype == .int64
  }

  /// The index at `position`.
  @inline(__always) subscript(position: Int) -> Int {
    isWide
      ? Int(base.loadUnaligned(fromByteOffset: position &* 8, as: Int64.self))
      : Int(base.loadUnaligned(fromByteOffset: position &* 4, as: Int32.self))
  }
}
