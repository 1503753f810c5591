import CVectorKernels
import JacquardArrays

/// Computes results of one shape element by element, by a tile program over operands that
/// broadcast.
///
/// Works through tiles such that what passes from line to line of the program stays in the
/// first-level cache. Operands that lie as the result does, or row by row, are read in
/// place; results that lie so are written in place.
struct ElementwiseKernel: Kernel {
  let name: String
  let scratchByteCount: Int
  let floatingPointOperations: Int
  let rowCount: Int

  private let shape: [Int]
  private let code: TileCode
  private let geometry: TileGeometry
  private let operands: [TileOperand]
  private let results: [TileOperand]
  /// The buffer that each result of the program is part of.
  private let resultBuffers: [Int]
  private let cut: WorkCut
  private let scratchPerChunk: Int
  private let runner: TileRunner
  private let tiles: TileRunner.Tiles

  /// The longest tile, if nothing is copied.
  private static let tileLength = 2048
  private static let leastTileLength = 256
  /// How much of the first-level cache the registers may take.
  private static let registerBudget = 16 << 10
  private static let chunkLength = 32 << 10
  private static let leastChunkLength = 4 << 10
  /// Bounds the scratch memory of huge arrays.
  private static let mostChunks = 256

  /// The kernel of an op over dense operands.
  init(name: String, expression: LaneExpression, context: LoweringContext) throws {
    try self.init(
      name: name, program: TileProgram(expression, operandDTypes: context.operands.map(\.dtype)),
      context: context)
  }

  /// The kernel of a program over dense operands.
  init(name: String, program: TileProgram, context: LoweringContext) throws {
    let shape = context.resultShape()
    try self.init(
      name: name, program: program, shape: shape,
      operands: context.operands.indices.map {
        TileOperand(dtype: context.dtype($0), broadcasting: context.shape($0), to: shape)
      })
  }

  /// The kernel of a program over operands that lie anywhere.
  ///
  /// - Parameters:
  ///   - shape: the shape of all results.
  ///   - operands: where the elements of each operand lie. A dense result 0 may be written over dense
  ///     operands.
  ///   - results: where the elements of each result of the program lie; dense in buffers of their own by default.
  init(
    name: String, program: TileProgram, shape: [Int], operands: [TileOperand],
    results placements: [TileResult]? = nil
  ) throws {
    let program = program.withoutUnusedSteps()
    let resultDTypes = program.results.compactMap(program.dtype)
    let dense = ShapeArithmetic.rowMajorStrides(shape)
    let placements =
      placements ?? resultDTypes.indices.map { TileResult(buffer: $0, strides: dense) }
    let results = zip(resultDTypes, placements).map { dtype, placement in
      TileOperand(dtype: dtype, strides: placement.strides, offset: placement.offset)
    }
    let resultSize = resultDTypes.first?.byteCount ?? 0
    let code = try TileCode(
      program,
      mayAlias: operands.map { $0.dtype.byteCount == resultSize && $0.isDense(in: shape) },
      isScalar: operands.map { $0.isScalar(in: shape) })
    let places = operands + results
    let largest =
      (program.steps.map(\.resultDType) + places.map(\.dtype)).map(\.byteCount).max() ?? 1
    let spread =
      places.count { !$0.isDense(in: shape) } + code.extents[code.inner].count { $0 == .tile }
    var length = Self.tileLength
    while length > Self.leastTileLength, length * largest * spread > Self.registerBudget {
      length /= 2
    }
    let geometry = TileGeometry(shape: shape, operands: places, tileLength: length)

    var offset = 0
    let sizes =
      operands.map(\.dtype.byteCount) + code.constants.map(\.dtype.byteCount)
      + Array(repeating: largest, count: code.inner.count - code.constants.count)
      + results.map(\.dtype.byteCount)
    let copied =
      geometry.accesses[..<operands.count].map(\.isCopied)
      + code.inner.map { _ in true } + geometry.accesses[operands.count...].map(\.isCopied)
    let registers = sizes.indices.map { register in
      guard copied[register] else { return jq_tile_register(offset: -1, capacity: 0) }
      let tile = geometry.tileCapacity * sizes[register]
      let byteCount =
        switch code.extents[register] {
        case .tile: tile
        case .block: min(Int(JQ_CHAIN_BLOCK), tile)
        case .element: min(sizes[register], tile)
        }
      offset = (offset + 63) & ~63
      defer { offset += byteCount }
      return jq_tile_register(offset: offset, capacity: byteCount / sizes[register])
    }
    scratchPerChunk = (offset + 63) & ~63

    let chunkLength = max(
      Self.leastChunkLength, Self.chunkLength / max(1, program.steps.count / 2),
      min(Self.chunkLength, geometry.count / 16), geometry.count / Self.mostChunks)
    let tilesPerChunk = max(1, chunkLength / max(1, geometry.tileCapacity))
    cut = WorkCut(
      geometry.tileCount, costPerItem: 1, grain: 1,
      atMost: Self.evenCount((geometry.tileCount + tilesPerChunk - 1) / tilesPerChunk))
    scratchByteCount = scratchPerChunk * cut.chunkCount
    floatingPointOperations =
      program.steps.count { $0.dtype.isFloatingPoint } * geometry.count
    self.name = name
    self.shape = shape
    self.code = code
    self.geometry = geometry
    self.operands = operands
    self.results = results
    resultBuffers = placements.map(\.buffer)
    let slots = Array(operands.indices) + placements.map { operands.count + $0.buffer }
    runner = TileRunner(
      code, geometry, places: zip(slots, places).map { ($0, $1) }, registers: registers)
    tiles = runner.tiles
    rowCount = shape.first ?? 1
  }

