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
}

/// A matrix product. One product is cut along the longer of rows and columns, several are dealt out whole.
///
/// OpenBLAS packs both operands anew at every call: the cut repeats the packing of the operand it does not divide, which
/// costs least along the longer side (128×512 in 8 pieces: 94 % of the whole's speed by columns, 66 % by rows).
struct GEMMKernel: Kernel {
  private enum Cut { case batches, rows, columns }

  private let layout: GEMMLayout
  private let dtype: DType
  private let axis: Cut
  private let cut: WorkCut

  private static let grain = 800_000
  private static let maximumChunkCount = 16

  /// - Parameter dtype: float32, float64, int32 or int64.
  init(_ layout: GEMMLayout, dtype: DType) {
    self.layout = layout
    self.dtype = dtype
    let (rows, columns) = (layout.rows, layout.columns)
    if layout.batchCount != 1 {
      axis = .batches
      cut = WorkCut(
        layout.batchCount, costPerItem: layout.productOperations, grain: Self.grain)
    } else {
      axis = rows > columns ? .rows : .columns
      let length = max(rows, columns)
      // Narrow strips waste the kernel's registers: at least 64 rows or columns each.
      cut = WorkCut(
        length, costPerItem: 2 * min(rows, columns) * layout.inner, grain: Self.grain,
        multipleOf: 16, atMost: min(Self.maximumChunkCount, max(1, length / 64)))
    }
  }

  var name: String { "MatMul" }
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
    switch axis {
    case .rows:
      part.rows = range.count
      part.a += range.lowerBound * (layout.transposeA ? 1 : layout.inner)
      part.target += range.lowerBound * layout.columns
      part.multiply()
    case .columns:
      part.columns = range.count
      part.b += range.lowerBound * (layout.transposeB ? layout.inner : 1)
      part.target += range.lowerBound
      part.multiply()
    case .batches:
      let (a, b, target) = (part.a, part.b, part.target)
      for index in range {
        let offsets = layout.offsets(index)
        part.a = a + offsets.a
        part.b = b + offsets.b
        part.target = target + index * layout.rows * layout.columns
        part.multiply()
      }
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
    Element.multiply(self)
  }
}

extension Float: GEMMElement {
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
