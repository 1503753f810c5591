import CVectorKernels
import JacquardArrays

/// A tile program with all its places in memory, as C reads it.
final class TileRunner: Sendable {
  private nonisolated(unsafe) let program: UnsafePointer<jq_tile_program>
  /// All memory that the program refers to, and its own.
  private nonisolated(unsafe) let blocks: [UnsafeRawPointer]
  private let geometry: TileGeometry

  /// - Parameters:
  ///   - places: where the operands, then the results lie, seen in the shape that `geometry` was
  ///     made for, and the slot of each.
  ///   - registers: where registers lie in scratch memory, the one that is never there left out.
  init(
    _ code: TileCode, _ geometry: TileGeometry, places: [(slot: Int, array: TileOperand)],
    registers: [jq_tile_register]
  ) {
    var blocks: [UnsafeRawPointer] = []
    func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
      memory.initialize(from: elements, count: elements.count)
      blocks.append(UnsafeRawPointer(memory))
      return UnsafePointer(memory)
    }
    let arrays = places.enumerated().map { index, place in
      jq_tile_place(
        slot: place.slot, offset: place.array.offset,
        outer_strides: copy(geometry.outerStrides(ofOperand: index)),
        stride: geometry.strideWithinRow(ofOperand: index), size: place.array.dtype.byteCount,
        access: geometry.accesses[index].code)
    }
    let lines = code.lines.map { line in
      switch line {
      case .call(let function, let inputs, let out):
        jq_tile_line(
          function: function, a: inputs[0], b: inputs[1], c: inputs[2], out: out, chain: nil,
          steps: nil, step_count: 0)
      case .chain(let dtype, let steps):
        jq_tile_line(
          function: nil, a: 0, b: 0, c: 0, out: 0,
          chain: dtype.chainFunction, steps: copy(steps),
          step_count: steps.count)
      }
    }
    let constants = code.constants.map {
      jq_tile_constant(bits: $0.bits, size: $0.dtype.byteCount)
    }
    program = copy([
      jq_tile_program(
        operand_count: code.operandCount, constant_count: constants.count,
        result_count: code.resultCount, first_result: code.firstResult,
        register_count: code.registerCount, line_count: lines.count,
        outer_rank: geometry.outerShape.count, outer_shape: copy(geometry.outerShape),
        tile_rows: geometry.rowsPerTile, tile_columns: geometry.tileWidth, places: copy(arrays),
        constants: copy(constants), lines: copy(lines),
        registers: copy(registers + [jq_tile_register(offset: -1, capacity: 0)]))
    ])
    self.blocks = blocks
    self.geometry = geometry
  }

  deinit { for block in blocks { block.deallocate() } }

  /// What runs the program and has no share in it: threads that run it do not wait for each other's
  /// counts of references.
  var tiles: Tiles {
    Tiles(
      program: program, rowCount: geometry.rowCount, rowLength: geometry.rowLength,
      rowsPerTile: geometry.rowsPerTile, tileWidth: geometry.tileWidth,
      tilesPerRow: geometry.tilesPerRow)
  }

  /// Runs the program of a ``TileRunner`` on parts of the result.
  struct Tiles: Sendable {
    fileprivate nonisolated(unsafe) let program: UnsafePointer<jq_tile_program>
    let rowCount: Int
    let rowLength: Int
    fileprivate let rowsPerTile: Int
    fileprivate let tileWidth: Int
    fileprivate let tilesPerRow: Int

    /// Runs the program on a range of rows and columns.
    func run(
      _ buffers: KernelBuffers, rows: Range<Int>, columns: Range<Int>,
      _ scratch: UnsafeMutableRawPointer
    ) {
      let pointers = UnsafeRawPointer(buffers.pointers).assumingMemoryBound(
        to: UnsafeMutableRawPointer?.self)
      jq_run_tiles(
        program, pointers, buffers.slots, rows.lowerBound, rows.upperBound, columns.lowerBound,
        columns.upperBound, scratch)
    }

    /// Runs the program on a range of tiles.
    func run(_ buffers: KernelBuffers, tiles: Range<Int>, _ scratch: UnsafeMutableRawPointer) {
      if tilesPerRow == 1 {
        let end = min(tiles.upperBound * rowsPerTile, rowCount)
        run(
          buffers, rows: tiles.lowerBound * rowsPerTile..<end, columns: 0..<rowLength, scratch)
        return
      }
      // The first and the last row may be here in part.
      var tile = tiles.lowerBound
      while tile < tiles.upperBound {
        let row = tile / tilesPerRow
        let end = min(tiles.upperBound, (row + 1) * tilesPerRow)
        let columns =
          (tile - row * tilesPerRow)
          * tileWidth..<min((end - row * tilesPerRow) * tileWidth, rowLength)
        run(buffers, rows: row..<row + 1, columns: columns, scratch)
        tile = end
      }
    }
  }
}

extension DType {
  /// What runs chains on elements of a floating-point type.
  var chainFunction: jq_chain_function {
    if self == .float32 { jq_chain_f32 } else { jq_chain_f64 }
  }
}

extension TileGeometry.Access {
  /// As the C header has it.
  fileprivate var code: Int {
    switch self {
    case .dense, .row: JQ_TILE_IN_PLACE
    case .scalar: JQ_TILE_ONE_ELEMENT
    case .repeatedRow: JQ_TILE_ONE_ROW
    case .gathered: JQ_TILE_COPIED
    }
  }
}
