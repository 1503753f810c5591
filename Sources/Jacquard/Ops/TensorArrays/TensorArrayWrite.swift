import JacquardArrays

/// Lays rows into the elements of a tensor array, at places that hold zeros since nothing has been written there.
///
/// Operands: the elements, `[size, …]`; the marks of the places, these rows included, which fail the run before a place is
/// written twice; the indices, int32 or int64; the rows, `indices.shape + […]`.
struct TensorArrayWrite: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(4)
    try operands.requireIndices(2, role: "indices")
    let (elements, rows) = (operands[0], operands[3])
    guard elements.dtype == rows.dtype else {
      throw TypeRuleError(
        "what is written is \(rows.dtype), the tensor array holds \(elements.dtype)",
        remedy: "cast it with .cast(to: .\(elements.dtype))")
    }
    guard let dimensions = elements.shape.dimensions, let places = operands[2].shape.dimensions
    else { return [elements] }
    guard !dimensions.isEmpty else {
      throw TypeRuleError(
        "the elements are \(elements), without an axis that counts them",
        remedy: "give elements [size, …]")
    }
    let wanted = PartialShape(places + dimensions.dropFirst())
    guard wanted.isCompatible(with: rows.shape) else {
      throw TypeRuleError(
        "what is written has shape \(rows.shape) at indices of shape \(operands[2].shape), but an element of the tensor array has shape \(PartialShape(Array(dimensions.dropFirst())))",
        remedy: "write a tensor of shape \(wanted)")
    }
    return [elements]
  }

  // A place holds zeros until it is written, so the gradient of what it held has nowhere to go: it may stay where it is.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0], nil, nil, upstream[0]?.gathered(at: call.operands[2])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    return TensorArrayWriteKernel(
      size: shape[0], rowByteCount: shape.dropFirst().reduce(context.dtype(0).byteCount, *),
      indexCount: context.shape(2).reduce(1, *), indexDType: context.dtype(2))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }
}

/// Copies rows to their places; the marks have reported those out of range.
struct TensorArrayWriteKernel: Kernel {
  let size: Int
  let rowByteCount: Int
  let indexCount: Int
  let indexDType: DType

  var kind: KernelKind { .copy }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    let rows = indexCount * rowByteCount
    let kept = operand == 0 ? 0 : size * rowByteCount
    return MemoryTraffic(
      read: rows + indexCount * indexDType.byteCount + kept, written: rows + kept)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let (source, elements) = (buffers.operand(0), buffers.result(0))
    let indices = IndexPointer(buffers.operand(2), dtype: indexDType)
    let rows = buffers.operand(3)
    if source != UnsafeRawPointer(elements) {
      elements.copyMemory(from: source, byteCount: size * rowByteCount)
    }
    for position in 0..<indexCount {
      let index = indices[position]
      guard index >= 0 && index < size else { continue }
      (elements + index * rowByteCount).copyMemory(
        from: rows + position * rowByteCount, byteCount: rowByteCount)
    }
  }
}
