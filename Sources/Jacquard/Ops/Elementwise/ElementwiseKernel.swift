import CVectorKernels
import JacquardArrays

/// Computes results of one shape element by element, by a tile program over operands that
/// broadcast.
///
/// Works through tiles of about a thousand elements, so that what passes between instructions stays
/// in the first-level cache. Operands that lie as the result does, or row by row, are read in
/// place; results that lie so are written in place.
struct ElementwiseKernel: Kernel {
  let name: String
  let chunkCount: Int
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
  private let tilesPerChunk: Int
  /// Where in a chunk's scratch memory registers lie; −1 for those that are read or written
  /// elsewhere.
  private let registerOffsets: [Int]
  private let scratchPerChunk: Int
  /// Whether one call does a whole chunk.
  private let isOneCall: Bool
  /// What runs the program where rows are evenly spaced.
  private let runner: TileRunner?

  /// The longest tile.
  private static let tileLength = 1024
  /// How much of the first-level cache the registers may take.
  private static let registerBudget = 32 << 10
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
      mayAlias: operands.map { $0.dtype.byteCount == resultSize && $0.isDense(in: shape) })
    let largest =
      (program.steps.map(\.resultDType) + operands.map(\.dtype) + resultDTypes)
      .map(\.byteCount).max() ?? 1
    var length = Self.tileLength
    let copies = operands.count + code.constants.count + code.temporaryCount
    while length > 256, length * largest * copies > Self.registerBudget { length /= 2 }
    let geometry = TileGeometry(shape: shape, operands: operands + results, tileLength: length)

    var offset = code.registerCount * MemoryLayout<UnsafeMutableRawPointer?>.stride
    var offsets: [Int] = []
    func reserve(_ byteCount: Int) -> Int {
      offset = (offset + 63) & ~63
      defer { offset += byteCount }
      return offset
    }
    for (operand, access) in zip(operands, geometry.accesses) {
      let byteCount = geometry.tileCapacity * operand.dtype.byteCount
      offsets.append(access.isCopied ? reserve(byteCount) : -1)
    }
    for constant in code.constants {
      offsets.append(reserve(geometry.tileCapacity * constant.dtype.byteCount))
    }
    for _ in 0..<code.temporaryCount { offsets.append(reserve(geometry.tileCapacity * largest)) }
    for (result, access) in zip(results, geometry.accesses.dropFirst(operands.count)) {
      let byteCount = geometry.tileCapacity * result.dtype.byteCount
      offsets.append(access.isCopied ? reserve(byteCount) : -1)
    }
    isOneCall =
      code.lines.count == 1 && code.constants.isEmpty
      && geometry.accesses.allSatisfy { $0 == .dense }
    scratchPerChunk = isOneCall ? 0 : (offset + 63) & ~63

    let chunkLength = max(
      Self.leastChunkLength, Self.chunkLength / max(1, code.lines.count / 2),
      geometry.count / Self.mostChunks)
    tilesPerChunk = max(1, chunkLength / max(1, geometry.tileCapacity))
    chunkCount = max(1, (geometry.tileCount + tilesPerChunk - 1) / tilesPerChunk)
    scratchByteCount = scratchPerChunk * chunkCount
    floatingPointOperations =
      program.steps.count { $0.dtype.isFloatingPoint } * geometry.count
    self.name = name
    self.shape = shape
    self.code = code
    self.geometry = geometry
    self.operands = operands
    self.results = results
    resultBuffers = placements.map(\.buffer)
    registerOffsets = offsets
    runner = TileRunner(
      code, geometry, operands: operands, results: results, resultBuffers: placements.map(\.buffer),
      registerOffsets: offsets)
    rowCount = shape.first ?? 1
  }

  var kind: KernelKind { .elementwise }

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
    let (target, source) = (Int32(code.firstResult + own[0]), Int32(operand))
    guard let write = code.lines.firstIndex(where: { $0.out == target }) else { return false }
    return !code.lines[(write + 1)...].contains { [$0.a, $0.b, $0.c].contains(source) }
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let first = chunk * tilesPerChunk
    let end = min(first + tilesPerChunk, geometry.tileCount)
    guard first < end else { return }
    if isOneCall {
      let start = startOfTile(first)
      let limit = end == geometry.tileCount ? geometry.count : startOfTile(end)
      runOneCall(buffers, start..<limit)
      return
    }
    let scratch = buffers.scratch + chunk * scratchPerChunk
    if let runner {
      runner.run(buffers, tiles: first..<end, of: geometry, scratch)
      return
    }
    let registers = prepareRegisters(buffers, scratch)
    for index in first..<end { run(geometry.tile(index), buffers, registers) }
  }

  private func runOneCall(_ buffers: KernelBuffers, _ elements: Range<Int>) {
    let line = code.lines[0]
    func input(_ register: Int32) -> UnsafeRawPointer? {
      let index = Int(register)
      guard index < operands.count else { return nil }
      return buffers.operand(index)
        + (operands[index].offset + elements.lowerBound) * operands[index].dtype.byteCount
    }
    line.function(
      elements.count, input(line.a), input(line.b), input(line.c),
      buffers.result(resultBuffers[0])
        + (results[0].offset + elements.lowerBound) * results[0].dtype.byteCount)
  }

  /// How many elements of the result come before a tile.
  private func startOfTile(_ index: Int) -> Int {
    let tile = geometry.tile(index)
    return tile.row * geometry.rowLength + tile.column
  }

  private func prepareRegisters(
    _ buffers: KernelBuffers, _ scratch: UnsafeMutableRawPointer
  ) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    let registers = scratch.bindMemory(
      to: UnsafeMutableRawPointer?.self, capacity: code.registerCount)
    fillRegisters(registers, scratch, buffers, min(geometry.tileCapacity, geometry.count))
    return registers
  }

  private func run(
    _ tile: TileGeometry.Tile, _ buffers: KernelBuffers,
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) {
    let start = tile.row * geometry.rowLength + tile.column
    for operand in operands.indices { provide(operand, of: tile, start, registers, buffers) }
    for result in results.indices { receive(result, of: tile, start, registers, buffers) }
    let count = tile.count
    for index in code.lines.indices {
      let line = code.lines[index]
      line.function(
        count, registers[Int(line.a)], registers[Int(line.b)], registers[Int(line.c)],
        registers[Int(line.out)])
    }
    for result in results.indices
    where geometry.accesses[operands.count + result].isCopied {
      deliver(result, of: tile, registers, buffers)
    }
  }

  /// Places the registers of a chunk, and fills those that stay the same for all its tiles.
  private func fillRegisters(
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ scratch: UnsafeMutableRawPointer,
    _ buffers: KernelBuffers, _ count: Int
  ) {
    for register in registerOffsets.indices where registerOffsets[register] >= 0 {
      registers[register] = scratch + registerOffsets[register]
    }
    registers[code.registerCount - 1] = nil
    for index in code.constants.indices {
      var bits = code.constants[index].bits
      jq_fill(
        count, code.constants[index].dtype.byteCount, &bits, registers[code.firstConstant + index])
    }
    for index in operands.indices {
      let access = geometry.accesses[index]
      let size = operands[index].dtype.byteCount
      let source = buffers.operand(index) + operands[index].offset * size
      guard access.isCopied, let register = registers[index] else { continue }
      if access == .scalar { jq_fill(count, size, source, register) }
      if access == .repeatedRow { repeatRow(source, geometry.rowLength * size, register) }
    }
  }

  /// Fills a register with copies of a row, twice as many at each step.
  private func repeatRow(
    _ source: UnsafeRawPointer, _ byteCount: Int, _ register: UnsafeMutableRawPointer
  ) {
    let wanted = geometry.rowsPerTile * byteCount
    register.copyMemory(from: source, byteCount: byteCount)
    var done = byteCount
    while done < wanted {
      let more = min(done, wanted - done)
      (register + done).copyMemory(from: register, byteCount: more)
      done += more
    }
  }

  /// Points an operand's register at its elements of a tile, or copies them there.
  private func provide(
    _ operand: Int, of tile: TileGeometry.Tile, _ start: Int,
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ buffers: KernelBuffers
  ) {
    let size = operands[operand].dtype.byteCount
    let source = buffers.operand(operand) + operands[operand].offset * size
    switch geometry.accesses[operand] {
    case .dense:
      registers[operand] = UnsafeMutableRawPointer(mutating: source + start * size)
    case .row:
      let offset = geometry.offset(ofRow: tile.row, operand: operand) + tile.column
      registers[operand] = UnsafeMutableRawPointer(mutating: source + offset * size)
    case .gathered:
      guard let register = registers[operand] else { return }
      if let rows = geometry.evenRows(tile, operand: operand) {
        jq_copy_rows(
          tile.rows, tile.width * size, source + rows.offset * size, rows.stride * size, register,
          tile.width * size)
        return
      }
      switch size {
      case 1: gather(UInt8.self, operand, tile, source, register)
      case 4: gather(UInt32.self, operand, tile, source, register)
      default: gather(UInt64.self, operand, tile, source, register)
      }
    case .scalar, .repeatedRow: break
    }
  }

  /// Points a result's register at its place, unless it is copied there afterwards.
  private func receive(
    _ result: Int, of tile: TileGeometry.Tile, _ start: Int,
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ buffers: KernelBuffers
  ) {
    let size = results[result].dtype.byteCount
    let target = buffers.result(resultBuffers[result]) + results[result].offset * size
    switch geometry.accesses[operands.count + result] {
    case .dense:
      registers[code.firstResult + result] = target + start * size
    case .row:
      let offset =
        geometry.offset(ofRow: tile.row, operand: operands.count + result) + tile.column
      registers[code.firstResult + result] = target + offset * size
    case .scalar, .repeatedRow, .gathered: break
    }
  }

  /// Copies a tile of a result to its place, row by row.
  private func deliver(
    _ result: Int, of tile: TileGeometry.Tile,
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ buffers: KernelBuffers
  ) {
    guard let source = registers[code.firstResult + result] else { return }
    let size = results[result].dtype.byteCount
    let target = buffers.result(resultBuffers[result]) + results[result].offset * size
    if let rows = geometry.evenRows(tile, operand: operands.count + result) {
      jq_copy_rows(
        tile.rows, tile.width * size, source, tile.width * size, target + rows.offset * size,
        rows.stride * size)
      return
    }
    switch size {
    case 1: scatter(UInt8.self, operands.count + result, tile, source, target)
    case 4: scatter(UInt32.self, operands.count + result, tile, source, target)
    default: scatter(UInt64.self, operands.count + result, tile, source, target)
    }
  }

  @inline(__always)
  private func scatter<Bits: BitwiseCopyable>(
    _ type: Bits.Type, _ place: Int, _ tile: TileGeometry.Tile, _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer
  ) {
    var source = source.assumingMemoryBound(to: Bits.self)
    let target = target.assumingMemoryBound(to: Bits.self)
    let stride = geometry.strideWithinRow(ofOperand: place)
    for row in tile.row..<(tile.row + tile.rows) {
      let elements = target + geometry.offset(ofRow: row, operand: place) + tile.column * stride
      if stride == 1 {
        elements.update(from: source, count: tile.width)
      } else {
        for column in 0..<tile.width { elements[column * stride] = source[column] }
      }
      source += tile.width
    }
  }

  @inline(__always)
  private func gather<Bits: BitwiseCopyable>(
    _ type: Bits.Type, _ operand: Int, _ tile: TileGeometry.Tile, _ source: UnsafeRawPointer,
    _ register: UnsafeMutableRawPointer
  ) {
    let source = source.assumingMemoryBound(to: Bits.self)
    var target = register.assumingMemoryBound(to: Bits.self)
    let stride = geometry.strideWithinRow(ofOperand: operand)
    for row in tile.row..<(tile.row + tile.rows) {
      let elements = source + geometry.offset(ofRow: row, operand: operand) + tile.column * stride
      switch stride {
      case 0: target.update(repeating: elements[0], count: tile.width)
      case 1: target.update(from: elements, count: tile.width)
      default: for column in 0..<tile.width { target[column] = elements[column * stride] }
      }
      target += tile.width
    }
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
    if geometry.rowCount == 1 {
      let perRow = geometry.count / rowCount
      let elements = rows.lowerBound * perRow..<rows.upperBound * perRow
      if isOneCall {
        runOneCall(buffers, elements)
        return
      }
      if let runner {
        runner.run(buffers, rows: 0..<1, columns: elements, buffers.scratch)
        return
      }
      let registers = prepareRegisters(buffers, buffers.scratch)
      for column in stride(
        from: elements.lowerBound, to: elements.upperBound, by: geometry.tileWidth)
      {
        let width = min(geometry.tileWidth, elements.upperBound - column)
        run(.init(row: 0, column: column, rows: 1, width: width), buffers, registers)
      }
      return
    }
    let perRow = geometry.rowCount / rowCount
    let range = rows.lowerBound * perRow..<rows.upperBound * perRow
    if let runner {
      runner.run(buffers, rows: range, columns: 0..<geometry.rowLength, buffers.scratch)
      return
    }
    let registers = prepareRegisters(buffers, buffers.scratch)
    for row in stride(from: range.lowerBound, to: range.upperBound, by: geometry.rowsPerTile) {
      let count = min(geometry.rowsPerTile, range.upperBound - row)
      for column in stride(from: 0, to: geometry.rowLength, by: geometry.tileWidth) {
        let width = min(geometry.tileWidth, geometry.rowLength - column)
        run(.init(row: row, column: column, rows: count, width: width), buffers, registers)
      }
    }
  }
}
