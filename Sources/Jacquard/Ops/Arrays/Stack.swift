import JacquardArrays

/// Joins operands of one shape along a new axis.
struct Stack: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    let dtype = try operands.requireSameDType()
    var common: PartialShape = .unknown
    for type in operands.types {
      guard let merged = common.merged(with: type.shape) else {
        throw TypeRuleError(
          "tensors of shapes \(common) and \(type.shape) do not stack",
          remedy: "make all shapes equal, or join tensors with concatenate")
      }
      common = merged
    }
    guard var dimensions = common.dimensions else { return [TensorType(dtype, .unknown)] }
    let index = try common.checkedAxis(axis, inRank: dimensions.count + 1) ?? 0
    dimensions.insert(operands.count, at: index)
    return [TensorType(dtype, PartialShape(dimensions))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return call.operands.map { _ in nil } }
    return dy.unstacked(count: call.operands.count, axis: axis)
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    let view = AxisView(shape, axis: axis)
    let block = view.inner * context.dtype(0).byteCount
    return JoinKernel(
      name: Self.name, outer: view.outer,
      blocks: Array(repeating: block, count: context.operands.count), rowCount: shape.first ?? 1)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    context.operands.count == 1 ? .view(operand: 0, byteOffset: 0) : .none
  }
}

/// Tensors of one shape joined along a new axis: `n` times `[…]` makes `[…, n, …]`.
///
/// - Parameters:
///   - tensors: at least one, of equal shape.
///   - axis: the place of the new axis in the result; −1 is after the last.
public func stack(
  _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard !tensors.isEmpty else {
    return Graph.invalidResult(of: "Stack", file: file, line: line)
  }
  return tensors[0].graph.insert(Stack(axis: axis), tensors, file: file, line: line).result
}
