import CVectorKernels
import JacquardArrays

/// Computes results of one shape element by element, by a tile program over operands that
/// broadcast.
///
/// Works through tiles of about a thousand elements, so that what passes between instructions stays
/// in the first-level cache. Operands that lie as the result does, or row by row, are read in
/// place.
struct ElementwiseKernel: Kernel {
  let name: String
  let chunkCount: Int
  let scratchByteCount: Int
  let floatingPointOperations: Int

  private let code: TileCode
  private let geometry: TileGeometry
  private let operands: [TileOperand]
  private let resultByteCounts: [Int]
  private let tilesPerChunk: Int
  /// Where in a chunk's scratch memory registers lie; −1 for those that are read or written
  /// elsewhere.
  private let registerOffsets: [Int]
  private let scratchPerChunk: Int
  /// Whether one call does a whole chunk.
  private let isOneCall: Bool

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
  ///   - shape: the shape of all results, which are dense.
  ///   - operands: where the elements of each operand lie. Result 0 may be written over dense
  ///     operands.
  init(name: String, program: TileProgram, shape: [Int], operands: [TileOperand]) throws {
    let program = program.withoutUnusedSteps()
    let resultDTypes = program.results.compactMap(program.dtype)
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
    let geometry = TileGeometry(shape: shape, operands: operands, tileLength: length)

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
    self.code = code
    self.geometry = geometry
    self.operands = operands
    resultByteCounts = resultDTypes.map(\.byteCount)
    registerOffsets = offsets
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let first = chunk * tilesPerChunk
    let end = min(first + tilesPerChunk, geometry.tileCount)
    guard first < end else { return }
    if isOneCall {
      runOneCall(buffers, first, end)
    } else {
      runTiles(buffers, chunk, first, end)
    }
  }

  private func runOneCall(_ buffers: KernelBuffers, _ first: Int, _ end: Int) {
    let line = code.lines[0]
    let start = startOfTile(first)
    let count = (end == geometry.tileCount ? geometry.count : startOfTile(end)) - start
    func input(_ register: Int32) -> UnsafeRawPointer? {
      let index = Int(register)
      guard index < operands.count else { return nil }
      return buffers.operand(index)
        + (operands[index].offset + start) * operands[index].dtype.byteCount
    }
    line.function(
      count, input(line.a), input(line.b), input(line.c),
      buffers.result(0) + start * resultByteCounts[0])
  }

  /// How many elements of the result come before a tile.
  private func startOfTile(_ index: Int) -> Int {
    let tile = geometry.tile(index)
    return tile.row * geometry.rowLength + tile.column
  }

  private func runTiles(_ buffers: KernelBuffers, _ chunk: Int, _ first: Int, _ end: Int) {
    let scratch = buffers.scratch + chunk * scratchPerChunk
    let registers = scratch.bindMemory(
      to: UnsafeMutableRawPointer?.self, capacity: code.registerCount)
    let longest = min(geometry.tileCapacity, geometry.count)
    fillRegisters(registers, scratch, buffers, longest)
    for index in first..<end {
      let tile = geometry.tile(index)
      let start = tile.row * geometry.rowLength + tile.column
      for operand in operands.indices {
        provide(operand, of: tile, start, registers, buffers)
      }
      for result in resultByteCounts.indices {
        registers[code.firstResult + result] =
          buffers.result(result) + start * resultByteCounts[result]
      }
      let count = tile.count
      for line in code.lines {
        line.function(
          count, registers[Int(line.a)], registers[Int(line.b)], registers[Int(line.c)],
          registers[Int(line.out)])
      }
    }
  }

  /// Places the registers of a chunk, and fills those that stay the same for all its tiles.
  private func fillRegisters(
    _ registers: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ scratch: UnsafeMutableRawPointer,
    _ buffers: KernelBuffers, _ count: Int
  ) {
    for (register, offset) in registerOffsets.enumerated() where offset >= 0 {
      registers[register] = scratch + offset
    }
    registers[code.registerCount - 1] = nil
    for (index, constant) in code.constants.enumerated() {
      var bits = constant.bits
      jq_fill(count, constant.dtype.byteCount, &bits, registers[code.firstConstant + index])
    }
    for (index, access) in geometry.accesses.enumerated() {
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
      switch size {
      case 1: gather(UInt8.self, operand, tile, source, register)
      case 4: gather(UInt32.self, operand, tile, source, register)
      default: gather(UInt64.self, operand, tile, source, register)
      }
    case .scalar, .repeatedRow: break
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
