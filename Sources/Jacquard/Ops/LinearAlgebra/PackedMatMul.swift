import CVectorKernels
import JacquardArrays

/// The product of rows and a packed matrix, or the sum of several, plus an array of the product's shape and a row for all rows, if
/// there are any.
///
/// Operands: for each product `[rows, inner]` and the panels of ``PackMatrix``, then the addend `[rows, columns]` if `hasAddend`, then
/// the bias `[columns]` or `[1, columns]` if `hasBias`. Made by the compiler; never part of a graph.
struct PackedMatMul: Op {
  var columns: Int
  /// 1 or 2.
  var productCount = 1
  var hasAddend = false
  var hasBias = false

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [TensorType(operands[0].dtype, [operands[0].shape[0], columns])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    PackedMatMulKernel(self, context)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    // Each block of the result reads its own place of the addend, and that first.
    hasAddend ? .inPlace(operands: [2 * productCount]) : .none
  }
}

struct PackedMatMulKernel: RowwiseKernel {
  let rowCount: Int
  private let columns: Int
  /// The inner sizes of the first product and of the second, 0 if there is none.
  private let inner: (Int, Int)
  private let productCount: Int
  private let addend: Int?
  private let bias: Int?
  private let dtype: DType
  private let cut: WorkCut

  init(_ op: PackedMatMul, _ context: LoweringContext) {
    let shape = context.shape(0)
    rowCount = shape[0]
    productCount = op.productCount
    inner = (shape[1], productCount > 1 ? context.shape(2)[1] : 0)
    columns = op.columns
    let others = 2 * productCount
    addend = op.hasAddend ? others : nil
    bias = op.hasBias ? (op.hasAddend ? others + 1 : others) : nil
    dtype = context.dtype(0)
    cut = WorkCut(
      rowCount, costPerItem: 2 * (inner.0 + inner.1) * columns, grain: 1_000_000, multipleOf: 8,
      atMost: 16)
  }

  var name: String { "PackedMatMul" }
  var kind: KernelKind { .matrixProduct }
  var chunkCount: Int { cut.chunkCount }
  var floatingPointOperations: Int {
    let additions = (addend == nil ? 0 : 1) + (bias == nil ? 0 : 1)
    return (2 * (inner.0 + inner.1) + additions) * rowCount * columns
  }
  var scratchByteCountPerRange: Int { 0 }

  func readsOwnRowsOnly(ofOperand index: Int) -> Bool {
    index == addend || (index < 2 * productCount && index % 2 == 0)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) { run(buffers, rows: cut.range(chunk)) }

  func run(_ buffers: KernelBuffers, rows: Range<Int>) {
    let size = dtype.byteCount
    func product(_ index: Int, _ inner: Int) -> jq_panel_product {
      jq_panel_product(
        inner: inner, a: buffers.operand(2 * index) + rows.lowerBound * inner * size,
        stride: inner, panels: buffers.operand(2 * index + 1))
    }
    var products = (product(0, inner.0), jq_panel_product())
    if productCount > 1 { products.1 = product(1, inner.1) }
    let offset = rows.lowerBound * columns * size
    let addend = addend.map { buffers.operand($0) + offset }
    let bias = bias.map { buffers.operand($0) }
    let target = buffers.result(0) + offset
    withUnsafePointer(to: &products) { both in
      let products = UnsafeRawPointer(both).assumingMemoryBound(to: jq_panel_product.self)
      if dtype == .float32 {
        jq_multiply_panels_f32(
          rows.count, columns, productCount, products, addend, columns, bias, target, columns)
      } else {
        jq_multiply_panels_f64(
          rows.count, columns, productCount, products, addend, columns, bias, target, columns)
      }
    }
  }
}
