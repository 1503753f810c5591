import COpenBLAS

/// How a product is taken to OpenBLAS in pieces so small that it multiplies them where they lie.
///
/// For AVX-512 it has kernels that do not pack their operands, and takes them for products of up to a million multiplications
/// whose second operand is not transposed: of [128, 784]·[784, 625] a core makes 113 GFLOP/s by tiles, and 101 in one call, of
/// [3584, 29]ᵀ·[3584, 512] 106 and 80. Elsewhere small pieces would be packed again and again, and there are no tiles.
struct GEMMTiling {
  let rows: WorkCut
  let inner: WorkCut
  private let evenColumns: WorkCut
  private let lastColumns: Range<Int>
  private let lastPieceCount: Int

  private static let mostMultiplications = 1_000_000
  /// Tiles of 48×128 keep the kernel's registers busy, and fit the second-level cache with what they read.
  private static let mostRows = 48
  private static let mostColumns = 128
  private static let mostInner = 1024
  private static let innerUnit = 4

  /// Whether OpenBLAS has such kernels for this processor.
  private static let isSupported: Bool =
    switch String(cString: openblas_get_corename()) {
    case "SkylakeX", "Cooperlake", "SapphireRapids": true
    default: false
    }

  /// - Parameter lanes: the elements of a vector.
  /// - Returns: `nil` if one call does as well.
  init?(
    rows: Int, columns: Int, inner: Int, transposeA: Bool, transposeB: Bool, lanes: Int
  ) {
    guard Self.isSupported, !transposeB, rows > 1, columns > 1 else { return nil }
    let (area, overflow) = rows.multipliedReportingOverflow(by: columns)
    if !overflow && area <= Self.mostMultiplications / inner { return nil }
    let last = transposeA ? (columns: 0, pieces: 0) : Self.lastColumns(of: columns, lanes: lanes)
    lastColumns = columns - last.columns..<columns
    lastPieceCount = last.pieces
    evenColumns = Self.cut(columns - last.columns, atMost: Self.mostColumns, multipleOf: 16)
    self.rows = Self.cut(rows, atMost: Self.mostRows, multipleOf: 4)
    let tileArea = min(rows, Self.mostRows) * min(columns, Self.mostColumns)
    let most = min(Self.mostInner, Self.mostMultiplications / tileArea)
    self.inner = Self.cut(
      inner, atMost: most / Self.innerUnit * Self.innerUnit, multipleOf: Self.innerUnit)
  }

  /// How many tiles lie side by side.
  var columnCount: Int { evenColumns.chunkCount + lastPieceCount }

  /// The columns of a tile; none in the first if all have pieces of their own.
  func columns(_ index: Int) -> Range<Int> {
    let piece = index - evenColumns.chunkCount
    if piece < 0 { return evenColumns.range(index) }
    let (start, count) = (lastColumns.lowerBound, lastColumns.count)
    return start + count * piece / lastPieceCount..<start + count * (piece + 1) / lastPieceCount
  }

  /// The columns at the end that need pieces of their own: where the first operand is not transposed either, OpenBLAS asks for
  /// memory at every call if the last vector would be at most half full.
  private static func lastColumns(of columns: Int, lanes: Int) -> (columns: Int, pieces: Int) {
    let rest = columns % lanes
    if rest == 0 || rest > lanes / 2 { return (0, 0) }
    let last = rest == 1 ? (columns: 2 * lanes + 1, pieces: 3) : (columns: lanes + rest, pieces: 2)
    return last.columns <= columns ? last : (0, 0)
  }

  /// Pieces of even length.
  private static func cut(_ count: Int, atMost most: Int, multipleOf unit: Int) -> WorkCut {
    let pieces = (count + most - 1) / most
    return WorkCut(count, costPerItem: 1, grain: 1, multipleOf: unit, atMost: pieces)
  }
}

extension GEMMPart {
  /// The product of some of the rows, columns and inner elements: added to what is there unless they are the first.
  func piece(rows: Range<Int>, columns: Range<Int>, inner: Range<Int>) -> GEMMPart {
    var piece = self
    piece.rows = rows.count
    piece.columns = columns.count
    piece.inner = inner.count
    let (row, column, k) = (rows.lowerBound, columns.lowerBound, inner.lowerBound)
    piece.a += transposeA ? k * strideA + row : row * strideA + k
    piece.b += transposeB ? column * strideB + k : k * strideB + column
    piece.target += row * targetStride + column
    piece.accumulates = accumulates || k > 0
    return piece
  }
}
