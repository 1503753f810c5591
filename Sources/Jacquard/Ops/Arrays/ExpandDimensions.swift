import JacquardArrays

/// Inserts axes of length 1; `axes` are their places in the result.
struct ExpandDimensions: Op {
  var axes: [Int]

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard let dimensions = shape.dimensions else {
      return [TensorType(operands[0].dtype, .unknown)]
    }
    let rank = dimensions.count + axes.count
    var isNew = [Bool](repeating: false, count: rank)
    for axis in axes {
      guard let index = try shape.checkedAxis(axis, inRank: rank) else { continue }
      guard !isNew[index] else { throw TypeRuleError("axis \(axis) is given twice in \(axes)") }
      isNew[index] = true
    }
    var rest = dimensions.makeIterator()
    let result = isNew.map { $0 ? 1 : rest.next() ?? nil }
    return [TensorType(operands[0].dtype, PartialShape(result))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.reshaped(like: call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }
}

extension Tensor {
  /// This tensor with a new axis of length 1.
  ///
  /// - Parameter axis: the place of the new axis in the result; −1 is after the last.
  public func expandingDimensions(
    at axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ExpandDimensions(axes: [axis]), self, file: file, line: line)
  }

  /// This tensor with new axes of length 1 at the given places in the result.
  func expandingDimensions(atAll axes: [Int]) -> Tensor {
    graph.insert(ExpandDimensions(axes: axes), self)
  }
}
