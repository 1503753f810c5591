import JacquardArrays

/// The convolution (in truth the correlation, as everywhere in machine learning) of a batch with a filter, over one axis or two.
struct Convolution: Op {
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let dtype = try operands.requireSameDType()
    return [TensorType(dtype, try placement.convolution(of: operands[0], with: operands[1]))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil, nil] }
    let (x, filter) = (call.operands[0], call.operands[1])
    return [
      call.graph.insert(ConvolutionInputGradient(placement: placement), dy, filter, x),
      call.graph.insert(ConvolutionFilterGradient(placement: placement), x, dy, filter),
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let filter = context.shape(1)
    let geometry = try WindowGeometry(
      context.shape(0), window: Array(filter.dropLast(2)), placement)
    return ConvolutionKernel(geometry, filters: filter[filter.count - 1], dtype: context.dtype(0))
  }

  var attributeDescription: String { placement.description }
}

/// Multiplies tiles of the patch matrix with the filter, `[window · in, out]`.
struct ConvolutionKernel: FloatingKernel {
  private let patches: PatchMatrix
  private let filters: Int
  let dtype: DType
  private let cut: WorkCut
  private let tileRows: Int

  static let grain = 2_000_000
  static let maximumChunkCount = 16

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, filters: Int, dtype: DType) {
    patches = PatchMatrix(geometry)
    self.filters = filters
    self.dtype = dtype
    cut = WorkCut(
      geometry.placeCount, costPerItem: 2 * patches.columnCount * filters, grain: Self.grain,
      multipleOf: 16, atMost: Self.maximumChunkCount)
    tileRows = patches.tileRows(columns: patches.columnCount, elementSize: dtype.byteCount)
  }

  var name: String { Convolution.name }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var scratchByteCount: Int { needsTiles ? chunkCount * tileByteCount : 0 }
  var floatingPointOperations: Int { 2 * patches.rowCount * patches.columnCount * filters }

  private var needsTiles: Bool { !patches.geometry.isPointwise && filters > 0 }
  private var tileByteCount: Int { tileRows * patches.columnCount * dtype.byteCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    guard filters > 0 else { return }
    let x = buffers.operand(0, as: type)
    let tile = (buffers.scratch + (needsTiles ? chunk * tileByteCount : 0))
      .assumingMemoryBound(to: type)
    let inner = patches.columnCount
    let range = cut.range(chunk)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: tileRows) {
      let rows = start..<min(range.upperBound, start + tileRows)
      if needsTiles { patches.copy(rows: rows, columns: 0..<inner, of: x, to: tile) }
      let part = GEMMPart<Element>(
        rows: rows.count, columns: filters, inner: inner,
        a: needsTiles ? UnsafePointer(tile) : x + start * inner, strideA: inner, transposeA: false,
        b: buffers.operand(1, as: type), strideB: filters, transposeB: false,
        target: buffers.result(0, as: type) + start * filters, targetStride: filters)
      part.multiply()
    }
  }
}

/// The convolution of sequences with a filter, as `tf.nn.conv1d`: `[batch, steps, in]` to `[batch, steps′, out]`.
///
/// - Parameters:
///   - x: `[batch, steps, in]`, float32 or float64; batch and steps may be open.
///   - filter: `[window, in, out]`; it is not flipped.
///   - stride: how many steps the window moves.
///   - padding: what happens at the ends.
///   - dilation: how many steps apart the elements of the window are.
public func convolution1D(
  _ x: Tensor, _ filter: Tensor, stride: Int = 1, padding: Padding = .same, dilation: Int = 1,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let placement = WindowPlacement(strides: [stride], dilations: [dilation], padding: padding)
  return x.graph.insert(
    Convolution(placement: placement), x, filter, name: name, file: file, line: line)
}

/// The convolution of images with a filter, as `tf.nn.conv2d`: `[batch, rows, columns, in]` to `[batch, rows′, columns′, out]`.
///
/// - Parameters:
///   - x: `[batch, rows, columns, in]`, float32 or float64; batch, rows and columns may be open.
///   - filter: `[rows, columns, in, out]`; it is not flipped.
///   - strides: how far the window moves along rows and columns.
///   - padding: what happens at the edges.
///   - dilations: how far apart the elements of the window are along rows and columns.
public func convolution2D(
  _ x: Tensor, _ filter: Tensor, strides: (Int, Int) = (1, 1), padding: Padding = .same,
  dilations: (Int, Int) = (1, 1), name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let placement = WindowPlacement(
    strides: [strides.0, strides.1], dilations: [dilations.0, dilations.1], padding: padding)
  return x.graph.insert(
    Convolution(placement: placement), x, filter, name: name, file: file, line: line)
}
