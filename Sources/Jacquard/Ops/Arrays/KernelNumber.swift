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

/// A kernel whose work is written once for all element types.
///
/// The kernel itself is not generic: behind `any Kernel` a generic type would run unspecialised, some fifty times slower.
protocol NumericKernel: Kernel {
  /// The element type; a bool counts as the byte it is stored in.
  var dtype: DType { get }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int)
}

extension NumericKernel {
  func run(_ buffers: KernelBuffers, chunk: Int) {
    switch dtype {
    case .float32: run(Float.self, buffers, chunk: chunk)
    case .float64: run(Double.self, buffers, chunk: chunk)
    case .int32: run(Int32.self, buffers, chunk: chunk)
    case .int64: run(Int64.self, buffers, chunk: chunk)
    case .uint8, .bool: run(UInt8.self, buffers, chunk: chunk)
    }
  }
}

/// The same for float32 and float64.
protocol FloatingKernel: Kernel {
  /// float32 or float64.
  var dtype: DType { get }

  func run<Element: FloatingElement>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int)
}

extension FloatingKernel {
  func run(_ buffers: KernelBuffers, chunk: Int) {
    if dtype == .float32 {
      run(Float.self, buffers, chunk: chunk)
    } else {
      run(Double.self, buffers, chunk: chunk)
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
