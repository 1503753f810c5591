import JacquardArrays

/// An array that is part of the graph. Has no kernel: plans point at its elements.
struct Constant: Op {
  var value: NDArray

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [TensorType(of: value)] }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [] }

  var attributeDescription: String {
    value.count <= 4 ? "\(value)" : "\(value.dtype)\(value.shape)"
  }
}

extension Graph {
  /// A constant tensor.
  public func constant(
    _ value: NDArray, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    insert(Constant(value: value), [], name: name, file: file, line: line).result
  }

  /// A constant tensor with the elements of `value` converted to `dtype`.
  public func constant(
    _ value: NDArray, dtype: DType, name: String? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    constant(value.converted(to: dtype), name: name, file: file, line: line)
  }

  /// A constant scalar of the given element type; a number that the type does not hold is a diagnostic.
  public func scalar(
    _ value: Double, _ dtype: DType, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      guard dtype.holds(value) else {
        report(
          "\(dtype) does not hold the number \(value)",
          remedy: "use a number that \(dtype) holds, or another dtype", op: "Constant")
        return invalidTensor(TensorType(dtype, .scalar))
      }
      return constant(NDArray.full(value, dtype: dtype, shape: []))
    }
  }
}
