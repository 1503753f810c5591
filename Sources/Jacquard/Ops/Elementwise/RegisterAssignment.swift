import CVectorKernels
import JacquardArrays

/// Decides which register each step of a program writes, and which values stay in the accumulator
/// of a chain.
struct RegisterAssignment {
  enum Register: Hashable {
    case operand(Int)
    case constant(Int)
    /// A tile that lines have in common.
    case temporary(Int)
    /// A block that steps of a chain have in common.
    case block(Int)
    case result(Int)
  }

  /// A step on the accumulator.
  struct ChainStep {
    var operation: Int
    var register: Register?
  }

  enum Line {
    case call(VectorInstruction.TileFunction, inputs: [Register], out: Register)
    case chain(DType, [ChainStep])
  }

  private let program: TileProgram
  private let mayAlias: [Bool]
  private let isScalar: [Bool]
  private let schedule: TileSchedule
  /// When each step is done.
  private var times: [Int]
  /// When each step is read for the last time; results are for ever.
  private var lastUses: [Int]
  /// Where the value of each step is; `nil` while it is in the accumulator alone.
  private var registers: [Register?]
  private var freeTemporaries: [Int] = []
  private var freeBlocks: [Int] = []
  private(set) var constants: [TileCode.Constant] = []
  private(set) var constantExtents: [TileCode.Extent] = []
  private(set) var operandExtents: [TileCode.Extent]
  private(set) var temporaryCount = 0
  private(set) var blockCount = 0

  init(_ program: TileProgram, mayAlias: [Bool], isScalar: [Bool]) {
    self.program = program
    self.mayAlias = mayAlias
    self.isScalar = isScalar
    schedule = TileSchedule(program, isScalar: isScalar)
    operandExtents = isScalar.map { $0 ? .element : .tile }
    registers = Array(repeating: nil, count: program.steps.count)
    times = Array(repeating: 0, count: program.steps.count)
    lastUses = times
    for (time, index) in schedule.lines.flatMap(\.steps).enumerated() {
      times[index] = time
      for case .step(let source) in program.steps[index].sources { lastUses[source] = time }
    }
    for case .step(let index) in program.results { lastUses[index] = .max }
  }

  /// Whether a register holds an element for each of a tile, as chains see it.
  func isSpread(_ register: Register) -> Bool {
    switch register {
    case .operand(let index): !isScalar[index]
    case .temporary, .result: true
    case .constant, .block: false
    }
  }

  mutating func assign() throws -> [Line] {
    var lines: [Line] = []
    for line in schedule.lines {
      switch line {
      case .call(let index): lines.append(try call(index))
      case .chain(let indices): lines.append(try chain(indices))
      }
    }
    return try lines + copies()
  }

  private mutating func call(_ index: Int) throws -> Line {
    let step = program.steps[index]
    let inputs = try step.sources.map { try register($0, dtype: step.dtype, extent: .tile) }
    // A temporary may be overwritten by the step that reads it last only if elements keep their
    // size.
    let size = step.resultDType.byteCount
    release(readBy: index) { $0 == size }
    let out = directResult(of: index) ?? .temporary(newTemporary())
    release(readBy: index) { $0 != size }
    registers[index] = out
    return try line(step.instruction, step.dtype, inputs, out)
  }

  private mutating func chain(_ indices: [Int]) throws -> Line {
    let dtype = program.steps[indices[0]].dtype
    let end = times[indices[indices.count - 1]]
    var steps: [ChainStep] = []
    var accumulator: TileProgram.Source?
    for (position, index) in indices.enumerated() {
      let step = program.steps[index]
      guard let operation = step.instruction.chainOperation else { continue }
      var first = step.sources[0]
      if let accumulator, step.sources.last == accumulator { first = accumulator }
      // An element that stands for all is the register rather than the accumulator.
      if first != accumulator, first.isUniform(isScalar), let last = step.sources.last {
        first = last
      }
      if first != accumulator {
        steps.append(try chainStep(JQ_CHAIN_LOAD, first, dtype))
      }
      if step.sources.count == 1 {
        steps.append(ChainStep(operation: operation.forward, register: nil))
      } else {
        let isReversed = step.sources[0] != first
        steps.append(
          try chainStep(
            isReversed ? operation.reversed : operation.forward,
            step.sources[isReversed ? 0 : 1], dtype))
      }
      accumulator = .step(index)
      release(readBy: index) { _ in true }
      if schedule.useCounts[index] == 1, position + 1 < indices.count,
        program.steps[indices[position + 1]].sources.contains(.step(index))
      {
        continue
      }
      let register =
        directResult(of: index)
        ?? (lastUses[index] <= end ? .block(newBlock()) : .temporary(newTemporary()))
      registers[index] = register
      steps.append(ChainStep(operation: JQ_CHAIN_STORE, register: register))
    }
    return .chain(dtype, steps)
  }

