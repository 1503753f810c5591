import JacquardArrays

/// The gradient of a convolution with respect to the filter.
///
/// Operands: what is convolved, the gradient of the result, and the filter, of which only the shape matters.
struct ConvolutionFilterGradient: Op {
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    let dtype = try operands.requireSameDType()
    try placement.requireGradient(
      operands[1], ofResult: placement.convolution(of: operands[0], with: operands[2]))
    return [TensorType(dtype, operands[2].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let filterUpstream = upstream[0] else { return [nil, nil, nil] }
    let (x, dy) = (call.operands[0], call.operands[1])
    return [
      call.graph.insert(ConvolutionInputGradient(placement: placement), dy, filterUpstream, x),
      call.graph.insert(Convolution(placement: placement), x, filterUpstream),
      nil,
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let filter = context.shape(2)
    let geometry = try WindowGeometry(
      context.shape(0), window: Array(filter.dropLast(2)), placement)
    return ConvolutionFilterGradientKernel(
      geometry, filters: filter[filter.count - 1], dtype: context.dtype(0))
  }

  func usesElements(ofOperand index: Int) -> Bool { index != 2 }

  var attributeDescription: String { placement.description }
}

/// Multiplies the transposed patch matrix with gradients; each chunk has columns of the matrix of its own.
struct ConvolutionFilterGradientKernel: FloatingKernel {
  private let patches: PatchMatrix
  private let filters: Int
  let dtype: DType
  private let cut: WorkCut
  private let chunkColumns: Int
  private let tileRows: Int

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, filters: Int, dtype: DType) {
    patches = PatchMatrix(geometry)
    self.filters = filters
    self.dtype = dtype
    let cut = WorkCut(
      patches.columnCount, costPerItem: 2 * geometry.placeCount * filters,
      grain: ConvolutionKernel.grain, multipleOf: 8, atMost: ConvolutionKernel.maximumChunkCount)
    self.cut = cut
    chunkColumns = (0..<cut.chunkCount).map { cut.range($0).count }.max() ?? 0
    let rows = patches.tileRows(columns: chunkColumns, elementSize: dtype.byteCount)
    tileRows = max(1, min(rows, geometry.placeCount))
  }

  var name: String { ConvolutionFilterGradient.name }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var scratchByteCount: Int { needsTiles ? chunkCount * tileByteCount : 0 }
  var floatingPointOperations: Int { 2 * patches.rowCount * patches.columnCount * filters }

  private var needsTiles: Bool { !patches.geometry.isPointwise && filters > 0 }
  private var tileByteCount: Int { tileRows * chunkColumns * dtype.byteCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let columns = cut.range(chunk)
    guard filters > 0, !columns.isEmpty else { return }
    let x = buffers.operand(0, as: type)
    let target = buffers.result(0, as: type) + columns.lowerBound * filters
    let tile = (buffers.scratch + (needsTiles ? chunk * tileByteCount : 0))
      .assumingMemoryBound(to: type)
    if patches.rowCount == 0 {
      target.update(repeating: .additiveIdentity, count: columns.count * filters)
    }
    for start in stride(from: 0, to: patches.rowCount, by: tileRows) {
      let rows = start..<min(patches.rowCount, start + tileRows)
      if needsTiles { patches.copy(rows: rows, columns: columns, of: x, to: tile) }
      let part = GEMMPart<Element>(
        rows: columns.count, columns: filters, inner: rows.count,
        a: needsTiles
          ? UnsafePointer(tile) : x + start * patches.columnCount + columns.lowerBound,
        strideA: needsTiles ? columns.count : patches.columnCount, transposeA: true,
        b: buffers.operand(1, as: type) + start * filters, strideB: filters, transposeB: false,
        target: target, targetStride: filters, accumulates: start > 0)
      part.multiply()
    }
  }
}
