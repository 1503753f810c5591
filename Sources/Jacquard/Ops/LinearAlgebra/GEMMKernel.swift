import COpenBLAS
import JacquardArrays

/// The shape of a batched matrix product with row-major operands.
struct GEMMLayout: Sendable, Hashable {
  var rows: Int
  var columns: Int
  var inner: Int
  var transposeA: Bool
  var transposeB: Bool
  /// The batch dimensions of the result, and how many elements apart the operands' matrices are along each.
  var batch: [Int]
  var strideA: [Int]
  var strideB: [Int]

  init(a: [Int], b: [Int], transposeA: Bool, transposeB: Bool) {
    self.transposeA = transposeA
    self.transposeB = transposeB
    let (rankA, rankB) = (a.count, b.count)
    rows = transposeA ? a[rankA - 1] : a[rankA - 2]
    inner = transposeA ? a[rankA - 2] : a[rankA - 1]
    columns = transposeB ? b[rankB - 2] : b[rankB - 1]
    let (batchA, batchB) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
    batch = ShapeArithmetic.broadcast(batchA, batchB) ?? []
    strideA = ShapeArithmetic.broadcastStrides(from: batchA, to: batch)
    strideB = ShapeArithmetic.broadcastStrides(from: batchB, to: batch)
    for axis in batch.indices {
      strideA[axis] *= rows * inner
      strideB[axis] *= inner * columns
    }
    // Rows of a batch times one matrix are one product: [b, t, k]·[k, n] is [b·t, k]·[k, n].
    if !transposeA && batchB.allSatisfy({ $0 == 1 }) && batchA.reduce(1, *) == batch.reduce(1, *) {
      rows *= batch.reduce(1, *)
      (batch, strideA, strideB) = ([], [], [])
    }
  }

  var batchCount: Int { batch.reduce(1, *) }
  var productOperations: Int { 2 * rows * columns * inner }

  /// Where the operands' matrices of batch `index` start, in elements.
  func offsets(_ index: Int) -> (a: Int, b: Int) {
    var (rest, a, b) = (index, 0, 0)
    for axis in batch.indices.reversed() {
      let position = rest % batch[axis]
      rest /= batch[axis]
      a += position * strideA[axis]
      b += position * strideB[axis]
    }
    return (a, b)
  }
}

/// Part of a matrix product: `target[rows, columns] = op(a)·op(b)`, or added to it, with leading dimensions in elements.
struct GEMMPart<Element> {
  var rows: Int
  var columns: Int
  var inner: Int
  var a: UnsafePointer<Element>
  var strideA: Int
  var transposeA: Bool
  var b: UnsafePointer<Element>
  var strideB: Int
  var transposeB: Bool
  var target: UnsafeMutablePointer<Element>
  var targetStride: Int
  /// Whether the product is added to what `target` holds.
  var accumulates = false
}

/// An element type with a matrix product.
protocol GEMMElement: KernelNumber {
  static func multiply(_ part: GEMMPart<Self>)
  /// Whether small products may be faster than large ones.
  static var hasSmallProducts: Bool { get }
}

extension GEMMElement {
  static var hasSmallProducts: Bool { false }
}

/// A matrix product. One product is cut along the longer of rows and columns, several are dealt out whole.
///
/// The operand that the cut does not divide is read, and where there are no tiles (``GEMMTiling``) packed, for each chunk
/// anew, which costs least along the longer side. Chunks are a power of two, so that threads get equally many of them.
struct GEMMKernel: Kernel {
  private enum Cut { case batches, rows, columns }

  let layout: GEMMLayout
  let dtype: DType
  private let axis: Cut
  let cut: WorkCut
  /// The operand that the product is added to, of the product's shape.
  private let addend: Int?
  /// Where only some of the inner indices count.
  let live: LiveRows?

  private static let grain = 400_000
  private static let maximumChunkCount = 16
  /// Narrower strips waste the kernel's registers.
  private static let leastStrip = 64
  /// The least where what all strips read does not stay in a core's cache.
  private static let leastStripOfLarge = 128
  private static let cacheByteCount = 1 << 20

