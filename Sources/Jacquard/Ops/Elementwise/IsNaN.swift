import JacquardArrays

struct IsNaN: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .isNaN }

  func resultDType(_ dtypes: [DType]) -> DType { .bool }
  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// Whether each element of `x` is NaN, as `bool`.
public func isNaN(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(IsNaN(), x, file: file, line: line)
}
