import JacquardArrays

extension GEMMKernel {
  /// Inner indices in groups, and the operand, int64, that says how many of each group count: the first ones. Both factors have them
  /// along their rows.
  struct LiveRows: Sendable {
    var groupCount: Int
    var operand: Int
  }

  /// So many rows of both factors are gathered where fewer lie in one piece: enough to keep the product busy, and few enough to
  /// stay in the cache.
  private static let gatheredRowCount = 256

  /// The scratch memory of a chunk, for rows of both factors.
  var gatheredByteCount: Int {
    guard live != nil else { return 0 }
    let most = (0..<chunkCount).reduce(0) { max($0, cut.range($1).count) }
    return Self.gatheredRowCount * (most + min(layout.rows, layout.columns)) * dtype.byteCount
  }

  /// Computes a part, all rows or the live ones.
  func multiply<Element: GEMMElement>(
    _ part: GEMMPart<Element>, _ buffers: KernelBuffers, chunk: Int
  ) {
    guard let live else { return part.multiply() }
    let length = layout.inner / live.groupCount
    let counts = buffers.operand(live.operand, as: Int64.self)
    var product = LiveProduct(
      part, scratch: buffers.scratch + chunk * gatheredByteCount, capacity: Self.gatheredRowCount)
    var rows = 0..<0
    for group in 0..<live.groupCount {
      let start = group * length
      let end = start + min(max(Int(counts[group]), 0), length)
      if rows.upperBound == start {
        // The group before is live as a whole: both are one piece.
        rows = rows.lowerBound..<end
      } else {
        product.add(rows)
        rows = start..<end
      }
    }
    product.add(rows)
    product.finish()
  }
}

/// A product of two factors of which only some rows count.
private struct LiveProduct<Element: GEMMElement> {
  private var part: GEMMPart<Element>
  private let (a, b): (UnsafePointer<Element>, UnsafePointer<Element>)
  private let (gatheredA, gatheredB): (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>)
  private let (strideA, strideB): (Int, Int)
  /// How many rows can be gathered, and how many are.
  private let capacity: Int
  private var count = 0

  init(_ part: GEMMPart<Element>, scratch: UnsafeMutableRawPointer, capacity: Int) {
    self.part = part
    (a, b, strideA, strideB) = (part.a, part.b, part.strideA, part.strideB)
    gatheredA = scratch.bindMemory(
      to: Element.self, capacity: capacity * (part.rows + part.columns))
    gatheredB = gatheredA + capacity * part.rows
    self.capacity = capacity
  }

  /// Adds the product of some rows that lie in one piece.
  mutating func add(_ rows: Range<Int>) {
    if rows.count >= capacity {
      return multiply(
        a + rows.lowerBound * strideA, strideA, b + rows.lowerBound * strideB, strideB, rows.count)
    }
    for row in rows {
      (gatheredA + count * part.rows).update(from: a + row * strideA, count: part.rows)
      (gatheredB + count * part.columns).update(from: b + row * strideB, count: part.columns)
      count += 1
      if count == capacity { multiplyGathered() }
    }
  }

  /// Adds the rows that are gathered; without any at all the product is zero.
  mutating func finish() {
    if count > 0 || !part.accumulates { multiplyGathered() }
  }

  private mutating func multiplyGathered() {
    multiply(gatheredA, part.rows, gatheredB, part.columns, count)
    count = 0
  }

  private mutating func multiply(
    _ a: UnsafePointer<Element>, _ strideA: Int, _ b: UnsafePointer<Element>, _ strideB: Int,
    _ inner: Int
  ) {
    (part.a, part.strideA, part.b, part.strideB, part.inner) = (a, strideA, b, strideB, inner)
    part.multiply()
    part.accumulates = true
  }
}
