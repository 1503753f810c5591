import JacquardArrays

/// The gradient of a convolution with respect to what is convolved.
///
/// Operands: the gradient of the result, the filter, and what is convolved, of which only the shape matters.
struct ConvolutionInputGradient: Op {
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    let dtype = try operands.requireSameDType()
    try placement.requireGradient(
      operands[0], ofResult: placement.convolution(of: operands[2], with: operands[1]))
    return [TensorType(dtype, operands[2].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dx = upstream[0] else { return [nil, nil, nil] }
    let (dy, filter) = (call.operands[0], call.operands[1])
    return [
      call.graph.insert(Convolution(placement: placement), dx, filter),
      call.graph.insert(ConvolutionFilterGradient(placement: placement), dx, dy, filter),
      nil,
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let filter = context.shape(1)
    let geometry = try WindowGeometry(
      context.shape(2), window: Array(filter.dropLast(2)), placement)
    return ConvolutionInputGradientKernel(
      geometry, filters: filter[filter.count - 1], dtype: context.dtype(0))
  }

  func usesElements(ofOperand index: Int) -> Bool { index != 2 }

  var attributeDescription: String { placement.description }
}

/// Multiplies gradients with the transposed filter, and adds up the patches that come out, image by image.
struct ConvolutionInputGradientKernel: FloatingKernel {
  private let patches: PatchMatrix
  private let filters: Int
  let dtype: DType
  private let cut: WorkCut
  private let tileRows: Int

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, filters: Int, dtype: DType) {
    patches = PatchMatrix(geometry)
    self.filters = filters
    self.dtype = dtype
    cut = WorkCut(
      geometry.batch,
      costPerItem: 2 * geometry.placesPerImage * patches.columnCount * filters,
      grain: ConvolutionKernel.grain, atMost: ConvolutionKernel.maximumChunkCount)
    let rows = patches.tileRows(columns: patches.columnCount, elementSize: dtype.byteCount)
    tileRows = max(1, min(rows, geometry.placesPerImage))
  }

  var name: String { ConvolutionInputGradient.name }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var scratchByteCount: Int { needsTiles ? chunkCount * tileByteCount : 0 }
  var floatingPointOperations: Int { 2 * patches.rowCount * patches.columnCount * filters }

  private var needsTiles: Bool { !patches.geometry.isPointwise && filters > 0 }
  private var tileByteCount: Int { tileRows * patches.columnCount * dtype.byteCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let geometry = patches.geometry
    let dx = buffers.result(0, as: type)
    let tile = (buffers.scratch + (needsTiles ? chunk * tileByteCount : 0))
      .assumingMemoryBound(to: type)
    for image in cut.range(chunk) {
      (dx + image * geometry.imageSize).update(
        repeating: .additiveIdentity, count: geometry.imageSize)
      guard filters > 0, geometry.imageSize > 0 else { continue }
      let first = image * geometry.placesPerImage
      let end = first + geometry.placesPerImage
      for start in stride(from: first, to: end, by: tileRows) {
        let rows = start..<min(end, start + tileRows)
        let part = GEMMPart<Element>(
          rows: rows.count, columns: patches.columnCount, inner: filters,
          a: buffers.operand(0, as: type) + start * filters, strideA: filters, transposeA: false,
          b: buffers.operand(1, as: type), strideB: filters, transposeB: true,
          target: needsTiles ? tile : dx + start * geometry.channels,
          targetStride: patches.columnCount)
        part.multiply()
        if needsTiles { patches.add(rows: rows, of: tile, to: dx) }
      }
    }
  }
}
