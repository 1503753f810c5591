import JacquardArrays

/// Softmax, or its logarithm, along one axis of an array seen as `[outer, n, inner]`.
///
/// An element equal to the maximum is at distance 0 from it, even where both are infinite: masked classes (-∞) get
/// probability 0, classes at +∞ share all of it, and a row masked altogether is uniform.
struct SoftmaxKernel: FloatingKernel {
  let name: String
  let isLogarithm: Bool
  let dtype: DType
  let outer: Int
  let length: Int
  let inner: Int
  private let rowsPerChunk: Int
  let chunkCount: Int

  init(name: String, isLogarithm: Bool, dtype: DType, shape: [Int], axis: Int) {
    self.name = name
    self.isLogarithm = isLogarithm
    self.dtype = dtype
    outer = shape[..<axis].reduce(1, *)
    length = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
    rowsPerChunk = inner == 1 ? max(1, RowBlocks.elementsPerChunk / max(length, 1)) : 1
    let isEmpty = outer == 0 || length == 0 || inner == 0
    chunkCount = isEmpty ? 0 : (outer + rowsPerChunk - 1) / rowsPerChunk
  }

  var floatingPointOperations: Int { 12 * outer * length * inner }

  /// Along an inner axis each chunk keeps a maximum and a sum for each of its `inner` columns.
  var scratchByteCount: Int {
    inner == 1 ? 0 : 2 * chunkCount * inner * dtype.byteCount
  }

  var kind: KernelKind { .reduction }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let x = buffers.operand(0, as: Element.self)
    let out = buffers.result(0, as: Element.self)
    if inner == 1 {
      let end = min(outer, (chunk + 1) * rowsPerChunk)
      var row = chunk * rowsPerChunk
      while row < end {
        let rows = min(RowStatistics<Element>.blockRows, end - row)
        normalizeRows(rows, x + row * length, out + row * length)
        row += rows
      }
    } else {
      let slab = length * inner
      let scratch = buffers.scratch.assumingMemoryBound(to: Element.self) + 2 * chunk * inner
      normalizeColumns(
        x + chunk * slab, out + chunk * slab, maxima: scratch, sums: scratch + inner)
    }
  }

  private func normalizeRows<Element: FloatingElement>(
    _ rows: Int, _ x: UnsafePointer<Element>, _ out: UnsafeMutablePointer<Element>
  ) {
    RowStatistics<Element>.withBlock { maxima, sums in
      Element.rowMaxima(rows, length, x, maxima)
      for row in 0..<rows {
        RowStatistics.distances(
          x + row * length, from: maxima[row], count: length, out + row * length)
      }
      if isLogarithm {
        RowStatistics.sumExponentials(rows, length, out, sums)
        Element.logarithms(rows, sums, sums)
        for row in 0..<rows {
          let (line, logarithm) = (out + row * length, sums[row])
          for column in 0..<length { line[column] -= logarithm }
        }
      } else {
        Element.exponentials(rows * length, out, out)
        Element.rowSums(rows, length, out, sums)
        for row in 0..<rows {
          let (line, factor) = (out + row * length, 1 / sums[row])
          for column in 0..<length { line[column] *= factor }
        }
      }
    }
  }

  private func normalizeColumns<Element: FloatingElement>(
    _ x: UnsafePointer<Element>, _ out: UnsafeMutablePointer<Element>,
    maxima: UnsafeMutablePointer<Element>, sums: UnsafeMutablePointer<Element>
  ) {
    Element.columnMaxima(length, inner, x, maxima)
    for row in 0..<length {
      let (from, to) = (x + row * inner, out + row * inner)
      for column in 0..<inner {
        let (value, maximum) = (from[column], maxima[column])
        to[column] = value == maximum ? 0 : value - maximum
      }
    }
    if isLogarithm {
      for column in 0..<inner { sums[column] = 0 }
      // The maxima are no longer needed; their memory takes one row of exponentials.
      for row in 0..<length {
        Element.exponentials(inner, out + row * inner, maxima)
        for column in 0..<inner { sums[column] += maxima[column] }
      }
      Element.logarithms(inner, sums, sums)
      for row in 0..<length {
        let line = out + row * inner
        for column in 0..<inner { line[column] -= sums[column] }
      }
    } else {
      Element.exponentials(length * inner, out, out)
      Element.columnSums(length, inner, out, sums)
      for row in 0..<length {
        let line = out + row * inner
        for column in 0..<inner { line[column] /= sums[column] }
      }
    }
  }
}
