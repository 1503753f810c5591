import JacquardArrays

/// The slices of the first operand along an axis at the indices in the second.
struct Gather: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(1, role: "indices")
    let (shape, indices) = (operands[0].shape, operands[1].shape)
    guard let index = try shape.checkedAxis(axis), let dimensions = shape.dimensions,
      let places = indices.dimensions
    else { return [TensorType(operands[0].dtype, .unknown)] }
    let result = Array(dimensions[..<index]) + places + dimensions[(index + 1)...]
    return [TensorType(operands[0].dtype, PartialShape(result))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let (x, indices) = (call.operands[0], call.operands[1])
    return [upstream[0].map { scatterAdd($0, at: indices, like: x, axis: axis) }, nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    return GatherKernel(
      AxisView(shape, axis: axis),
      indexCount: context.shape(1).reduce(1, *), dtype: context.dtype(0),
      indexDType: context.dtype(1), location: context.location)
  }
}

/// Copies rows `x[outer, index, inner]` to `[outer, position, inner]`; a row of zeros for an index out of range.
struct GatherKernel: Kernel {
  private let view: AxisView
  private let indexCount: Int
  private let rowSize: Int
  private let indexDType: DType
  private let location: KernelLocation
  private let cut: WorkCut

  init(
    _ view: AxisView, indexCount: Int, dtype: DType, indexDType: DType, location: KernelLocation
  ) {
    self.view = view
    self.indexCount = indexCount
    self.indexDType = indexDType
    self.location = location
    rowSize = view.inner * dtype.byteCount
    cut = WorkCut(view.outer * indexCount, costPerItem: view.inner)
  }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    let elements = view.outer * indexCount * rowSize
    return MemoryTraffic(
      read: elements + indexCount * indexDType.byteCount, written: elements)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let indices = IndexPointer(buffers.operand(1), dtype: indexDType)
    let (source, target) = (buffers.operand(0), buffers.result(0))
    for row in cut.range(chunk) {
      let position = row % indexCount
      let index = indices[position]
      let place = target + row * rowSize
      guard index >= 0 && index < view.length else {
        buffers.status.fail(
          .indexOutOfRange, at: location, row: position, detail: Int64(index),
          limit: Int64(view.length))
        place.initializeMemory(as: UInt8.self, repeating: 0, count: rowSize)
        continue
      }
      let origin = row / indexCount * view.length + index
      place.copyMemory(from: source + origin * rowSize, byteCount: rowSize)
    }
  }
}

extension Tensor {
  /// The slices along `axis` at `indices`: `[…, n, …]` and indices `[k]` make `[…, k, …]`.
  ///
  /// The dimensions of `indices` take the place of the axis. An index outside `0..<n` fails the run. The gradient adds up
  /// what slices taken several times receive.
  ///
  /// - Parameters:
  ///   - indices: int32 or int64, of any shape.
  ///   - axis: the axis to take slices along, negative if counted from the end.
  public func gathered(
    at indices: Tensor, axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Gather(axis: axis), self, indices, file: file, line: line)
  }
}
