import JacquardArrays

/// The numbers from its first operand up to the second, exclusive, in steps of the third: scalars, which decide the length.
struct NumberRange: Op {
  static let name = "Range"

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    let dtype = try operands.requireSameDType()
    try operands.requireDType(in: .numeric)
    for type in operands.types where !type.shape.isCompatible(with: .scalar) {
      throw TypeRuleError("\(type) is not a scalar", remedy: "give scalars: start, limit and step")
    }
    let numbers = operands.constants.compactMap { $0?.doubleValue }
    guard numbers.count == 3 else { return [TensorType(dtype, [nil])] }
    let count = try rangeCount(numbers[0], numbers[1], numbers[2])
    return [TensorType(dtype, [count])]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, nil, nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    RangeKernel(dtype: context.dtype(0), count: context.resultShape()[0])
  }

  func determinesShape(operand index: Int) -> Bool { true }
}

/// How many numbers a range has.
private func rangeCount(_ start: Double, _ limit: Double, _ step: Double) throws -> Int {
  let count = ((limit - start) / step).rounded(.up)
  guard step != 0, count.isFinite, count < 0x1p40 else {
    throw TypeRuleError(
      "a range from \(start) to \(limit) in steps of \(step)",
      remedy: "give a step other than 0 and finite bounds")
  }
  return max(0, Int(count))
}

struct RangeKernel: NumericKernel {
  var dtype: DType
  var count: Int

  var kind: KernelKind { .copy }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let start = buffers.operand(0, as: Element.self)[0]
    let step = buffers.operand(2, as: Element.self)[0]
    let result = buffers.result(0, as: Element.self)
    for index in 0..<count {
      let offset = Element.wrappingProduct(Element(converting: Int64(index)), step)
      result[index] = Element.wrappingSum(start, offset)
    }
  }
}

/// The numbers from `start` up to `limit`, exclusive, in steps of `step`: `[n]`.
///
/// - Parameters:
///   - start: a scalar.
///   - limit: a scalar of the same dtype. Where it depends on data that are fed, a plan is compiled for each value.
///   - step: a scalar of the same dtype, not 0.
public func range(
  from start: Tensor, to limit: Tensor, by step: Tensor, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  start.graph.insert(NumberRange(), start, limit, step, file: file, line: line)
}

extension Graph {
  /// The numbers from `start` up to `limit`, exclusive, in steps of `step`: `[n]`.
  public func range(
    _ start: Double, _ limit: Double, _ step: Double = 1, dtype: DType = .int32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      Jacquard.range(
        from: scalar(start, dtype), to: scalar(limit, dtype), by: scalar(step, dtype))
    }
  }
}
