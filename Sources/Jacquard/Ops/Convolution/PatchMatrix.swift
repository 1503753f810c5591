import JacquardArrays

/// The matrix `[places, window · channels]` whose rows are what a window covers, place by place; zeros where it hangs over.
///
/// A convolution is this matrix times the filter. It is never made as a whole, but in tiles of rows.
struct PatchMatrix: Sendable {
  let geometry: WindowGeometry
  /// The length of pieces of a row that lie side by side in an image.
  private let runLength: Int
  private let runsPerLine: Int

  init(_ geometry: WindowGeometry) {
    self.geometry = geometry
    let columns = geometry.columns
    let isDense = columns.dilation == 1
    runLength = geometry.channels * (isDense ? columns.size : 1)
    runsPerLine = isDense ? 1 : columns.size
  }

  var rowCount: Int { geometry.placeCount }
  var columnCount: Int { geometry.windowSize * geometry.channels }

  /// How many rows make a tile that stays in a second-level cache.
  func tileRows(columns: Int, elementSize: Int) -> Int {
    let wanted = Self.tileByteCount / max(1, columns * elementSize)
    return max(1, min(wanted, Self.maximumTileRows))
  }

  private static let tileByteCount = 1 << 20
  private static let maximumTileRows = 4096

  /// Part of a row: where it begins in the tile, its length, and the part of it inside the image with its place there.
  private struct Run {
    let start: Int
    let length: Int
    let inside: Range<Int>
    let source: Int
  }

  @inline(__always)
  private func forEachRun(rows: Range<Int>, columns: Range<Int>, _ body: (Run) -> Void) {
    let (vertical, horizontal) = (geometry.rows, geometry.columns)
    let channels = geometry.channels
    for row in rows {
      let left = row % horizontal.count * horizontal.stride - horizontal.before
      let line = row / horizontal.count
      let top = line % vertical.count * vertical.stride - vertical.before
      let firstLine = line / vertical.count * vertical.length
      let tileStart = (row - rows.lowerBound) * columns.count - columns.lowerBound
      var position = columns.lowerBound
      while position < columns.upperBound {
        let (run, offset) = position.quotientAndRemainder(dividingBy: runLength)
        let end = min(runLength, offset + columns.upperBound - position)
        let y = top + run / runsPerLine * vertical.dilation
        let x = left + run % runsPerLine * horizontal.dilation
        let isInside = y >= 0 && y < vertical.length
        let lower = min(end, max(offset, (0 - x) * channels))
        let upper = isInside ? max(lower, min(end, (horizontal.length - x) * channels)) : lower
        let source = ((firstLine + y) * horizontal.length + x) * channels + lower
        body(
          Run(
            start: tileStart + position, length: end - offset,
            inside: (lower - offset)..<(upper - offset), source: source))
        position += end - offset
      }
    }
  }

  /// Copies the given rows and columns of the matrix for `images` to a tile.
  func copy<Element: KernelNumber>(
    rows: Range<Int>, columns: Range<Int>, of images: UnsafePointer<Element>,
    to tile: UnsafeMutablePointer<Element>
  ) {
    forEachRun(rows: rows, columns: columns) { run in
      let (target, inside) = (tile + run.start, run.inside)
      if inside.lowerBound > 0 {
        target.update(repeating: .additiveIdentity, count: inside.lowerBound)
      }
      if !inside.isEmpty {
        (target + inside.lowerBound).update(from: images + run.source, count: inside.count)
      }
      if inside.upperBound < run.length {
        (target + inside.upperBound).update(
          repeating: .additiveIdentity, count: run.length - inside.upperBound)
      }
    }
  }

  /// Adds the given rows of a matrix to the pixels of `images` that they stand for: the adjoint of copying.
  func add<Element: KernelNumber>(
    rows: Range<Int>, of tile: UnsafePointer<Element>, to images: UnsafeMutablePointer<Element>
  ) {
    forEachRun(rows: rows, columns: 0..<columnCount) { run in
      guard !run.inside.isEmpty else { return }
      let (target, source) = (images + run.source, tile + run.start + run.inside.lowerBound)
      for index in 0..<run.inside.count {
        target[index] = Element.wrappingSum(target[index], source[index])
      }
    }
  }
}
