import JacquardArrays

/// Reverses the first `length` steps of each row of a batch, and leaves the rest where it is.
struct ReverseSequence: Op {
  var sequenceAxis: Int
  var batchAxis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(1, role: "lengths")
    let (shape, lengths) = (operands[0].shape, operands[1].shape)
    guard let steps = try shape.checkedAxis(sequenceAxis),
      let batch = try shape.checkedAxis(batchAxis)
    else { return [operands[0]] }
    guard steps != batch else {
      throw TypeRuleError(
        "sequenceAxis and batchAxis are both \(steps)", remedy: "name two different axes")
    }
    guard lengths.isCompatible(with: PartialShape([shape[batch]])) else {
      throw TypeRuleError(
        "lengths of shape \(lengths) for a batch of \(shape[batch].map(String.init) ?? "?") rows",
        remedy: "give one length for each index of axis \(batchAxis)")
    }
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let gradient = upstream[0]?.reverseSequence(
      lengths: call.operands[1], sequenceAxis: sequenceAxis, batchAxis: batchAxis)
    return [gradient, nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    let steps = shape.normalized(axis: sequenceAxis)
    let batch = shape.normalized(axis: batchAxis)
    return ReverseSequenceKernel(
      shape, steps: steps, batch: batch, dtype: context.dtype(0), lengthDType: context.dtype(1),
      location: context.location)
  }
}

/// x seen as `[outer, first, between, second, inner]`, where first and second are batch and steps in either order.
struct ReverseSequenceKernel: Kernel {
  private let outer: Int
  private let between: Int
  private let rows: Int
  private let steps: Int
  private let rowStride: Int
  private let stepStride: Int
  private let betweenStride: Int
  private let outerStride: Int
  private let blockSize: Int
  private let lengthDType: DType
  private let location: KernelLocation
  private let cut: WorkCut

  init(
    _ shape: [Int], steps: Int, batch: Int, dtype: DType, lengthDType: DType,
    location: KernelLocation
  ) {
    let strides = ShapeArithmetic.rowMajorStrides(shape).map { $0 * dtype.byteCount }
    let (low, high) = (min(steps, batch), max(steps, batch))
    outer = shape[..<low].reduce(1, *)
    between = shape[(low + 1)..<high].reduce(1, *)
    rows = shape[batch]
    self.steps = shape[steps]
    rowStride = strides[batch]
    stepStride = strides[steps]
    betweenStride = strides[high] * shape[high]
    outerStride = strides[low] * shape[low]
    blockSize = strides[high]
    self.lengthDType = lengthDType
    self.location = location
    cut = WorkCut(
      rows, costPerItem: outer * between * self.steps * (blockSize / dtype.byteCount))
  }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let lengths = IndexPointer(buffers.operand(1), dtype: lengthDType)
    for row in cut.range(chunk) {
      var length = lengths[row]
      if length < 0 || length > steps {
        buffers.status.fail(
          .lengthOutOfRange, at: location, row: row, detail: Int64(length), limit: Int64(steps))
        length = 0
      }
      for o in 0..<outer {
        for m in 0..<between {
          let base = o * outerStride + m * betweenStride + row * rowStride
          for step in 0..<steps {
            let origin = step < length ? length - 1 - step : step
            (buffers.result(0) + base + step * stepStride).copyMemory(
              from: buffers.operand(0) + base + origin * stepStride, byteCount: blockSize)
          }
        }
      }
    }
  }
}

extension Tensor {
  /// This tensor with the first `lengths[b]` steps of each row b reversed, and the rest left where it is.
  ///
  /// - Parameters:
  ///   - lengths: `[batch]`, int32 or int64; one outside `0...steps` fails the run.
  ///   - sequenceAxis: the axis of the steps.
  ///   - batchAxis: the axis of the rows.
  public func reverseSequence(
    lengths: Tensor, sequenceAxis: Int, batchAxis: Int = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      ReverseSequence(sequenceAxis: sequenceAxis, batchAxis: batchAxis), self, lengths, file: file,
      line: line)
  }
}
