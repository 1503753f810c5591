import JacquardArrays

/// Adds slices at indices along an axis, into zeros shaped like the third operand or onto its elements.
///
/// Operands: updates, indices, and the base, of which only the shape matters unless `ontoBase`.
struct ScatterAdd: Op {
  var axis: Int
  var ontoBase: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    try operands.requireIndices(1, role: "indices")
    try operands.requireDType(0, in: .numeric)
    let (updates, indices, base) = (operands[0], operands[1].shape, operands[2])
    if ontoBase, updates.dtype != base.dtype {
      throw TypeRuleError(
        "the updates are \(updates.dtype), the tensor is \(base.dtype)",
        remedy: "cast the updates with .cast(to: .\(base.dtype))")
    }
    if let index = try base.shape.checkedAxis(axis), let dimensions = base.shape.dimensions,
      let places = indices.dimensions
    {
      let wanted = PartialShape(
        Array(dimensions[..<index]) + places + dimensions[(index + 1)...])
      guard wanted.isCompatible(with: updates.shape) else {
        throw TypeRuleError(
          "updates of shape \(updates.shape) at indices of shape \(indices) do not fit a tensor of shape \(base.shape)",
          remedy: "give updates of shape \(wanted)")
      }
    }
    return [TensorType(updates.dtype, base.shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let updates = upstream[0]?.gathered(at: call.operands[1], axis: axis)
    return [updates, nil, ontoBase ? upstream[0] : nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    let layout = ScatterLayout(
      view: AxisView(shape, axis: axis < 0 ? axis + shape.count : axis),
      indexCount: context.shape(1).reduce(1, *), indexDType: context.dtype(1), ontoBase: ontoBase,
      location: context.location)
    return ScatterAddKernel(layout, dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    ontoBase ? .inPlace(operands: [2]) : .none
  }

  func usesElements(ofOperand index: Int) -> Bool { index != 2 || ontoBase }
}

struct ScatterLayout: Sendable {
  var view: AxisView
  var indexCount: Int
  var indexDType: DType
  var ontoBase: Bool
  var location: KernelLocation
}

/// Adds rows `[outer, position, inner]` to rows `[outer, index, inner]`, positions in order.
struct ScatterAddKernel: NumericKernel {
  let dtype: DType
  private let layout: ScatterLayout
  private let cut: WorkCut

  init(_ layout: ScatterLayout, dtype: DType) {
    self.dtype = dtype
    self.layout = layout
    cut = WorkCut(
      layout.view.outer,
      costPerItem: (layout.view.length + layout.indexCount) * layout.view.inner)
  }

  var chunkCount: Int { cut.chunkCount }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let view = layout.view
    let indices = IndexPointer(buffers.operand(1), dtype: layout.indexDType)
    let updates = buffers.operand(0, as: Element.self)
    let target = buffers.result(0, as: Element.self)
    let base = layout.ontoBase ? buffers.operand(2, as: Element.self) : nil
    let slab = view.length * view.inner
    for outer in cut.range(chunk) {
      let rows = target + outer * slab
      if let base {
        if base != UnsafePointer(target) { rows.update(from: base + outer * slab, count: slab) }
      } else {
        rows.update(repeating: .additiveIdentity, count: slab)
      }
      for position in 0..<layout.indexCount {
        let index = indices[position]
        guard index >= 0 && index < view.length else {
          buffers.status.fail(
            .indexOutOfRange, at: layout.location, row: position, detail: Int64(index),
            limit: Int64(view.length))
          continue
        }
        let row = rows + index * view.inner
        let update = updates + (outer * layout.indexCount + position) * view.inner
        for i in 0..<view.inner { row[i] = Element.wrappingSum(row[i], update[i]) }
      }
    }
  }
}

/// Zeros shaped like `tensor`, to which `updates` are added at `indices` along `axis`; the adjoint of `gathered(at:axis:)`.
///
/// - Parameters:
///   - updates: shaped as `tensor.gathered(at: indices, axis: axis)` would be.
///   - indices: int32 or int64; an index outside the axis fails the run, one that occurs twice adds twice.
///   - tensor: only its shape matters; it is not computed.
///   - axis: the axis the indices refer to, negative if counted from the end.
public func scatterAdd(
  _ updates: Tensor, at indices: Tensor, like tensor: Tensor, axis: Int = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  updates.graph.insert(
    ScatterAdd(axis: axis, ontoBase: false), updates, indices, tensor, file: file, line: line)
}

extension Tensor {
  /// This tensor with `updates` added to the slices at `indices` along `axis`.
  ///
  /// - Parameters:
  ///   - updates: shaped as `gathered(at: indices, axis: axis)` would be.
  ///   - indices: int32 or int64; an index outside the axis fails the run, one that occurs twice adds twice.
  ///   - axis: the axis the indices refer to, negative if counted from the end.
  public func addingScattered(
    _ updates: Tensor, at indices: Tensor, axis: Int = 0, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      ScatterAdd(axis: axis, ontoBase: true), updates, indices, self, file: file, line: line)
  }
}
