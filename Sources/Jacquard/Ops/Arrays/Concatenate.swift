import JacquardArrays

/// Joins its operands along an axis.
struct Concatenate: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    let dtype = try operands.requireSameDType()
    var common: PartialShape = .unknown
    var length: Int? = 0
    for type in operands.types {
      guard let index = try type.shape.checkedAxis(axis) else {
        length = nil
        continue
      }
      length = length.flatMap { total in type.shape[index].map { [total, $0].saturatingSum } }
      guard let merged = common.merged(with: type.shape.replacing(axis: index, with: nil)) else {
        throw TypeRuleError(
          "a tensor of shape \(type.shape) does not continue one of shape \(operands[0].shape) along axis \(axis)",
          remedy: "make all dimensions but that of axis \(axis) equal")
      }
      common = merged
    }
    guard let index = common.normalized(axis: axis) else { return [TensorType(dtype, .unknown)] }
    return [TensorType(dtype, common.replacing(axis: index, with: length))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return call.operands.map { _ in nil } }
    return call.operands.indices.map { index in
      dy.graph.insert(ConcatenatedPart(axis: axis), [dy] + call.operands[...index]).result
    }
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let size = context.dtype(0).byteCount
    let views = context.operands.indices.map { index in
      let shape = context.shape(index)
      return AxisView(shape, axis: axis)
    }
    return JoinKernel(
      name: Self.name, outer: views[0].outer, blocks: views.map { $0.length * $0.inner * size },
      rowCount: context.shape(0).first ?? 1)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    context.operands.count == 1 ? .view(operand: 0, byteOffset: 0) : .none
  }
}

/// The tensors joined along `axis`: `[…, a, …]` and `[…, b, …]` make `[…, a + b, …]`.
///
/// - Parameters:
///   - tensors: at least one; equal in all dimensions but that of `axis`.
///   - axis: the axis along which they follow each other, negative if counted from the end.
public func concatenate(
  _ tensors: [Tensor], axis: Int, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard !tensors.isEmpty else {
    return Graph.invalidResult(of: "Concatenate", file: file, line: line)
  }
  return tensors[0].graph.insert(Concatenate(axis: axis), tensors, file: file, line: line).result
}
