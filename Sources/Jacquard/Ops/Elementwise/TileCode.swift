import CVectorKernels
import JacquardArrays

/// A tile program with its registers assigned, line by line.
///
/// Registers are numbered: operands, constants, temporaries, results, and a last one that is never
/// there, for the operands a function does not take. Temporaries are reused as soon as their value
/// has been read for the last time.
struct TileCode: Sendable {
  enum Line: Sendable {
    /// One call of a C function; registers it does not take are the last one.
    case call(VectorInstruction.TileFunction, inputs: [Int32], out: Int32)
    /// Steps on blocks of elements of one type.
    case chain(DType, [jq_chain_step])
  }

  /// A number that fills a register.
  struct Constant: Sendable, Hashable {
    let dtype: DType
    /// The bytes of one element, from the lowest.
    let bits: UInt64
  }

  /// How much memory a register wants.
  enum Extent: Sendable {
    case tile
    /// Chains alone read it, and write it anew for each block.
    case block
    /// Chains alone read it, and find one element that stands for all.
    case element
  }

  let lines: [Line]
  let constants: [Constant]
  /// Those of all registers but the last.
  let extents: [Extent]
  let operandCount: Int
  let resultCount: Int

  var firstResult: Int { extents.count - resultCount }
  var registerCount: Int { extents.count + 1 }
  /// The registers between the operands and the results.
  var inner: Range<Int> { operandCount..<firstResult }

  /// - Parameters:
  ///   - mayAlias: for each operand, whether result 0 may be written over it.
  ///   - isScalar: for each operand, whether it is one element for all.
  init(_ program: TileProgram, mayAlias: [Bool], isScalar: [Bool]) throws {
    var assignment = RegisterAssignment(program, mayAlias: mayAlias, isScalar: isScalar)
    let symbolic = try assignment.assign()
    operandCount = program.operandDTypes.count
    resultCount = program.results.count
    constants = assignment.constants
    extents =
      assignment.operandExtents + assignment.constantExtents
      + Array(repeating: .tile, count: assignment.temporaryCount)
      + Array(repeating: .block, count: assignment.blockCount)
      + Array(repeating: .tile, count: program.results.count)
    let firstConstant = operandCount
    let firstTemporary = firstConstant + constants.count
    let firstBlock = firstTemporary + assignment.temporaryCount
    let firstResult = firstBlock + assignment.blockCount
    let none = Int32(extents.count)
    func number(_ register: RegisterAssignment.Register) -> Int32 {
      switch register {
      case .operand(let index): Int32(index)
      case .constant(let index): Int32(firstConstant + index)
      case .temporary(let index): Int32(firstTemporary + index)
      case .block(let index): Int32(firstBlock + index)
      case .result(let index): Int32(firstResult + index)
      }
    }
    lines = symbolic.map { line in
      switch line {
      case .call(let function, let inputs, let out):
        let inputs = inputs.map(number) + Array(repeating: none, count: 3 - inputs.count)
        return .call(function, inputs: inputs, out: number(out))
      case .chain(let dtype, let steps):
        return .chain(
          dtype,
          steps.map { step in
            jq_chain_step(
              operation: Int16(step.operation),
              advance: step.register.map { assignment.isSpread($0) } ?? false ? -1 : 0,
              place: step.register.map(number) ?? none)
          })
      }
    }
  }

  /// Whether the program reads a register after it has written another.
  func reads(_ register: Int, afterWriting target: Int) -> Bool {
    var isWritten = false
    for line in lines {
      switch line {
      case .call(_, let inputs, let out):
        if isWritten && inputs.contains(Int32(register)) { return true }
        if out == target { isWritten = true }
      case .chain(_, let steps):
        for step in steps {
          if step.operation == JQ_CHAIN_STORE {
            if step.place == target { isWritten = true }
          } else if isWritten && step.place == register {
            return true
          }
        }
      }
    }
    return false
  }
}
