import JacquardArrays

/// The number of elements of its operand along some axes; only the shape matters.
struct Size: Op {
  var axes: [Int]?
  var dtype: DType

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    _ = try operands[0].shape.checkedAxes(axes)
    guard dtype.isNumeric else {
      throw TypeRuleError("a size cannot be bool", remedy: "ask for dtype: .int64")
    }
    return [TensorType(dtype, .scalar)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let axes = try context.operands[0].shape.checkedAxes(axes) ?? []
    let size = axes.reduce(1) { $0 * context.shape(0)[$1] }
    return FillKernel(value: Double(size), dtype: dtype, count: 1)
  }

  func usesElements(ofOperand index: Int) -> Bool { false }
}

extension Tensor {
  /// The number of elements along `axes`, a scalar; it costs nothing once the shape is fed.
  ///
  /// - Parameters:
  ///   - axes: the axes that count, negative ones counted from the end; all for `nil`.
  ///   - dtype: the element type of the number.
  public func sizeTensor(
    along axes: [Int]? = nil, dtype: DType = .int64, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(Size(axes: axes, dtype: dtype), self, file: file, line: line)
  }
}
