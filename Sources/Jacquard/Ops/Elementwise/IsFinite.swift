import JacquardArrays

struct IsFinite: ElementwiseOp {
  static let domain = ElementDomain.floating
  var instruction: VectorInstruction { .isFinite }

  func resultDType(_ dtypes: [DType]) -> DType { .bool }
  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [nil] }
}

/// Whether each element of `x` is neither infinite nor NaN, as `bool`.
public func isFinite(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(IsFinite(), x, file: file, line: line)
}
