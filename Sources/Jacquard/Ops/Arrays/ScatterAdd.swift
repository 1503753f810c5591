import JacquardArrays

/// Adds slices at indices along an axis, into zeros shaped like the third operand or onto its elements.
///
/// Operands: updates, indices, and the base, of which only the shape matters unless `ontoBase`.
struct ScatterAdd: Op {
  var axis: Int
  var ontoBase: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    try operands.requireDType(0, in: .numeric)
    try operands.requireScatter(along: axis, matchingDTypes: ontoBase)
    return [TensorType(operands[0].dtype, operands[2].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let updates = upstream[0]?.gathered(at: call.operands[1], axis: axis)
    return [updates, nil, ontoBase ? upstream[0] : nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    ScatterKernel(context, axis: axis, combination: ontoBase ? .add : .addToZero)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    ontoBase ? .inPlace(operands: [2]) : .none
  }

  func usesElements(ofOperand index: Int) -> Bool { index != 2 || ontoBase }
}

/// Zeros shaped like `tensor`, to which `updates` are added at `indices` along `axis`; the adjoint of `gathered(at:axis:)`.
///
/// - Parameters:
///   - updates: shaped as `tensor.gathered(at: indices, axis: axis)` would be.
///   - indices: int32 or int64; an index outside the axis fails the run, one that occurs twice adds twice.
///   - tensor: only its shape matters; it is not computed.
///   - axis: the axis the indices refer to, negative if counted from the end.
public func scatterAdd(
  _ updates: Tensor, at indices: Tensor, like tensor: Tensor, axis: Int = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  updates.graph.insert(
    ScatterAdd(axis: axis, ontoBase: false), updates, indices, tensor, file: file, line: line)
}

extension Tensor {
  /// This tensor with `updates` added to the slices at `indices` along `axis`.
  ///
  /// - Parameters:
  ///   - updates: shaped as `gathered(at: indices, axis: axis)` would be.
  ///   - indices: int32 or int64; an index outside the axis fails the run, one that occurs twice adds twice.
  ///   - axis: the axis the indices refer to, negative if counted from the end.
  public func addingScattered(
    _ updates: Tensor, at indices: Tensor, axis: Int = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      ScatterAdd(axis: axis, ontoBase: true), updates, indices, self, file: file, line: line)
  }
}
