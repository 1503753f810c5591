import JacquardArrays

/// What an operation computes: its attributes, type rule, gradient and kernel, in one value.
///
/// The stored properties of a conforming type are *all* its attributes, so two equal ops over equal operands
/// compute equal results; that equality is the key of common-subexpression elimination. Store floating-point attributes
/// as ``BitPattern``, which compares by bits. Users may conform types of their own: nothing else has to be registered
/// unless saved graphs are to load them.
///
/// Only the type rule is required; an op that computes also lowers to a ``Kernel``, and a differentiable
/// one has a gradient.
public protocol Op: Sendable, Hashable, Codable {
  /// The name of the op, as errors, plans and dumps show it: `Tanh`.
  static var name: String { get }

  /// The types of the results.
  ///
  /// Called while building with what is known then, and again with full shapes before a plan is made. Check whatever is known
  /// and throw a ``TypeRuleError`` that says what is wrong and what would mend it.
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType]

  /// The gradients with respect to the operands, built from public functions on tensors.
  ///
  /// - Parameters:
  ///   - call: the operands and results of the operation being differentiated.
  ///   - upstream: the gradient of the target with respect to each result; `nil` where the result does not matter.
  /// - Returns: one tensor for each operand; `nil` where the operand is not connected.
  /// - Throws: ``NoGradient`` if the op is not differentiable.
  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?]

  /// The kernel that computes the results, for operands whose shapes are all known.
  func lower(_ context: LoweringContext) throws -> any Kernel

  /// What the operation does besides computing its results.
  var effect: Effect { get }

  /// How results may share memory with operands.
  func aliasing(_ context: LoweringContext) -> Aliasing

  /// Whether the operand's elements matter, and not merely its shape and type.
  ///
  /// An operand of which only the shape is used costs nothing once shapes are known: it is no longer computed.
  func usesElements(ofOperand index: Int) -> Bool

  /// Whether the result's shape follows from the elements of the operand, as with the shape of a reshape.
  func determinesShape(operand index: Int) -> Bool

  /// The attributes in words, for plans and dumps: `axis: 1, keepingDimensions: false`. Empty by default for ops without any.
  var attributeDescription: String { get }
}

/// What an operation does besides computing its results.
public enum Effect: Sendable, Hashable {
  /// Nothing: it may be merged with its equal, moved, folded, copied or dropped.
  case none
  /// Draws from a random stream: never folded into a constant; equal draws (the same key) are the same draw.
  case random
  /// Reads a variable.
  case reads(VariableID)
  /// Assigns to a variable; committed at the end of the run.
  case assigns(VariableID)
  /// Acts on the world or may fail the run (print, assert, a closure): happens once where it stands, in program order.
  case external
}

/// How the results of an operation may share memory with its operands.
public enum Aliasing: Sendable, Hashable {
  /// The results need memory of their own.
  case none
  /// Result 0 is the operand's memory seen in another shape, starting `byteOffset` bytes into it. No kernel runs.
  case view(operand: Int, byteOffset: Int)
  /// Result 0 may be written over any of these operands, of equal size in bytes, if nobody needs them afterwards.
  case inPlace(operands: [Int])
}

/// Why operands do not fit an op: what is wrong, and what would mend it.
public struct TypeRuleError: Error, Sendable {
  /// What was found, with the types in question.
  public var message: String
  /// What the user can do about it.
  public var remedy: String?

  /// An error from a description and a remedy.
  public init(_ message: String, remedy: String? = nil) {
    self.message = message
    self.remedy = remedy
  }
}

/// Thrown by the gradient of an op that has none.
public struct NoGradient: Error, Sendable {
  /// Why there is none.
  public var reason: String
  /// What would mend it.
  public var remedy: String

  /// A missing gradient, with the reason and what would mend it.
  public init(
    _ reason: String, remedy: String = "keep it off the path, or put stopGradient around it"
  ) {
    self.reason = reason
    self.remedy = remedy
  }
}

/// What a type rule may look at.
public struct TypeRuleInput: Sendable {
  /// The operand types, as far as they are known.
  public var types: [TensorType]
  /// The parameter and result types of each region the operation owns.
  public var regions: [RegionSignature]
  /// The elements of operands that are known already (constants, folded shape arithmetic).
  public var constants: [NDArray?]

  /// An input from operand types alone.
  public init(_ types: [TensorType], regions: [RegionSignature] = [], constants: [NDArray?]? = nil)
  {
    self.types = types
    self.regions = regions
    self.constants = constants ?? Array(repeating: nil, count: types.count)
  }

  /// The type of one operand.
  public subscript(index: Int) -> TensorType { types[index] }
  /// The number of operands.
  public var count: Int { types.count }

  /// Requires exactly `count` operands.
  public func requireCount(_ count: Int) throws {
    guard types.count == count else {
      throw TypeRuleError(
        "takes \(count) operands, not \(types.count)", remedy: "insert it with \(count) operands")
    }
  }
}

/// The types a region takes and gives.
public struct RegionSignature: Sendable, Hashable {
  /// The types of the parameters.
  public var parameters: [TensorType]
  /// The types of the results.
  public var results: [TensorType]
}

/// The operation being differentiated, as its gradient rule sees it.
public struct Call: Sendable {
  /// The operation.
  public let operation: Operation
  /// The operands.
  public let operands: [Tensor]
  /// The results.
  public let results: [Tensor]

  /// The only result of a single-result op.
  public var result: Tensor { results[0] }
  /// The graph to which gradients are appended.
  public var graph: Graph { operation.graph }
}

extension Op {
  /// The type's name.
  public static var name: String { "\(Self.self)" }

  /// Throws ``NoGradient``.
  public func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    throw NoGradient("\(Self.name) has no gradient")
  }

  /// Throws: the op is lowered in another way, or not at all.
  public func lower(_ context: LoweringContext) throws -> any Kernel {
    throw LoweringError("\(Self.name) has no kernel of its own")
  }

  /// No effect.
  public var effect: Effect { .none }
  /// Memory of its own for each result.
  public func aliasing(_ context: LoweringContext) -> Aliasing { .none }
  /// Every operand matters by its elements.
  public func usesElements(ofOperand index: Int) -> Bool { true }
  /// No operand decides a shape.
  public func determinesShape(operand index: Int) -> Bool { false }

  /// The stored properties, with their names.
  public var attributeDescription: String {
    Mirror(reflecting: self).children
      .map { "\($0.label ?? "_"): \($0.value)" }
      .joined(separator: ", ")
  }

  /// Whether `other` is the same op with the same attributes.
  func isEqual(to other: any Op) -> Bool {
    guard let other = other as? Self else { return false }
    return self == other
  }
}

/// A floating-point attribute that compares by its bits: ±0 differ, a NaN equals itself.
public struct BitPattern: Hashable, Sendable, Codable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, CustomStringConvertible
{
  private let bits: UInt64

  /// The bits of `value`.
  public init(_ value: Double) { bits = value.bitPattern }
  /// The bits of the literal.
  public init(floatLiteral value: Double) { self.init(value) }
  /// The bits of the literal.
  public init(integerLiteral value: Int) { self.init(Double(value)) }

  /// The number.
  public var value: Double { Double(bitPattern: bits) }
  /// A short form for errors and dumps.
  public var description: String { "\(value)" }
}
