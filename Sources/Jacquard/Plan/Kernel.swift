import JacquardArrays

/// A computation over raw buffers: one step of a plan.
///
/// A kernel does not throw and does not allocate. What it finds wrong (an index out of range, a NaN under a check) it
/// writes to the run's ``RunStatus``, puts a safe value, and goes on; the run throws before anything is committed.
///
/// Work is cut into `chunkCount` chunks that may run on different threads in any order. The cut depends on shapes only,
/// never on the number of threads, so results are bitwise the same for any number.
public protocol Kernel: Sendable {
  /// The name a plan shows.
  var name: String { get }

  /// How many pieces the work is cut into.
  var chunkCount: Int { get }

  /// Bytes of scratch memory that the kernel wants while it runs (`buffers.scratch`), 64-byte aligned.
  var scratchByteCount: Int { get }

  /// Floating-point operations of one execution, for profiles; an instruction counts as one for each element, whatever it costs.
  var floatingPointOperations: Int { get }

  /// What it does in the main, for profiles.
  var kind: KernelKind { get }

  /// The bytes of operands that one execution reads, and of results that it writes, each byte once; `nil` if it is all of both.
  ///
  /// - Parameter operand: the operand that result 0 is written over, if it is.
  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic?

  /// Whether result `result` may lie where operand `operand`, an array of its type, does, whatever other results lie over other
  /// operands.
  func canWrite(result: Int, over operand: Int) -> Bool

  /// Computes one chunk.
  func run(_ buffers: KernelBuffers, chunk: Int)
}

extension Kernel {
  /// The name of the type, less `Kernel`.
  public var name: String {
    let type = "\(Self.self)"
    return type.hasSuffix("Kernel") ? String(type.dropLast(6)) : type
  }
  /// One piece.
  public var chunkCount: Int { 1 }
  /// No scratch memory.
  public var scratchByteCount: Int { 0 }
  /// Not counted.
  public var floatingPointOperations: Int { 0 }
  /// Anything else.
  public var kind: KernelKind { .other }
  /// All operands and results.
  public func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? { nil }
  /// It may not.
  public func canWrite(result: Int, over operand: Int) -> Bool { false }
}

/// What kernels do in the main, as profiles sum them up.
public enum KernelKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Products of matrices, packing them, convolutions.
  case matrixProduct
  /// Each element of the result from those at its place.
  case elementwise
  /// Sums, maxima, searches, softmax, pooling: many elements into few.
  case reduction
  /// Elements moved, repeated or filled in, none computed.
  case copy
  /// Draws from random streams.
  case random
  /// Anything else: closures, printing, checks.
  case other
}

/// How many bytes a kernel moves.
public struct MemoryTraffic: Sendable, Hashable, Codable {
  /// Bytes of operands.
  public var read: Int
  /// Bytes of results.
  public var written: Int

  /// So many bytes of operands and results.
  public init(read: Int, written: Int) {
    self.read = read
    self.written = written
  }
}

/// The memory a kernel works on: operands, results and scratch, resolved for this execution.
public struct KernelBuffers {
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  let slots: UnsafePointer<Int32>
  let operandCount: Int
  /// Where failures are reported.
  public unowned(unsafe) let status: RunStatus
  /// The kernel's scratch memory; meaningless if it asked for none.
  public let scratch: UnsafeMutableRawPointer

  /// The elements of operand `index`, dense and row-major; aligned for one element, no more.
  public func operand(_ index: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(pointers[Int(slots[index])])
  }

  /// The memory of result `index`, dense and row-major.
  public func result(_ index: Int) -> UnsafeMutableRawPointer {
    pointers[Int(slots[operandCount + index])]
  }

  /// The elements of operand `index` as `Element`.
  public func operand<Element: ArrayElement>(_ index: Int, as type: Element.Type) -> UnsafePointer<
    Element
  > {
    operand(index).assumingMemoryBound(to: Element.self)
  }

  /// The memory of result `index` as `Element`.
  public func result<Element: ArrayElement>(_ index: Int, as type: Element.Type)
    -> UnsafeMutablePointer<Element>
  {
    result(index).assumingMemoryBound(to: Element.self)
  }
}

/// What an op sees when it lowers to a kernel: full shapes, and nothing of the schedule.
public struct LoweringContext: Sendable {
  /// The operand types; every dimension is known.
  public var operands: [TensorType]
  /// The result types; every dimension is known.
  public var results: [TensorType]
  /// The elements of operands that are known at compile time.
  public var constants: [NDArray?]
  /// Where the operation stands, for failures at run time.
  public var location: KernelLocation

  /// The full shape of operand `index`.
  public func shape(_ index: Int) -> [Int] { operands[index].shape.known ?? [] }
  /// The full shape of result `index`.
  public func resultShape(_ index: Int = 0) -> [Int] { results[index].shape.known ?? [] }
  /// The element type of operand `index`.
  public func dtype(_ index: Int) -> DType { operands[index].dtype }
}

/// The operation a kernel was made from, as an index that a failure can carry.
public struct KernelLocation: Sendable, Hashable {
  /// The operation's index in its graph, or −1.
  public var operation: Int32

  /// A location from the index of an operation in its graph.
  public init(operation: Int32) { self.operation = operation }
}

/// Thrown when an op cannot be lowered for the given types.
public struct LoweringError: Error, Sendable {
  /// What cannot be lowered, and why.
  public var message: String

  /// An error from a description.
  public init(_ message: String) { self.message = message }
}