  /// - Parameters:
  ///   - dtype: float32, float64, int32 or int64.
  ///   - addend: the operand that the product is added to, if any; it may be where the result is.
  ///   - live: which inner indices of a product of two matrices count, the first of them being transposed; all if `nil`.
  init(_ layout: GEMMLayout, dtype: DType, addend: Int? = nil, live: LiveRows? = nil) {
    self.layout = layout
    self.dtype = dtype
    self.addend = addend
    self.live = live
    let (rows, columns) = (layout.rows, layout.columns)
    if layout.batchCount != 1 {
      axis = .batches
      cut = WorkCut(
        layout.batchCount, costPerItem: layout.productOperations, grain: Self.grain)
    } else {
      axis = rows > columns ? .rows : .columns
      let length = max(rows, columns)
      let sharedByteCount = min(rows, columns) * layout.inner * dtype.byteCount
      let strip =
        sharedByteCount > Self.cacheByteCount ? Self.leastStripOfLarge : Self.leastStrip
      let count = min(
        layout.productOperations / Self.grain, length / strip, Self.maximumChunkCount)
      cut = WorkCut(
        length, costPerItem: 1, grain: 1, multipleOf: 16, atMost: Self.powerOfTwo(atMost: count))
    }
  }

  private static func powerOfTwo(atMost count: Int) -> Int {
    count < 2 ? 1 : 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
  }

  var name: String {
    live != nil ? "LiveRowsMatMul" : addend == nil ? "MatMul" : "AddedMatMul"
  }
  var scratchByteCount: Int { live == nil ? 0 : chunkCount * gatheredByteCount }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var floatingPointOperations: Int { layout.batchCount * layout.productOperations }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    switch dtype {
    case .float32: run(Float.self, buffers, chunk: chunk)
    case .float64: run(Double.self, buffers, chunk: chunk)
    case .int32: run(Int32.self, buffers, chunk: chunk)
    case .int64: run(Int64.self, buffers, chunk: chunk)
    case .uint8, .bool: break
    }
  }

  private func run<Element: GEMMElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let range = cut.range(chunk)
    guard !range.isEmpty, layout.rows > 0, layout.columns > 0 else { return }
    var part = GEMMPart<Element>(
      rows: layout.rows, columns: layout.columns, inner: layout.inner,
      a: buffers.operand(0, as: type),
      strideA: layout.transposeA ? layout.rows : layout.inner, transposeA: layout.transposeA,
      b: buffers.operand(1, as: type), strideB: layout.transposeB ? layout.inner : layout.columns,
      transposeB: layout.transposeB, target: buffers.result(0, as: type),
      targetStride: layout.columns)
    part.accumulates = addend != nil
    switch axis {
    case .rows:
      part.rows = range.count
      part.a += range.lowerBound * (layout.transposeA ? 1 : layout.inner)
      part.target += range.lowerBound * layout.columns
      copyAddend(buffers, to: part)
      multiply(part, buffers, chunk: chunk)
    case .columns:
      part.columns = range.count
      part.b += range.lowerBound * (layout.transposeB ? layout.inner : 1)
      part.target += range.lowerBound
      copyAddend(buffers, to: part)
      multiply(part, buffers, chunk: chunk)
    case .batches:
      let (a, b, target) = (part.a, part.b, part.target)
      for index in range {
        let offsets = layout.offsets(index)
        part.a = a + offsets.a
        part.b = b + offsets.b
        part.target = target + index * layout.rows * layout.columns
        copyAddend(buffers, to: part)
        part.multiply()
      }
    }
  }

  /// Puts the addend where the product is added to it, unless it is there.
  private func copyAddend<Element: GEMMElement>(
    _ buffers: KernelBuffers, to part: GEMMPart<Element>
  ) {
    guard let addend else { return }
    let target = buffers.result(0, as: Element.self)
    let source = buffers.operand(addend, as: Element.self)
    guard source != UnsafePointer(target) else { return }
    let offset = part.target - target
    for row in 0..<part.rows {
      (part.target + row * part.targetStride).update(
        from: source + offset + row * part.targetStride, count: part.columns)
    }
  }
}

