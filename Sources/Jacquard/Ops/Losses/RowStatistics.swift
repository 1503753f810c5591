import JacquardArrays

/// What the loss kernels need of blocks of rows: maxima and sums of exponentials, without memory beyond the stack.
enum RowStatistics<Element: FloatingElement> {
  /// The most rows one block has.
  static var blockRows: Int { 32 }

  /// How many elements fit the tile on the stack.
  static var tileCount: Int { 1024 / MemoryLayout<Element>.stride }

  /// Calls `body` with room on the stack for two numbers a row of a block.
  @inline(__always)
  static func withBlock(
    _ body: (_ maxima: UnsafeMutablePointer<Element>, _ sums: UnsafeMutablePointer<Element>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Element.self, capacity: 2 * blockRows) { memory in
      let start = memory.baseAddress!
      body(start, start + blockRows)
    }
  }

  /// How far below `maximum` the elements of `x` are; 0 for equals, which may be infinite.
  @inline(__always)
  static func distances(
    _ x: UnsafePointer<Element>, from maximum: Element, count: Int,
    _ out: UnsafeMutablePointer<Element>
  ) {
    for index in 0..<count {
      let value = x[index]
      out[index] = value == maximum ? 0 : value - maximum
    }
  }

  /// For each row of the matrix `x` `[rows, columns]`, at most a block, the sum of the exponentials of its elements.
  static func sumExponentials(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Element>, _ sums: UnsafeMutablePointer<Element>
  ) {
    withTile { tile in
      if columns <= tileCount {
        let step = tileCount / max(columns, 1)
        for row in stride(from: 0, to: rows, by: step) {
          let part = min(step, rows - row)
          Element.exponentials(part * columns, x + row * columns, tile)
          Element.rowSums(part, columns, tile, sums + row)
        }
      } else {
        for row in 0..<rows {
          sums[row] = sumOverTiles(columns) { start, count in
            Element.exponentials(count, x + row * columns + start, tile)
            return UnsafePointer(tile)
          }
        }
      }
    }
  }

  /// For each row of the matrix `x` `[rows, columns]`, at most a block, its maximum m and log Σ exp(x − m).
  static func logSumExponentials(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Element>,
    maxima: UnsafeMutablePointer<Element>, logSums: UnsafeMutablePointer<Element>
  ) {
    Element.rowMaxima(rows, columns, x, maxima)
    withTile { tile in
      if columns <= tileCount {
        let step = tileCount / max(columns, 1)
        for row in stride(from: 0, to: rows, by: step) {
          let part = min(step, rows - row)
          for offset in 0..<part {
            distances(
              x + (row + offset) * columns, from: maxima[row + offset], count: columns,
              tile + offset * columns)
          }
          Element.exponentials(part * columns, tile, tile)
          Element.rowSums(part, columns, tile, logSums + row)
        }
      } else {
        for row in 0..<rows {
          logSums[row] = sumOverTiles(columns) { start, count in
            distances(x + row * columns + start, from: maxima[row], count: count, tile)
            Element.exponentials(count, tile, tile)
            return UnsafePointer(tile)
          }
        }
      }
    }
    Element.logarithms(rows, logSums, logSums)
  }

  /// Calls `body` with room on the stack for ``tileCount`` elements.
  @inline(__always)
  static func withTile(_ body: (UnsafeMutablePointer<Element>) -> Void) {
    withUnsafeTemporaryAllocation(of: Element.self, capacity: tileCount) { memory in
      body(memory.baseAddress!)
    }
  }

  /// The sum of `count` terms that `fill` computes a tile at a time.
  @inline(__always)
  static func sumOverTiles(
    _ count: Int, _ fill: (_ start: Int, _ count: Int) -> UnsafePointer<Element>
  ) -> Element {
    var total: Element = 0
    for start in stride(from: 0, to: count, by: tileCount) {
      let part = min(tileCount, count - start)
      var sum: Element = 0
      Element.rowSums(1, part, fill(start, part), &sum)
      total += sum
    }
    return total
  }
}
