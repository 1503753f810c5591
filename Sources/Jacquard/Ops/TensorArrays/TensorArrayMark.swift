import JacquardArrays

/// Marks the places of a tensor array at indices as written; a place that is marked already fails the run.
///
/// Operands: the marks, bool `[size]`, and the indices, int32 or int64 of any shape.
struct TensorArrayMark: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(1, role: "indices")
    guard operands[0].dtype == .bool, operands[0].shape.isCompatible(with: [nil]) else {
      throw TypeRuleError(
        "the marks are \(operands[0]), not a vector of bools", remedy: "give bool marks [size]")
    }
    return [TensorType(.bool, [operands[0].shape[0]])]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    TensorArrayMarkKernel(
      size: context.shape(0)[0], indexCount: context.shape(1).reduce(1, *),
      indexDType: context.dtype(1), location: context.location)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }
}

struct TensorArrayMarkKernel: Kernel {
  let size: Int
  let indexCount: Int
  let indexDType: DType
  let location: KernelLocation

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let (source, marks) = (buffers.operand(0), buffers.result(0))
    let indices = IndexPointer(buffers.operand(1), dtype: indexDType)
    if source != UnsafeRawPointer(marks) { marks.copyMemory(from: source, byteCount: size) }
    for position in 0..<indexCount {
      let index = indices[position]
      guard index >= 0 && index < size else {
        buffers.status.fail(
          .indexOutOfRange, at: location, row: position, detail: Int64(index), limit: Int64(size))
        continue
      }
      if marks.load(fromByteOffset: index, as: UInt8.self) != 0 {
        buffers.status.fail(.writtenTwice, at: location, row: position, detail: Int64(index))
      }
      marks.storeBytes(of: 1, toByteOffset: index, as: UInt8.self)
    }
  }
}
