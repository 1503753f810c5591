import JacquardArrays

/// Whether the target class is among the k most likely, for each row.
struct InTopK: Op {
  var count: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireDType(0, in: .floating)
    try operands.requireIndices(1, role: "targets")
    let (predictions, targets) = (operands[0].shape, operands[1].shape)
    guard predictions.isCompatible(with: [nil, nil]), targets.isCompatible(with: [nil]),
      let rows = PartialShape([predictions[0]]).merged(with: [targets[0]])
    else {
      throw TypeRuleError(
        "predictions of shape \(predictions) and targets of shape \(targets)",
        remedy: "give predictions [batch, classes] and targets [batch]")
    }
    return [TensorType(.bool, rows)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    return InTopKKernel(
      dtype: context.dtype(0), rows: shape[0], classes: shape[1], count: count,
      indexDType: context.dtype(1))
  }
}

struct InTopKKernel: NumericKernel {
  var dtype: DType
  var rows: Int
  var classes: Int
  var count: Int
  var indexDType: DType

  var kind: KernelKind { .reduction }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let targets = IndexPointer(buffers.operand(1), dtype: indexDType)
    let result = buffers.result(0, as: UInt8.self)
    for row in 0..<rows {
      let x = buffers.operand(0, as: Element.self) + row * classes
      let target = targets[row]
      guard target >= 0 && target < classes, x[target].float64Value.isFinite else {
        result[row] = 0
        continue
      }
      var better = 0
      var hasNaN = false
      for index in 0..<classes {
        if x[index] > x[target] { better += 1 }
        if x[index] != x[index] { hasNaN = true }
      }
      result[row] = better < count && !hasNaN ? 1 : 0
    }
  }
}

extension Tensor {
  /// Whether, for each row of these predictions, fewer than `count` classes are more likely than the target.
  ///
  /// A target that is no class, or whose prediction is not finite, is not among them; in a row with a NaN, nothing
  /// is. The receiver is `[batch, classes]`, the
  /// result bool `[batch]`.
  ///
  /// - Parameters:
  ///   - targets: `[batch]`, int32 or int64.
  ///   - count: how many classes count as the top.
  public func inTopK(
    _ count: Int, targets: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(InTopK(count: count), self, targets, file: file, line: line)
  }
}
