import JacquardArrays

/// An elementwise op of two operands whose result is `bool`, and so without a gradient.
protocol ComparisonOp: ElementwiseOp {}

extension ComparisonOp {
  static var operandCount: Int { 2 }

  func resultDType(_ dtypes: [DType]) -> DType { .bool }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil, nil] }
}
