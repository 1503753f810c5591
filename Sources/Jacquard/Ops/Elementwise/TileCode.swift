import JacquardArrays

/// A tile program with its registers assigned: C functions and the numbers of the tiles they read
/// and write.
///
/// Registers are numbered: operands, constants, temporaries, results, and a last one that is never
/// there, for the operands a function does not take. Temporaries are reused as soon as their value
/// has been read for the last time.
struct TileCode: Sendable {
  /// One call of a C function.
  struct Line: Sendable {
    let function: VectorInstruction.TileFunction
    let a: Int32
    let b: Int32
    let c: Int32
    let out: Int32
  }

  /// A number that fills a register.
  struct Constant: Sendable, Hashable {
    let dtype: DType
    /// The bytes of one element, from the lowest.
    let bits: UInt64
  }

  private(set) var lines: [Line] = []
  let constants: [Constant]
  let operandCount: Int
  let resultCount: Int
  private(set) var temporaryCount = 0

  var firstConstant: Int { operandCount }
  var firstTemporary: Int { operandCount + constants.count }
  var firstResult: Int { firstTemporary + temporaryCount }
  var registerCount: Int { firstResult + resultCount + 1 }

  /// - Parameter mayAlias: for each operand, whether result 0 may be written over it.
  init(_ program: TileProgram, mayAlias: [Bool]) throws {
    var assignment = RegisterAssignment(program, mayAlias: mayAlias)
    let symbolic = try assignment.assign()
    operandCount = program.operandDTypes.count
    resultCount = program.results.count
    constants = assignment.constants
    temporaryCount = assignment.temporaryCount
    let first = (constant: firstConstant, temporary: firstTemporary, result: firstResult)
    let none = Int32(registerCount - 1)
    func number(_ register: RegisterAssignment.Register) -> Int32 {
      switch register {
      case .operand(let index): Int32(index)
      case .constant(let index): Int32(first.constant + index)
      case .temporary(let index): Int32(first.temporary + index)
      case .result(let index): Int32(first.result + index)
      }
    }
    lines = symbolic.map { line in
      let inputs = line.inputs.map(number) + Array(repeating: none, count: 3)
      return Line(
        function: line.function, a: inputs[0], b: inputs[1], c: inputs[2], out: number(line.out))
    }
  }
}

/// Decides which register each step of a program writes.
struct RegisterAssignment {
  enum Register: Hashable {
    case operand(Int)
    case constant(Int)
    case temporary(Int)
    case result(Int)
  }

  struct Line {
    let function: VectorInstruction.TileFunction
    let inputs: [Register]
    let out: Register
  }

  private let program: TileProgram
  private let mayAlias: [Bool]
  private(set) var constants: [TileCode.Constant] = []
  private(set) var temporaryCount = 0
  private var free: [Int] = []
  private var registers: [Register] = []

  init(_ program: TileProgram, mayAlias: [Bool]) {
    self.program = program
    self.mayAlias = mayAlias
  }

  mutating func assign() throws -> [Line] {
    let lastUses = lastUses()
    var lines: [Line] = []
    for (index, step) in program.steps.enumerated() {
      let inputs = try step.sources.map { try register($0, dtype: step.dtype) }
      // A temporary may be overwritten by the step that reads it last only if elements keep their
      // size.
      let dying = temporaries(lastReadBy: index, lastUses)
      let size = step.resultDType.byteCount
      free += dying.filter { $0.byteCount == size }.map(\.register)
      free.sort(by: >)
      let out = directResult(of: index) ?? .temporary(newTemporary())
      free += dying.filter { $0.byteCount != size }.map(\.register)
      registers.append(out)
      lines.append(try line(step.instruction, step.dtype, inputs, out))
    }
    return try lines + copies()
  }

  private func temporaries(
    lastReadBy index: Int, _ lastUses: [Int]
  ) -> [(register: Int, byteCount: Int)] {
    (0..<index).compactMap { other in
      guard lastUses[other] == index, case .temporary(let register) = registers[other] else {
        return nil
      }
      return (register, program.steps[other].resultDType.byteCount)
    }
  }

  /// The index of the last step that reads each step; that of results lies past the end.
  private func lastUses() -> [Int] {
    var lastUses = [Int](repeating: -1, count: program.steps.count)
    for (index, step) in program.steps.enumerated() {
      for case .step(let other) in step.sources { lastUses[other] = index }
    }
    for case .step(let other) in program.results { lastUses[other] = .max }
    return lastUses
  }

  /// The result that step `index` can write at once: result 0 only if no operand that may lie there
  /// is read later.
  private func directResult(of index: Int) -> Register? {
    guard let result = program.results.firstIndex(of: .step(index)) else { return nil }
    if result > 0 { return .result(result) }
    let later = program.steps[(index + 1)...].flatMap(\.sources) + program.results
    let isSafe = !later.contains { source in
      if case .operand(let operand) = source { mayAlias[operand] } else { false }
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
      let source = try register(program.results[index], dtype: dtype)
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
    return Line(function: function, inputs: inputs, out: out)
  }

  private mutating func newTemporary() -> Int {
    if let register = free.popLast() { return register }
    temporaryCount += 1
    return temporaryCount - 1
  }

  private mutating func register(_ source: TileProgram.Source, dtype: DType) throws -> Register {
    switch source {
    case .operand(let index): return .operand(index)
    case .step(let index): return registers[index]
    case .constant(let pattern):
      var bits: UInt64 = 0
      NDArray.full(pattern.value, dtype: dtype, shape: []).withUnsafeBytes { element in
        withUnsafeMutableBytes(of: &bits) { $0.copyMemory(from: element) }
      }
      let constant = TileCode.Constant(dtype: dtype, bits: bits)
      if let known = constants.firstIndex(of: constant) { return .constant(known) }
      constants.append(constant)
      return .constant(constants.count - 1)
    }
  }
}
