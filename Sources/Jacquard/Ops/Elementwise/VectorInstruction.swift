import CVectorKernels
import JacquardArrays

/// One C function over tiles of contiguous elements, for each element type it supports.
///
/// A value, not a case of an enumeration: an activation of a user's own is a ``LaneExpression``
/// over instructions, and a truly new primitive is one C function and one instruction.
public struct VectorInstruction: Sendable, Hashable {
  /// The element type of the result.
  public enum ResultType: Sendable, Hashable {
    /// That of the operands.
    case same
    /// A fixed one.
    case dtype(DType)
  }

  /// A C function `f(count, a, b, c, out)` over contiguous elements; `out` may equal an operand.
  public typealias TileFunction =
    @convention(c) (
      Int, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?
    ) -> Void

  /// The name, as plans show it: `tanh`.
  public let name: String
  /// How many operands it takes: 1 to 3.
  public let operandCount: Int
  /// The element type of its result.
  public let resultType: ResultType
  private let functions: [TileFunction?]
  /// What it is to chains of floating-point operations, if they have it.
  private(set) var chainOperation: ChainOperation?

  /// An operation of chains, as the C header numbers them.
  struct ChainOperation: Sendable {
    /// On the accumulator and, if it takes two operands, a register.
    var forward: Int
    /// On a register and the accumulator.
    var reversed: Int
  }

  /// An instruction from its functions, by the element type of the (last) operand.
  ///
  /// - Parameters:
  ///   - operandCount: how many operands it takes, up to three.
  ///   - resultType: what the element type of the result is.
  ///   - functions: the function for each supported element type.
  public init(
    _ name: String, operandCount: Int, resultType: ResultType = .same,
    functions: KeyValuePairs<DType, TileFunction>
  ) {
    self.name = name
    self.operandCount = operandCount
    self.resultType = resultType
    var table = [TileFunction?](repeating: nil, count: DType.allCases.count)
    for (dtype, function) in functions { table[Int(dtype.rawValue)] = function }
    self.functions = table
  }

  /// The same instruction, which chains have as well.
  func chained(_ forward: Int, reversed: Int) -> VectorInstruction {
    var instruction = self
    instruction.chainOperation = ChainOperation(forward: forward, reversed: reversed)
    return instruction
  }

  /// The function for elements of `dtype`, if there is one.
  public func function(for dtype: DType) -> TileFunction? { functions[Int(dtype.rawValue)] }

  /// Instructions are equal if they have the same name, operands and result type.
  public static func == (a: VectorInstruction, b: VectorInstruction) -> Bool {
    a.name == b.name && a.operandCount == b.operandCount && a.resultType == b.resultType
  }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// What happens to one element: a small expression over the elements of the operands at one place.
public indirect enum LaneExpression: Sendable {
  /// The element of operand `index`.
  case operand(Int)
  /// A number, in the element type of the instruction that uses it.
  case constant(Double)
  /// An instruction applied to one to three expressions.
  case apply(VectorInstruction, [LaneExpression])

  /// An instruction applied to expressions.
  public static func apply(_ instruction: VectorInstruction, _ operands: LaneExpression...)
    -> LaneExpression
  {
    .apply(instruction, operands)
  }
}