  /// At least so many chunks, of which two, four or eight threads get equally many.
  private static func evenCount(_ count: Int) -> Int {
    if count > 8 { return (count + 7) / 8 * 8 }
    return count > 4 ? 8 : count > 2 ? 4 : count
  }

  var kind: KernelKind { .elementwise }
  var chunkCount: Int { cut.chunkCount }

  /// Elements that broadcast are read once; of operands that are parts of larger arrays, the parts.
  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    func bytes(_ array: TileOperand) -> Int {
      zip(shape, array.strides).reduce(array.dtype.byteCount) {
        $0 * ($1.1 == 0 ? min($1.0, 1) : $1.0)
      }
    }
    return MemoryTraffic(
      read: operands.reduce(0) { $0 + bytes($1) }, written: results.reduce(0) { $0 + bytes($1) })
  }

  /// So if both are dense, and no line reads the operand after the one that writes the result.
  func canWrite(result: Int, over operand: Int) -> Bool {
    let own = results.indices.filter { resultBuffers[$0] == result }
    guard own.count == 1, geometry.accesses[operands.count + own[0]] == .dense,
      geometry.accesses[operand] == .dense, results[own[0]].offset == 0,
      operands[operand].offset == 0, results[own[0]].dtype == operands[operand].dtype
    else { return false }
    return !code.reads(operand, afterWriting: code.firstResult + own[0])
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    guard !range.isEmpty else { return }
    tiles.run(buffers, tiles: range, buffers.scratch + chunk * scratchPerChunk)
  }
}

extension ElementwiseKernel: RowwiseKernel {
  var scratchByteCountPerRange: Int { scratchPerChunk }

  /// Whether rows of all results lie one after the other, each result within its own.
  var isRowwise: Bool {
    results.allSatisfy { ($0.strides.first ?? 0) > $0.offset }
      && operands.allSatisfy { $0.strides.first == 0 || ($0.strides.first ?? 0) > $0.offset }
  }

  func readsOwnRowsOnly(ofOperand index: Int) -> Bool { operands[index].strides.first != 0 }

  func run(_ buffers: KernelBuffers, rows: Range<Int>) {
    guard !rows.isEmpty, geometry.count > 0 else { return }
    if tiles.rowCount == 1 {
      let perRow = tiles.rowLength / rowCount
      tiles.run(
        buffers, rows: 0..<1, columns: rows.lowerBound * perRow..<rows.upperBound * perRow,
        buffers.scratch)
    } else {
      let perRow = tiles.rowCount / rowCount
      tiles.run(
        buffers, rows: rows.lowerBound * perRow..<rows.upperBound * perRow,
        columns: 0..<tiles.rowLength, buffers.scratch)
    }
  }
}
