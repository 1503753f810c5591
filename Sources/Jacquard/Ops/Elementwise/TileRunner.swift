import CVectorKernels
import JacquardArrays

/// A tile program with all its places in memory as the C interpreter reads it, for arrays whose rows are evenly spaced.
final class TileRunner: Sendable {
  private nonisolated(unsafe) let program: UnsafeMutablePointer<jq_tile_program>

  /// - Parameters:
  ///   - operands: where the operands lie, seen in the shape that `geometry` was made for.
  ///   - results: where the results lie.
  ///   - resultBuffers: the buffer that each result is part of.
  ///   - registerOffsets: where in scratch memory registers lie, the one that is never there left out.
  /// - Returns: `nil` if the rows of an array are not evenly spaced, or elements within them not neighbours.
  init?(
    _ code: TileCode, _ geometry: TileGeometry, operands: [TileOperand], results: [TileOperand],
    resultBuffers: [Int], registerOffsets: [Int]
  ) {
    var places: [jq_tile_place] = []
    for (index, array) in (operands + results).enumerated() {
      guard let access = geometry.evenAccess(ofOperand: index) else { return nil }
      let size = array.dtype.byteCount
      let slot =
        index < operands.count ? index : operands.count + resultBuffers[index - operands.count]
      places.append(
        jq_tile_place(
          slot: slot, offset: array.offset * size, row_stride: access.rowStride * size, size: size,
          access: access.code))
    }
    let lines = code.lines.map {
      jq_tile_line(function: $0.function, a: $0.a, b: $0.b, c: $0.c, out: $0.out)
    }
    let constants = code.constants.map {
      jq_tile_constant(bits: $0.bits, size: $0.dtype.byteCount)
    }
    program = .allocate(capacity: 1)
    program.initialize(
      to: jq_tile_program(
        operand_count: operands.count, constant_count: constants.count,
        result_count: results.count, first_result: code.firstResult,
        register_count: code.registerCount, line_count: lines.count,
        tile_rows: geometry.rowsPerTile, tile_columns: geometry.tileWidth,
        places: Self.copy(places), constants: Self.copy(constants), lines: Self.copy(lines),
        register_offsets: Self.copy(registerOffsets + [-1])))
  }

  deinit {
    program.pointee.places.deallocate()
    program.pointee.constants.deallocate()
    program.pointee.lines.deallocate()
    program.pointee.register_offsets.deallocate()
    program.deallocate()
  }

  private static func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<
    Element
  > {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    memory.initialize(from: elements, count: elements.count)
    return UnsafePointer(memory)
  }

  /// Runs the program on a range of rows and columns of the geometry.
  func run(
    _ buffers: KernelBuffers, rows: Range<Int>, columns: Range<Int>,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let pointers = Self.addresses(buffers)
    jq_prepare_tiles(program, pointers, buffers.slots, rows.count, columns.count, scratch)
    jq_run_tiles(
      program, pointers, buffers.slots, rows.lowerBound, rows.upperBound, columns.lowerBound,
      columns.upperBound, scratch)
  }

  /// Runs the program on a range of tiles.
  func run(
    _ buffers: KernelBuffers, tiles: Range<Int>, of geometry: TileGeometry,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let (perRow, height, width) = (geometry.tilesPerRow, geometry.rowsPerTile, geometry.tileWidth)
    if perRow == 1 {
      let rows = tiles.lowerBound * height..<min(tiles.upperBound * height, geometry.rowCount)
      run(buffers, rows: rows, columns: 0..<geometry.rowLength, scratch)
      return
    }
    // Rows in several tiles each: the first and the last may be here in part.
    let pointers = Self.addresses(buffers)
    jq_prepare_tiles(program, pointers, buffers.slots, 1, width, scratch)
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
      let row = tile / perRow
      let end = min(tiles.upperBound, (row + 1) * perRow)
      jq_run_tiles(
        program, pointers, buffers.slots, row, row + 1, (tile - row * perRow) * width,
        min((end - row * perRow) * width, geometry.rowLength), scratch)
      tile = end
    }
  }

  private static func addresses(_ buffers: KernelBuffers) -> UnsafePointer<UnsafeMutableRawPointer?>
  {
    UnsafeRawPointer(buffers.pointers).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  }
}

extension TileGeometry {
  /// How the C interpreter comes by an array's elements of a tile, and how many elements apart its rows are; `nil` if it cannot.
  fileprivate func evenAccess(ofOperand operand: Int) -> (code: Int, rowStride: Int)? {
    let access = accesses[operand]
    switch access {
    case .dense: return (JQ_TILE_IN_PLACE, rowLength)
    case .scalar: return (JQ_TILE_ONE_ELEMENT, 0)
    case .repeatedRow: return (JQ_TILE_ONE_ROW, 0)
    case .row, .gathered:
      guard strideWithinRow(ofOperand: operand) == 1, outerShape.count <= 1 else { return nil }
      return (access == .row ? JQ_TILE_IN_PLACE : JQ_TILE_COPIED, rowStride(ofOperand: operand))
    }
  }
}
