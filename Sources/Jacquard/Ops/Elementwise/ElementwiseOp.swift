import JacquardArrays

/// An op that computes each element of its result from the elements at the same place of its
/// operands, which broadcast as in NumPy.
///
/// A conforming type says which element types it takes, what it does to one lane, and its gradient
/// as if there were no broadcasting; type rule, kernel and the reduction of broadcast gradients
/// follow.
public protocol ElementwiseOp: Op {
  /// The element types it takes.
  static var domain: ElementDomain { get }

  /// How many operands it takes.
  static var operandCount: Int { get }

  /// The single instruction it is, if it is one; otherwise it says ``lanes(_:)``.
  var instruction: VectorInstruction { get }

  /// What happens to one element; by default ``instruction`` applied to the operands.
  func lanes(_ dtypes: [DType]) -> LaneExpression

  /// The element type of the result; by default that of the first operand.
  func resultDType(_ dtypes: [DType]) -> DType

  /// Whether some elements of these types are errors, as zero is when whole numbers are divided by
  /// it. Such an operation keeps a kernel of its own and is never fused; by default nothing is an
  /// error.
  func canFail(_ dtypes: [DType]) -> Bool

  /// The gradients with respect to the operands, disregarding broadcasting; `dy` is that of the
  /// result.
  func gradient(_ call: Call, _ dy: Tensor) throws -> [Tensor?]
}

/// A set of element types.
public struct ElementDomain: Sendable, CustomStringConvertible {
  /// Whether a type belongs to it.
  public let contains: @Sendable (DType) -> Bool
  /// The set in words: `a floating-point dtype`.
  public let description: String
  /// What to do with an operand outside the set.
  public let remedy: String

  /// A set from its membership, its description and what to do with an operand outside it.
  public init(
    _ description: String, remedy: String = "cast the operand with .cast(to:)",
    contains: @escaping @Sendable (DType) -> Bool
  ) {
    self.contains = contains
    self.description = description
    self.remedy = remedy
  }

  /// `float32` and `float64`.
  public static let floating = ElementDomain("a floating-point dtype") { $0.isFloatingPoint }
  /// All but `bool`.
  public static let numeric = ElementDomain("a numeric dtype") { $0.isNumeric }
  /// `int32`, `int64` and `uint8`.
  public static let integer = ElementDomain("an integer dtype") { $0.isInteger }
  /// All numbers that can be negative.
  public static let signed = ElementDomain("a dtype with negative numbers") {
    $0.isFloatingPoint || $0.isSignedInteger
  }
  /// `bool`.
  public static let boolean = ElementDomain(
    "bool", remedy: "compare the operand, as in x .!= 0, or cast it with .cast(to: .bool)"
  ) { $0 == .bool }
  /// Every type.
  public static let any = ElementDomain("any dtype") { _ in true }
}

extension ElementwiseOp {
  /// One.
  public static var operandCount: Int { 1 }

  /// Stops the process: an op says its instruction or its lanes.
  public var instruction: VectorInstruction {
    preconditionFailure("\(Self.name) has to say its instruction or its lanes")
  }

  /// ``instruction`` applied to the operands.
  public func lanes(_ dtypes: [DType]) -> LaneExpression {
    .apply(instruction, (0..<Self.operandCount).map { .operand($0) })
  }

  /// The element type of the first operand.
  public func resultDType(_ dtypes: [DType]) -> DType { dtypes[0] }

  /// Whether some elements are errors: no.
  public func canFail(_ dtypes: [DType]) -> Bool { false }

  /// Elementwise operands have one element type between them, which has to lie in the domain.
  public func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(Self.operandCount)
    try requireSameDType(operands.types)
    let dtype = operands[0].dtype
    guard Self.domain.contains(dtype) else {
      throw TypeRuleError(
        "takes \(Self.domain), not \(dtype)", remedy: Self.domain.remedy)
    }
    return [
      TensorType(resultDType(operands.types.map(\.dtype)), try broadcastShape(operands.types))
    ]
  }

  /// Requires that the operands have one element type.
  func requireSameDType(_ types: [TensorType]) throws {
    for type in types where type.dtype != types[0].dtype {
      throw TypeRuleError(
        "the operands are \(types[0].dtype) and \(type.dtype)",
        remedy: "cast one of them, for example with .cast(to: .\(types[0].dtype))")
    }
  }

  /// The common shape of the operands, or an error that names the first two that do not fit.
  func broadcastShape(_ types: [TensorType]) throws -> PartialShape {
    var shape = types[0].shape
    for type in types.dropFirst() {
      guard let common = PartialShape.broadcast(shape, type.shape) else {
        throw TypeRuleError(
          "the shapes \(shape) and \(type.shape) do not broadcast",
          remedy: "make each pair of dimensions, counted from the last, equal or 1")
      }
      shape = common
    }
    return shape
  }

  /// The gradients of the conforming type, each summed over the dimensions along which its operand
  /// was repeated.
  public func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    guard let dy = upstream[0] else { return call.operands.map { _ in nil } }
    let gradients = try gradient(call, dy)
    return zip(gradients, call.operands).map { gradient, operand in
      gradient.map { $0.summed(toShapeOf: operand) }
    }
  }

  /// A kernel that works through tiles.
  public func lower(_ context: LoweringContext) throws -> any Kernel {
    try ElementwiseKernel(
      name: Self.name, expression: lanes(context.operands.map(\.dtype)), context: context)
  }

  /// The result may be written over any operand of its shape and element size.
  public func aliasing(_ context: LoweringContext) -> Aliasing {
    let result = context.results[0]
    return .inPlace(
      operands: context.operands.indices.filter {
        context.operands[$0].shape == result.shape
          && context.operands[$0].dtype.byteCount == result.dtype.byteCount
      })
  }
}
