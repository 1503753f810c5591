import JacquardArrays

/// Where the elements of an operand lie, seen in the shape of the result.
struct TileOperand: Sendable, Hashable {
  var dtype: DType
  /// How many elements apart neighbours along each dimension of the result are; 0 where an element
  /// is repeated.
  var strides: [Int]
  /// Where the first element is, in elements.
  var offset = 0

  init(dtype: DType, strides: [Int], offset: Int = 0) {
    self.dtype = dtype
    self.strides = strides
    self.offset = offset
  }

  /// A dense operand of shape `from`, broadcast to `to`.
  init(dtype: DType, broadcasting from: [Int], to: [Int]) {
    self.init(dtype: dtype, strides: ShapeArithmetic.broadcastStrides(from: from, to: to))
  }

  /// Whether it is one element, repeated throughout a shape of several.
  func isScalar(in shape: [Int]) -> Bool {
    !isDense(in: shape) && shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == 0 }
  }

  /// Whether its elements lie as those of a dense result of shape `shape`.
  func isDense(in shape: [Int]) -> Bool {
    let dense = ShapeArithmetic.rowMajorStrides(shape)
    return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == dense[$0] }
  }
}

/// Where the elements of a result of a program lie, seen in the kernel's shape.
struct TileResult: Sendable, Hashable {
  /// The result buffer of the kernel that they are part of.
  var buffer: Int
  /// How many elements apart neighbours along each dimension are.
  var strides: [Int]
  /// Where the first element is, in elements.
  var offset = 0
}

/// How the elements of a dense result are cut into tiles, and how each operand comes by its
/// elements of a tile.
///
/// Dimensions along which every operand proceeds evenly are merged; what remains is rows of
/// `rowLength` elements. A tile is several short rows or a piece of a long one. The cut depends on
/// the shape and the strides only.
struct TileGeometry: Sendable {
  /// How an operand comes by its elements of a tile.
  enum Access: Sendable, Hashable {
    /// It lies as the result does: read in place.
    case dense
    /// One element for all: a register filled once per chunk.
    case scalar
    /// One short row for all: a register of as many copies as a tile has rows, filled once per
    /// chunk.
    case repeatedRow
    /// Rows at any distance, one row or less per tile: read in place.
    case row
    /// Anything else: copied for each tile.
    case gathered

    /// Whether the operand needs a register to be copied to.
    var isCopied: Bool { self == .scalar || self == .repeatedRow || self == .gathered }
  }

  /// The number of elements of the result.
  let count: Int
  /// The dimensions outside rows.
  let outerShape: [Int]
  let rowLength: Int
  let rowCount: Int
  /// At least 1; more only where a tile holds whole rows.
  let rowsPerTile: Int
  /// How much of a row a tile holds.
  let tileWidth: Int
  let tilesPerRow: Int
  let tileCount: Int
  let accesses: [Access]
  /// For each operand in turn the strides of `outerShape`, then that within a row.
  private let strides: [Int]

  /// The number of elements of the largest tile.
  var tileCapacity: Int { rowsPerTile * tileWidth }

  /// - Parameter tileLength: how many elements a tile should have, roughly.
  init(shape: [Int], operands: [TileOperand], tileLength: Int) {
    let own = ShapeArithmetic.rowMajorStrides(shape)
    let merged = Self.merge(shape, [own] + operands.map(\.strides))
    let dense = merged.strides[0]
    let strides = merged.strides.dropFirst()
    self.strides = strides.flatMap(\.self)
    count = ShapeArithmetic.elementCount(shape)
    outerShape = merged.shape.dropLast()
    rowLength = merged.shape.last ?? 1
    rowCount = outerShape.reduce(1, *)

    let holdsRows = rowCount > 1 && rowLength < tileLength / 2
    rowsPerTile = holdsRows ? min(rowCount, tileLength / max(rowLength, 1)) : 1
    if holdsRows || rowLength <= tileLength {
      tileWidth = max(1, rowLength)
    } else {
      // Pieces of even length, in whole cache lines.
      let pieces = (rowLength + tileLength - 1) / tileLength
      tileWidth = ((rowLength + pieces - 1) / pieces + 15) & ~15
    }
    tilesPerRow = (rowLength + tileWidth - 1) / tileWidth
    tileCount = (rowCount + rowsPerTile - 1) / rowsPerTile * tilesPerRow
    accesses = strides.map { strides in
      if strides == dense { return .dense }
      if strides.allSatisfy({ $0 == 0 }) { return .scalar }
      guard strides.last == 1 else { return .gathered }
      if !holdsRows { return .row }
      return strides.dropLast().allSatisfy { $0 == 0 } ? .repeatedRow : .gathered
    }
  }

  /// Drops dimensions of length 1 and merges neighbours across which every operand proceeds evenly.
  private static func merge(
    _ shape: [Int], _ strides: [[Int]]
  ) -> (shape: [Int], strides: [[Int]]) {
    var merged: [Int] = []
    var mergedStrides = strides.map { _ in [Int]() }
    for (axis, length) in shape.enumerated() where length != 1 {
      let continues =
        !merged.isEmpty
        && strides.indices.allSatisfy { mergedStrides[$0].last == strides[$0][axis] * length }
      if continues {
        merged[merged.count - 1] *= length
      } else {
        merged.append(length)
      }
      for index in strides.indices {
        if continues { mergedStrides[index].removeLast() }
        mergedStrides[index].append(strides[index][axis])
      }
    }
    // A result of one element is a row of one, which every operand holds as the result does.
    if merged.isEmpty { return ([1], strides.map { _ in [1] }) }
    return (merged, mergedStrides)
  }

  /// How many elements apart neighbours along the dimensions outside rows of an operand are.
  func outerStrides(ofOperand operand: Int) -> [Int] {
    let first = operand * (outerShape.count + 1)
    return Array(strides[first..<first + outerShape.count])
  }

  /// How many elements apart neighbours in a row of an operand are.
  func strideWithinRow(ofOperand operand: Int) -> Int {
    strides[operand * (outerShape.count + 1) + outerShape.count]
  }
}
