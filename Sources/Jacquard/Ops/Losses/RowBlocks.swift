/// The rows `[…, columns]` of logits, cut into chunks of whole rows.
struct RowBlocks: Sendable {
  /// How many elements a chunk has, roughly.
  static let elementsPerChunk = 16_384

  let rows: Int
  let columns: Int
  private let rowsPerChunk: Int

  init(shape: [Int]) {
    rows = shape.dropLast().reduce(1, *)
    columns = shape.last ?? 1
    rowsPerChunk = max(1, Self.elementsPerChunk / max(columns, 1))
  }

  var chunkCount: Int { (rows + rowsPerChunk - 1) / rowsPerChunk }

  /// The rows of one chunk.
  func range(of chunk: Int) -> Range<Int> {
    chunk * rowsPerChunk..<min(rows, (chunk + 1) * rowsPerChunk)
  }

  /// Calls `body` for each row of a chunk with its elements, its maximum m, and log Σ exp(x − m).
  @inline(__always)
  func forEachRow<Element: FloatingElement>(
    of x: UnsafePointer<Element>, chunk: Int,
    _ body: (Int, UnsafePointer<Element>, _ maximum: Element, _ logSum: Element) -> Void
  ) {
    RowStatistics<Element>.withBlock { maxima, logSums in
      let range = range(of: chunk)
      for start in stride(
        from: range.lowerBound, to: range.upperBound, by: RowStatistics<Element>.blockRows)
      {
        let block = min(RowStatistics<Element>.blockRows, range.upperBound - start)
        RowStatistics.logSumExponentials(
          block, columns, x + start * columns, maxima: maxima, logSums: logSums)
        for offset in 0..<block {
          let row = start + offset
          body(row, x + row * columns, maxima[offset], logSums[offset])
        }
      }
    }
  }
}
