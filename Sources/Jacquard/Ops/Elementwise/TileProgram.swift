import JacquardArrays

/// What an elementwise kernel does to the elements at one place: a straight list of instructions.
///
/// Steps read operands, constants and earlier steps, so that a value may be used many times. A pass
/// that fuses kernels appends the program of one to that of another; equal steps are shared.
struct TileProgram: Sendable, Hashable {
  /// Where a step finds an operand.
  enum Source: Sendable, Hashable {
    /// The element of operand `index` of the kernel.
    case operand(Int)
    /// A number, in the element type of the step that reads it.
    case constant(BitPattern)
    /// The result of an earlier step.
    case step(Int)
  }

  /// One instruction with its operands.
  struct Step: Sendable, Hashable {
    let instruction: VectorInstruction
    /// The element type by which the instruction's function is chosen.
    let dtype: DType
    let sources: [Source]

    var resultDType: DType {
      switch instruction.resultType {
      case .same: dtype
      case .dtype(let dtype): dtype
      }
    }
  }

  /// The element types of the kernel's operands.
  let operandDTypes: [DType]
  /// The instructions, each after those it reads.
  private(set) var steps: [Step] = []
  /// What the kernel's results are.
  var results: [Source] = []

  /// A program without steps.
  init(operandDTypes: [DType]) { self.operandDTypes = operandDTypes }

  /// The program that computes one expression.
  ///
  /// - Throws: ``LoweringError`` if an instruction does not support its element type.
  init(_ expression: LaneExpression, operandDTypes: [DType]) throws {
    self.init(operandDTypes: operandDTypes)
    results = [try append(expression, operands: operandDTypes.indices.map { .operand($0) })]
  }

  /// The element type of `source`; `nil` for a constant, which takes that of the step that reads
  /// it.
  func dtype(of source: Source) -> DType? {
    switch source {
    case .operand(let index): operandDTypes[index]
    case .constant: nil
    case .step(let index): steps[index].resultDType
    }
  }

  /// Appends one instruction, or finds the step that does the same already.
  mutating func append(_ instruction: VectorInstruction, _ sources: [Source]) throws -> Source {
    guard sources.count == instruction.operandCount else {
      throw LoweringError(
        "the instruction '\(instruction.name)' takes \(instruction.operandCount) operands, "
          + "not \(sources.count)")
    }
    guard let dtype = sources.last(where: { self.dtype(of: $0) != nil }).flatMap(dtype) else {
      throw LoweringError(
        "the instruction '\(instruction.name)' has constant operands only; compute it beforehand")
    }
    guard instruction.function(for: dtype) != nil else {
      throw LoweringError("the instruction '\(instruction.name)' does not take \(dtype)")
    }
    let step = Step(instruction: instruction, dtype: dtype, sources: sources)
    if let index = steps.firstIndex(of: step) { return .step(index) }
    steps.append(step)
    return .step(steps.count - 1)
  }

  /// Appends the steps of an expression over `operands`.
  mutating func append(_ expression: LaneExpression, operands: [Source]) throws -> Source {
    switch expression {
    case .operand(let index):
      return operands[index]
    case .constant(let value):
      return .constant(BitPattern(value))
    case .apply(let instruction, let arguments):
      return try append(instruction, arguments.map { try append($0, operands: operands) })
    }
  }

  /// Appends the steps of another program, whose operands are found at `operands`.
  ///
  /// - Returns: where the results of the other program are found in this one.
  mutating func append(_ other: TileProgram, operands: [Source]) throws -> [Source] {
    var places: [Source] = []
    func place(_ source: Source) -> Source {
      switch source {
      case .operand(let index): operands[index]
      case .constant: source
      case .step(let index): places[index]
      }
    }
    for step in other.steps {
      places.append(try append(step.instruction, step.sources.map(place)))
    }
    return other.results.map(place)
  }

  /// The same program without the steps that no result needs.
  func withoutUnusedSteps() -> TileProgram {
    var isUsed = [Bool](repeating: false, count: steps.count)
    func markUsed(_ sources: [Source]) {
      for case .step(let index) in sources { isUsed[index] = true }
    }
    markUsed(results)
    for index in steps.indices.reversed() where isUsed[index] { markUsed(steps[index].sources) }
    guard isUsed.contains(false) else { return self }

    var program = TileProgram(operandDTypes: operandDTypes)
    var places = [Int](repeating: -1, count: steps.count)
    func place(_ source: Source) -> Source {
      if case .step(let index) = source { .step(places[index]) } else { source }
    }
    for (index, step) in steps.enumerated() where isUsed[index] {
      places[index] = program.steps.count
      program.steps.append(
        Step(
          instruction: step.instruction, dtype: step.dtype, sources: step.sources.map(place)))
    }
    program.results = results.map(place)
    return program
  }
}
