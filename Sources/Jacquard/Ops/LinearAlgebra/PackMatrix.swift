import CVectorKernels
import JacquardArrays

/// A matrix in panels of 128 bytes of columns, the last one padded with zeros: what ``PackedMatMul`` multiplies by.
///
/// Operand: `[inner, columns]`, or `[columns, inner]` if `transposed`. Result: `[panels, inner, panelWidth]`. Made by the compiler;
/// never part of a graph.
struct PackMatrix: Op {
  var transposed: Bool

  static func panelWidth(_ dtype: DType) -> Int { 128 / dtype.byteCount }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    guard let shape = operands[0].shape.known, shape.count == 2 else {
      throw TypeRuleError("packs a matrix of known shape, not \(operands[0])")
    }
    let (inner, columns) = transposed ? (shape[1], shape[0]) : (shape[0], shape[1])
    let width = Self.panelWidth(operands[0].dtype)
    return [
      TensorType(operands[0].dtype, [(columns + width - 1) / width, inner, width])
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    PackMatrixKernel(context.shape(0), transposed: transposed, dtype: context.dtype(0))
  }
}

struct PackMatrixKernel: Kernel {
  private let stride: Int
  private let inner: Int
  private let columns: Int
  private let transposed: Bool
  private let dtype: DType
  private let cut: WorkCut

  init(_ shape: [Int], transposed: Bool, dtype: DType) {
    (inner, columns) = transposed ? (shape[1], shape[0]) : (shape[0], shape[1])
    stride = shape[1]
    self.transposed = transposed
    self.dtype = dtype
    let width = PackMatrix.panelWidth(dtype)
    cut = WorkCut((columns + width - 1) / width, costPerItem: inner * width)
  }

  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    if dtype == .float32 {
      jq_pack_panels_f32(
        range.lowerBound, range.upperBound, inner, columns, buffers.operand(0), stride,
        transposed ? 1 : 0, buffers.result(0))
    } else {
      jq_pack_panels_f64(
        range.lowerBound, range.upperBound, inner, columns, buffers.operand(0), stride,
        transposed ? 1 : 0, buffers.result(0))
    }
  }
}
