import CVectorKernels
import JacquardArrays

/// The index of the least element along an axis.
struct ArgMin: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [try argumentType(operands, axis: axis)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let function: ArgumentKernel.Function =
      switch context.dtype(0) {
      case .float32: jq_argmin_f32
      case .float64: jq_argmin_f64
      case .int32: jq_argmin_i32
      case .int64: jq_argmin_i64
      case .uint8: jq_argmin_u8
      case .bool: throw LoweringError("bool has no order")
      }
    return ArgumentKernel(name: Self.name, function, axis: axis, context)
  }
}

extension Tensor {
  /// The index, int64, of the least element along `axis`, which goes: of equals the first, of NaNs the first before any number.
  ///
  /// - Parameter axis: the axis to search, negative if counted from the end; it must not be empty.
  public func argmin(
    axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ArgMin(axis: axis), self, file: file, line: line)
  }
}
