import JacquardArrays

/// What the second operand of an integer op must not be.
enum OperandCheck: Sendable {
  /// Zero.
  case divisor
  /// Negative.
  case exponent

  func allows<E: ArrayElement & BinaryInteger>(_ element: E) -> Bool {
    switch self {
    case .divisor: element != 0
    case .exponent: element >= 0
    }
  }

  var message: String {
    switch self {
    case .divisor: "a whole number is divided by zero"
    case .exponent: "a whole number has a negative exponent"
    }
  }
}

extension ElementwiseOp {
  /// The usual kernel; for integers one that looks at the second operand first.
  func lowerChecked(_ context: LoweringContext, _ check: OperandCheck) throws -> any Kernel {
    let dtypes = context.operands.map(\.dtype)
    let kernel = try ElementwiseKernel(
      name: Self.name, expression: lanes(dtypes), context: context)
    guard canFail(dtypes), !context.resultShape().contains(0) else { return kernel }
    return CheckedElementwiseKernel(
      kernel: kernel, check: check, dtype: dtypes[1],
      count: ShapeArithmetic.elementCount(context.shape(1)), location: context.location)
  }
}

/// An elementwise kernel whose second operand may be wrong.
struct CheckedElementwiseKernel: Kernel {
  let kernel: ElementwiseKernel
  let check: OperandCheck
  let dtype: DType
  let count: Int
  let location: KernelLocation

  var name: String { kernel.name }
  // One chunk: the result may lie over the operand that is looked at.
  var kind: KernelKind { .elementwise }
  var chunkCount: Int { 1 }
  var scratchByteCount: Int { kernel.scratchByteCount }
  var floatingPointOperations: Int { kernel.floatingPointOperations }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    kernel.memoryTraffic(overwriting: operand)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    switch dtype {
    case .int32: inspect(buffers.operand(1, as: Int32.self), buffers.status)
    case .int64: inspect(buffers.operand(1, as: Int64.self), buffers.status)
    case .uint8: inspect(buffers.operand(1, as: UInt8.self), buffers.status)
    case .float32, .float64, .bool: break
    }
    for chunk in 0..<kernel.chunkCount { kernel.run(buffers, chunk: chunk) }
  }

  private func inspect<E: ArrayElement & BinaryInteger>(
    _ elements: UnsafePointer<E>, _ status: RunStatus
  ) {
    for index in 0..<count where !check.allows(elements[index]) {
      status.fail(
        .invalidValue, at: location, row: index, detail: elements[index].int64Value,
        message: check.message)
      return
    }
  }
}
