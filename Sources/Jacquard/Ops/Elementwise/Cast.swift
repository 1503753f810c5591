import JacquardArrays

struct Cast: ElementwiseOp {
  var dtype: DType

  static let domain = ElementDomain.any
  var instruction: VectorInstruction { .cast(to: dtype) }

  func resultDType(_ dtypes: [DType]) -> DType { dtype }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let source = call.operands[0].dtype
    return [source.isFloatingPoint && dtype.isFloatingPoint ? dy.cast(to: source) : nil]
  }
}

extension Tensor {
  /// Each element converted to `dtype`; the tensor itself if it is of that type.
  ///
  /// Fractions are cut off, floats beyond the range of an integer become its largest or smallest,
  /// NaN becomes 0, integers wrap around, and every number but 0 is `true`. Has a gradient between
  /// floating-point types only.
  public func cast(
    to dtype: DType, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let type = type
    return type.dtype == dtype && !isInvalid
      ? self : graph.insert(Cast(dtype: dtype), self, file: file, line: line)
  }
}