extension GEMMPart where Element: GEMMElement {
  /// Computes the part; without inner elements it is zero.
  func multiply() {
    guard inner > 0 else {
      if accumulates { return }
      for row in 0..<rows {
        (target + row * targetStride).update(repeating: .additiveIdentity, count: columns)
      }
      return
    }
    guard Element.hasSmallProducts,
      let tiling = GEMMTiling(
        rows: rows, columns: columns, inner: inner, transposeA: transposeA,
        transposeB: transposeB, lanes: 64 / MemoryLayout<Element>.size)
    else { return Element.multiply(self) }
    for k in 0..<tiling.inner.chunkCount {
      for column in 0..<tiling.columnCount {
        let columns = tiling.columns(column)
        if columns.isEmpty { continue }
        for row in 0..<tiling.rows.chunkCount {
          Element.multiply(
            piece(rows: tiling.rows.range(row), columns: columns, inner: tiling.inner.range(k)))
        }
      }
    }
  }
}

extension Float: GEMMElement {
  static var hasSmallProducts: Bool { true }

  static func multiply(_ part: GEMMPart<Float>) {
    if let product = part.vectorProduct {
      cblas_sgemv(
        CblasRowMajor, product.transposed ? CblasTrans : CblasNoTrans, Int32(product.rows),
        Int32(product.columns), 1, product.matrix, Int32(product.stride), product.vector,
        Int32(product.vectorStride), part.accumulates ? 1 : 0, part.target,
        Int32(product.targetStride))
      return
    }
    cblas_sgemm(
      CblasRowMajor, part.transposeA ? CblasTrans : CblasNoTrans,
      part.transposeB ? CblasTrans : CblasNoTrans, Int32(part.rows), Int32(part.columns),
      Int32(part.inner), 1, part.a, Int32(part.strideA), part.b, Int32(part.strideB),
      part.accumulates ? 1 : 0, part.target, Int32(part.targetStride))
  }
}

extension Double: GEMMElement {
  static var hasSmallProducts: Bool { true }

  static func multiply(_ part: GEMMPart<Double>) {
    if let product = part.vectorProduct {
      cblas_dgemv(
        CblasRowMajor, product.transposed ? CblasTrans : CblasNoTrans, Int32(product.rows),
        Int32(product.columns), 1, product.matrix, Int32(product.stride), product.vector,
        Int32(product.vectorStride), part.accumulates ? 1 : 0, part.target,
        Int32(product.targetStride))
      return
    }
    cblas_dgemm(
      CblasRowMajor, part.transposeA ? CblasTrans : CblasNoTrans,
      part.transposeB ? CblasTrans : CblasNoTrans, Int32(part.rows), Int32(part.columns),
      Int32(part.inner), 1, part.a, Int32(part.strideA), part.b, Int32(part.strideB),
      part.accumulates ? 1 : 0, part.target, Int32(part.targetStride))
  }
}

extension GEMMPart where Element: BinaryFloatingPoint {
  /// A matrix times a vector, or the transposed matrix times it.
  struct VectorProduct {
    var matrix: UnsafePointer<Element>
    var stride: Int
    var rows: Int
    var columns: Int
    var transposed: Bool
    var vector: UnsafePointer<Element>
    var vectorStride: Int
    var targetStride: Int
  }

  /// The part as a product of a matrix and a vector, which spares the packing, if one operand is a vector.
  var vectorProduct: VectorProduct? {
    if rows == 1 {
      return VectorProduct(
        matrix: b, stride: strideB, rows: transposeB ? columns : inner,
        columns: transposeB ? inner : columns, transposed: !transposeB, vector: a,
        vectorStride: transposeA ? strideA : 1, targetStride: 1)
    }
    if columns == 1 {
      return VectorProduct(
        matrix: a, stride: strideA, rows: transposeA ? inner : rows,
        columns: transposeA ? rows : inner, transposed: transposeA, vector: b,
        vectorStride: transposeB ? 1 : strideB, targetStride: targetStride)
    }
    return nil
  }
}

extension GEMMElement where Self: FixedWidthInteger {
  static func multiply(_ part: GEMMPart<Self>) {
    for row in 0..<part.rows {
      let target = part.target + row * part.targetStride
      if !part.accumulates { target.update(repeating: 0, count: part.columns) }
      for k in 0..<part.inner {
        let factor = part.a[part.transposeA ? k * part.strideA + row : row * part.strideA + k]
        let b = part.b + (part.transposeB ? k : k * part.strideB)
        let step = part.transposeB ? part.strideB : 1
        for column in 0..<part.columns { target[column] &+= factor &* b[column * step] }
      }
    }
  }
}

extension Int32: GEMMElement {}
extension Int64: GEMMElement {}
