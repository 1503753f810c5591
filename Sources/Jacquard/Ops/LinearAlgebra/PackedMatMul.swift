import CVectorKernels
import JacquardArrays

/// The product of rows and a packed matrix, plus an array of the product's shape and a row for all rows, if there are any.
///
/// Operands: `[rows, inner]`, the panels of ``PackMatrix``, then the addend `[rows, columns]` if `hasAddend`, then the bias
/// `[columns]` or `[1, columns]` if `hasBias`. Made by the compiler; never part of a graph.
struct PackedMatMul: Op {
  var columns: Int
  var hasAddend = false
  var hasBias = false

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [TensorType(operands[0].dtype, [operands[0].shape[0], columns])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    PackedMatMulKernel(self, context.shape(0), dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    // Each block of the result reads its own place of the addend, and that first.
    hasAddend ? .inPlace(operands: [2]) : .none
  }
}

struct PackedMatMulKernel: RowwiseKernel {
  let rowCount: Int
  private let columns: Int
  private let inner: Int
  private let addend: Int?
  private let bias: Int?
  private let dtype: DType
  private let cut: WorkCut

  init(_ op: PackedMatMul, _ shape: [Int], dtype: DType) {
    rowCount = shape[0]
    inner = shape[1]
    columns = op.columns
    addend = op.hasAddend ? 2 : nil
    bias = op.hasBias ? (op.hasAddend ? 3 : 2) : nil
    self.dtype = dtype
    cut = WorkCut(
      rowCount, costPerItem: 2 * inner * columns, grain: 1_000_000, multipleOf: 8, atMost: 16)
  }

  var name: String { "PackedMatMul" }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var floatingPointOperations: Int {
    let additions = (addend == nil ? 0 : 1) + (bias == nil ? 0 : 1)
    return (2 * inner + additions) * rowCount * columns
  }
  var scratchByteCountPerRange: Int { 0 }

  func readsOwnRowsOnly(ofOperand index: Int) -> Bool { index == 0 || index == addend }

  func run(_ buffers: KernelBuffers, chunk: Int) { run(buffers, rows: cut.range(chunk)) }

  func run(_ buffers: KernelBuffers, rows: Range<Int>) {
    let size = dtype.byteCount
    let a = buffers.operand(0) + rows.lowerBound * inner * size
    let offset = rows.lowerBound * columns * size
    let addend = addend.map { buffers.operand($0) + offset }
    let bias = bias.map { buffers.operand($0) }
    let target = buffers.result(0) + offset
    if dtype == .float32 {
      jq_multiply_panels_f32(
        rows.count, columns, inner, a, inner, buffers.operand(1), addend, columns, bias, target,
        columns)
    } else {
      jq_multiply_panels_f64(
        rows.count, columns, inner, a, inner, buffers.operand(1), addend, columns, bias, target,
        columns)
    }
  }
}
