import JacquardArrays

/// Searches an axis for an index: x `[outer, n, inner]`, result `[outer, inner]`, int64.
struct ArgumentKernel: Kernel {
  typealias Function =
    @convention(c) (
      Int, Int, Int, UnsafeRawPointer?, UnsafeMutablePointer<Int64>?
    ) -> Void

  let name: String
  private let function: Function
  private let view: AxisView
  private let elementSize: Int
  private let cut: WorkCut

  init(name: String, _ function: @escaping Function, axis: Int, _ context: LoweringContext) {
    self.name = name
    self.function = function
    let shape = context.shape(0)
    view = AxisView(shape, axis: axis)
    elementSize = context.dtype(0).byteCount
    cut = WorkCut(view.outer, costPerItem: view.length * view.inner)
  }

  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    function(
      range.count, view.length, view.inner,
      buffers.operand(0) + range.lowerBound * view.length * view.inner * elementSize,
      buffers.result(0, as: Int64.self) + range.lowerBound * view.inner)
  }
}

/// The type of an index along `axis`.
func argumentType(_ operands: TypeRuleInput, axis: Int) throws -> TensorType {
  try operands.requireCount(1)
  try operands.requireDType(in: .numeric)
  let shape = operands[0].shape
  guard let index = try shape.checkedAxis(axis), var dimensions = shape.dimensions else {
    return TensorType(.int64, .unknown)
  }
  guard dimensions[index] != 0 else {
    throw TypeRuleError(
      "axis \(axis) of shape \(shape) is empty: no element is the greatest or least",
      remedy: "search an axis of at least one element")
  }
  dimensions.remove(at: index)
  return TensorType(.int64, PartialShape(dimensions))
}
