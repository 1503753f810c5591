import CVectorKernels
import JacquardArrays

/// The index of the greatest element along an axis.
struct ArgMax: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [try argumentType(operands, axis: axis)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let function: ArgumentKernel.Function =
      switch context.dtype(0) {
      case .float32: jq_argmax_f32
      case .float64: jq_argmax_f64
      case .int32: jq_argmax_i32
      case .int64: jq_argmax_i64
      case .uint8: jq_argmax_u8
      case .bool: throw LoweringError("bool has no order")
      }
    return ArgumentKernel(name: Self.name, function, axis: axis, context)
  }
}

extension Tensor {
  /// The index, int64, of the greatest element along `axis`, which goes: of equals the first, of NaNs the first before any number.
  ///
  /// - Parameter axis: the axis to search, negative if counted from the end; it must not be empty.
  public func argmax(
    axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(ArgMax(axis: axis), self, file: file, line: line)
  }
}
