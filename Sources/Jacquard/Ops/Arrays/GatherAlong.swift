import JacquardArrays

/// Elements of the first operand along an axis at the indices in the second, which is of the same rank.
struct GatherAlong: Op {
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    try operands.requireIndices(1, role: "indices")
    try requireAlongShapes(operands[0].shape, operands[1].shape, axis: axis)
    return [TensorType(operands[0].dtype, operands[1].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let (x, indices) = (call.operands[0], call.operands[1])
    return [upstream[0].map { $0.graph.insert(ScatterAlong(axis: axis), $0, indices, x) }, nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    AlongKernel(
      AlongLayout(
        context.shape(0), indices: context.shape(1), axis: axis, indexDType: context.dtype(1),
        location: context.location, isScatter: false), dtype: context.dtype(0))
  }
}

/// The adjoint: adds the first operand, at the indices in the second, into zeros shaped like the third.
struct ScatterAlong: Op {
  static let name = "GatherAlongGradient"
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(3)
    try operands.requireIndices(1, role: "indices")
    try requireAlongShapes(operands[2].shape, operands[1].shape, axis: axis)
    guard operands[0].shape.isCompatible(with: operands[1].shape) else {
      throw TypeRuleError(
        "a gradient of shape \(operands[0].shape) at indices of shape \(operands[1].shape)",
        remedy: "give the upstream gradient the shape of the indices")
    }
    return [TensorType(operands[0].dtype, operands[2].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.gathered(at: call.operands[1], along: axis), nil, nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    AlongKernel(
      AlongLayout(
        context.resultShape(), indices: context.shape(1), axis: axis, indexDType: context.dtype(1),
        location: context.location, isScatter: true), dtype: context.dtype(0))
  }

  func usesElements(ofOperand index: Int) -> Bool { index != 2 }
}

private func requireAlongShapes(
  _ shape: PartialShape, _ indices: PartialShape, axis: Int
) throws {
  guard let index = try shape.checkedAxis(axis) else { return }
  guard
    shape.replacing(axis: index, with: nil).isCompatible(
      with: indices.replacing(axis: index, with: nil))
  else {
    throw TypeRuleError(
      "indices of shape \(indices) do not fit a tensor of shape \(shape)",
      remedy: "give indices that have its shape but along axis \(axis)")
  }
}

struct AlongLayout: Sendable {
  var view: AxisView
  var indexLength: Int
  var indexDType: DType
  var location: KernelLocation
  var isScatter: Bool

  init(
    _ shape: [Int], indices: [Int], axis: Int, indexDType: DType, location: KernelLocation,
    isScatter: Bool
  ) {
    let axis = shape.normalized(axis: axis)
    view = AxisView(shape, axis: axis)
    indexLength = indices[axis]
    self.indexDType = indexDType
    self.location = location
    self.isScatter = isScatter
  }
}

struct AlongKernel: NumericKernel {
  let dtype: DType
  private let layout: AlongLayout
  private let cut: WorkCut

  init(_ layout: AlongLayout, dtype: DType) {
    self.dtype = dtype
    self.layout = layout
    let length = layout.indexLength + (layout.isScatter ? layout.view.length : 0)
    cut = WorkCut(layout.view.outer, costPerItem: length * layout.view.inner)
  }

  var name: String { layout.isScatter ? "ScatterAlong" : "GatherAlong" }
  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let view = layout.view
    let indices = IndexPointer(buffers.operand(1), dtype: layout.indexDType)
    let source = buffers.operand(0, as: Element.self)
    let target = buffers.result(0, as: Element.self)
    for outer in cut.range(chunk) {
      if layout.isScatter {
        let slab = view.length * view.inner
        (target + outer * slab).update(repeating: .additiveIdentity, count: slab)
      }
      for position in 0..<layout.indexLength {
        for i in 0..<view.inner {
          let place = (outer * layout.indexLength + position) * view.inner + i
          let index = indices[place]
          let isInside = index >= 0 && index < view.length
          if !isInside {
            buffers.status.fail(
              .indexOutOfRange, at: layout.location, row: place, detail: Int64(index),
              limit: Int64(view.length))
          }
          let element = (outer &* view.length &+ index) &* view.inner &+ i
          if !layout.isScatter {
            target[place] = isInside ? source[element] : .additiveIdentity
          } else if isInside {
            target[element] = Element.wrappingSum(target[element], source[place])
          }
        }
      }
    }
  }
}

extension Tensor {
  /// The elements along `axis` at `indices`: element `[…, i, …]` of the result is element `[…, indices[…, i, …], …]`.
  ///
  /// - Parameters:
  ///   - indices: int32 or int64, of this tensor's shape but along `axis`; an index outside the axis fails the run.
  ///   - axis: the axis the indices refer to, negative if counted from the end.
  public func gathered(
    at indices: Tensor, along axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(GatherAlong(axis: axis), self, indices, file: file, line: line)
  }
}
