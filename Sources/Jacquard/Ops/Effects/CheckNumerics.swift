import JacquardArrays

/// Its operand, if all elements are finite; otherwise the run fails.
struct CheckNumerics: PassThroughOp {
  var message: String

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    guard operands[0].dtype.isFloatingPoint else {
      throw TypeRuleError(
        "takes a floating-point dtype, not \(operands[0].dtype)",
        remedy: "leave the check out: integers are always finite")
    }
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { upstream }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    CheckNumericsKernel(context, message: message)
  }

  var effect: Effect { .external }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }
}

struct CheckNumericsKernel: FloatingKernel {
  static let elementsPerChunk = 65_536

  let dtype: DType
  let count: Int
  let message: String
  let location: KernelLocation

  init(_ context: LoweringContext, message: String) {
    dtype = context.dtype(0)
    count = context.shape(0).reduce(1, *)
    self.message = message
    location = context.location
  }

  var chunkCount: Int { (count + Self.elementsPerChunk - 1) / Self.elementsPerChunk }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let start = chunk * Self.elementsPerChunk
    let part = min(Self.elementsPerChunk, count - start)
    let x = buffers.operand(0, as: Element.self) + start
    let out = buffers.result(0, as: Element.self) + start
    let found = Element.firstNonFinite(part, x)
    if found >= 0 {
      buffers.status.fail(
        .notFinite, at: location, row: start + found, limit: Int64(count),
        message: "\(message): \(x[found])")
    }
    if UnsafeRawPointer(x) != UnsafeRawPointer(out) { out.update(from: x, count: part) }
  }
}

/// `x` itself; the run fails if one of its elements is infinite or NaN, and names the first, counted row-major, with `message`.
///
/// The check happens where the result is used, and in every iteration of the loop it stands in.
public func checkNumerics(
  _ x: Tensor, _ message: String, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  x.graph.insert(CheckNumerics(message: message), x, name: name, file: file, line: line)
}
