import JacquardArrays

extension Tensor {
  /// A number as the other operand of an op: a constant of this tensor's element type.
  ///
  /// A number that the type does not hold is a diagnostic, never a silent cast.
  func scalar<O: Op>(_ value: Double, for op: O.Type) -> Tensor {
    let type = type
    if isInvalid { return graph.invalidTensor(TensorType(type.dtype, .scalar)) }
    if let (message, remedy) = type.dtype.objection(to: value) {
      graph.report(message, remedy: remedy, op: O.name, operands: [self])
      return graph.invalidTensor(TensorType(type.dtype, .scalar))
    }
    return graph.scalar(value, type.dtype)
  }
}

extension DType {
  /// Whether an element of this type is `value`, or, for floats, the nearest to it.
  func holds(_ value: Double) -> Bool {
    switch self {
    case .float32, .float64: true
    case .int32: Int32(exactly: value) != nil
    case .int64: Int64(exactly: value) != nil
    case .uint8: UInt8(exactly: value) != nil
    case .bool: value == 0 || value == 1
    }
  }

  /// Why no element of this type is `value`, and what to do instead; `nil` if one is (the nearest,
  /// for floats).
  fileprivate func objection(to value: Double) -> (message: String, remedy: String)? {
    if self != .bool && holds(value) { return nil }
    if self == .bool {
      return (
        "the other operand is the number \(value), and this one bool",
        "cast this one with .cast(to:), or use a bool tensor"
      )
    }
    return (
      "\(self) does not hold the number \(value)",
      "cast the operand with .cast(to:), or use a number that \(self) holds"
    )
  }
}