  private mutating func chainStep(
    _ operation: Int, _ source: TileProgram.Source, _ dtype: DType
  ) throws -> ChainStep {
    ChainStep(
      operation: source.isUniform(isScalar) ? JQ_CHAIN_UNIFORM + operation : operation,
      register: try register(source, dtype: dtype))
  }

  /// Frees the registers of elements of some sizes that step `index` is the last to read.
  private mutating func release(readBy index: Int, _ isChosen: (_ byteCount: Int) -> Bool) {
    for case .step(let source) in program.steps[index].sources
    where lastUses[source] == times[index]
      && isChosen(program.steps[source].resultDType.byteCount)
    {
      switch registers[source] {
      case .temporary(let register): freeTemporaries.append(register)
      case .block(let register): freeBlocks.append(register)
      default: continue
      }
      registers[source] = nil
    }
  }

  private mutating func newTemporary() -> Int {
    if let register = freeTemporaries.popLast() { return register }
    temporaryCount += 1
    return temporaryCount - 1
  }

  private mutating func newBlock() -> Int {
    if let register = freeBlocks.popLast() { return register }
    blockCount += 1
    return blockCount - 1
  }

  /// The result that step `index` can write at once: result 0 only if no operand that may lie there
  /// is read later.
  private func directResult(of index: Int) -> Register? {
    guard let result = program.results.firstIndex(of: .step(index)) else { return nil }
    if result > 0 { return .result(result) }
    let later = program.steps.indices.filter { times[$0] > times[index] }
    let isSafe = !(later.flatMap { program.steps[$0].sources } + program.results).contains {
      if case .operand(let operand) = $0 { mayAlias[operand] } else { false }
    }
    return isSafe ? .result(0) : nil
  }

  /// What brings the results that no step writes to their place; result 0 last, as it may lie over
  /// an operand.
  private mutating func copies() throws -> [Line] {
    var lines: [Line] = []
    for index in Array(program.results.indices.dropFirst()) + program.results.indices.prefix(1) {
      guard let dtype = program.dtype(of: program.results[index]) else {
        throw LoweringError("a result is a constant; compute it beforehand")
      }
      let source = try register(program.results[index], dtype: dtype, extent: .tile)
      if source == .result(index) { continue }
      lines.append(try line(.copy, dtype, [source], .result(index)))
    }
    return lines
  }

  private func line(
    _ instruction: VectorInstruction, _ dtype: DType, _ inputs: [Register], _ out: Register
  ) throws -> Line {
    guard let function = instruction.function(for: dtype) else {
      throw LoweringError("the instruction '\(instruction.name)' does not take \(dtype)")
    }
    return .call(function, inputs: inputs, out: out)
  }

  /// Where a source is found; what is the same for all elements has at least the extent `extent`.
  private mutating func register(
    _ source: TileProgram.Source, dtype: DType, extent: TileCode.Extent = .element
  ) throws -> Register {
    switch source {
    case .operand(let index):
      if extent == .tile { operandExtents[index] = .tile }
      return .operand(index)
    case .step(let index):
      guard let register = registers[index] else {
        throw LoweringError("step \(index) of a tile program is read after its register is gone")
      }
      return register
    case .constant(let pattern):
      var bits: UInt64 = 0
      NDArray.full(pattern.value, dtype: dtype, shape: []).withUnsafeBytes { element in
        withUnsafeMutableBytes(of: &bits) { $0.copyMemory(from: element) }
      }
      let constant = TileCode.Constant(dtype: dtype, bits: bits)
      let index = constants.firstIndex(of: constant) ?? constants.count
      if index == constants.count {
        constants.append(constant)
        constantExtents.append(.element)
      }
      if extent == .tile { constantExtents[index] = .tile }
      return .constant(index)
    }
  }
}
