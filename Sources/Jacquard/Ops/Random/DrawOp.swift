import JacquardArrays

/// Where a draw takes its shape from.
enum DrawShape: Hashable, Sendable, Codable {
  /// It is an attribute.
  case fixed([Int])
  /// It is that of operand 0, whose elements do not matter.
  case like
  /// It is spelt by the elements of operand 0, an integer vector.
  case elements
}

/// An op that fills an array with random numbers.
///
/// Operands: one that gives the shape, if any; the ``DrawCounter`` of the same key; the iteration counters of the loop bodies around
/// it, outermost first. The key is made of the seed and the operation's name, so that adding an operation elsewhere
/// changes no numbers; it stays the same in copies, which therefore draw the same.
protocol DrawOp: Op {
  var key: UInt64 { get }
  var shape: DrawShape { get }
  var dtype: DType { get }

  /// - Throws: `TypeRuleError` if there is no such distribution over `dtype`.
  func checkDistribution() throws

  func kernel(source: DrawSource, count: Int) throws -> any Kernel
}

extension DrawOp {
  private var shapeOperandCount: Int {
    if case .fixed = shape { 0 } else { 1 }
  }

  func resultTypes(_ input: TypeRuleInput) throws -> [TensorType] {
    guard input.count > shapeOperandCount else { throw TypeRuleError("needs a draw counter") }
    for type in input.types.dropFirst(shapeOperandCount)
    where type.dtype != .int64 || !type.shape.isCompatible(with: .scalar) {
      throw TypeRuleError("takes int64 scalars as counters, not \(type)")
    }
    try checkDistribution()
    return [TensorType(dtype, try resultShape(input))]
  }

  private func resultShape(_ input: TypeRuleInput) throws -> PartialShape {
    switch shape {
    case .fixed(let dimensions):
      guard dimensions.allSatisfy({ $0 >= 0 }) else {
        throw TypeRuleError(
          "the shape \(dimensions) has a negative dimension",
          remedy: "take an open dimension from a tensor with like:")
      }
      return PartialShape(known: dimensions)
    case .like:
      return input[0].shape
    case .elements:
      guard input[0].dtype.isInteger, input[0].shape.isCompatible(with: [nil]) else {
        throw TypeRuleError(
          "the shape is \(input[0]), not an integer vector",
          remedy: "give an int32 or int64 vector of dimensions")
      }
      if let elements = input.constants[0] {
        let dimensions = elements.converted(to: .int64).elements(as: Int64.self).map { Int($0) }
        guard dimensions.allSatisfy({ $0 >= 0 }) else {
          throw TypeRuleError(
            "the shape \(dimensions) has a negative dimension",
            remedy: "give dimensions of at least 0")
        }
        return PartialShape(known: dimensions)
      }
      return try .open(rank: input[0].shape[0])
    }
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { call.operands.map { _ in nil } }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let source = DrawSource(
      key: key, counterOperand: shapeOperandCount,
      iterationCount: context.operands.count - shapeOperandCount - 1)
    return try kernel(source: source, count: context.resultShape().reduce(1, *))
  }

  var effect: Effect { .random }

  func usesElements(ofOperand index: Int) -> Bool { !(index == 0 && shape == .like) }

  func determinesShape(operand index: Int) -> Bool { index == 0 && shape == .elements }
}

extension Graph {
  /// Appends a draw with the counters it needs; `make` is given the key of its stream.
  func insertDraw(
    shapeOperand: Tensor? = nil, seed: UInt64?, name: String, file: StaticString, line: UInt,
    _ make: (_ key: UInt64) -> some DrawOp
  ) -> Tensor {
    withSourceLocation(file, line) {
      let path = reserveName(name)
      let key = StableHash.hash64("\(seed ?? self.seed)/\(path)")
      let location = context.location ?? .unknown
      let counterPath = update { $0.uniqueName("\(path)/DrawCounter") }
      let counter = withContext {
        $0.region = .root
        $0.controlInputs = []
      } _: {
        insert(
          DrawCounter(key: key), [], regions: [], exactName: counterPath, location: location
        ).result
      }
      let operands = (shapeOperand.map { [$0] } ?? []) + [counter] + enclosingIterations()
      return insert(make(key), operands, regions: [], exactName: path, location: location).result
    }
  }
}
