import JacquardArrays

/// A value that has to be fed. Has no kernel.
struct Placeholder: Op {
  var dtype: DType
  var shape: PartialShape

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    let type = TensorType(dtype, shape)
    guard (shape.dimensions ?? []).allSatisfy({ ($0 ?? 0) >= 0 }) else {
      throw TypeRuleError(
        "the shape \(shape) has a negative dimension", remedy: "leave it open with nil")
    }
    guard shape.known == nil || type.byteCount != nil else {
      throw TypeRuleError(
        "the shape \(shape) has more elements than can be counted",
        remedy: "give smaller dimensions")
    }
    return [type]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [] }
}

/// A value that may be fed, and otherwise is its operand.
struct PlaceholderWithDefault: Op {
  var shape: PartialShape

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    guard operands[0].shape.isCompatible(with: shape) else {
      throw TypeRuleError(
        "the default is \(operands[0]), which does not fit the shape \(shape)",
        remedy: "open the dimension that differs with nil")
    }
    return [TensorType(operands[0].dtype, shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { upstream }

  func aliasing(_ context: LoweringContext) -> Aliasing { .view(operand: 0, byteOffset: 0) }

  func lower(_ context: LoweringContext) throws -> any Kernel { CopyBytesKernel(context) }
}

extension Graph {
  /// A tensor to be fed: `graph.placeholder(.float32, [nil, 28, 28], name: "x")`, `nil` for dimensions decided by what is fed.
  public func placeholder(
    _ dtype: DType, _ shape: PartialShape, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    insert(
      Placeholder(dtype: dtype, shape: shape), [], name: name ?? "Placeholder", file: file,
      line: line
    ).result
  }

  /// A tensor that is `value` unless it is fed.
  public func placeholder(
    withDefault value: Tensor, _ shape: PartialShape? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    insert(
      PlaceholderWithDefault(shape: shape ?? value.shape), [value],
      name: name ?? "PlaceholderWithDefault", file: file, line: line
    ).result
  }
}
