import JacquardArrays

/// A rectangular part of an array, with strides; one entry for each axis.
struct SliceRegion: Sendable, Hashable {
  var start: [Int]
  var sizes: [Int]
  var strides: [Int]

  var count: Int { sizes.reduce(1, *) }

  /// Where the part starts, in elements of an array of `shape`, and how far apart its elements are along each axis.
  func layout(in shape: [Int]) -> (offset: Int, strides: [Int]) {
    let steps = ShapeArithmetic.rowMajorStrides(shape)
    let offset = zip(start, steps).reduce(0) { $0 + $1.0 * $1.1 }
    return (count == 0 ? 0 : offset, zip(strides, steps).map { $0 * $1 })
  }

  /// Whether the part is one run of elements of an array of `shape`.
  func isContiguous(in shape: [Int]) -> Bool {
    guard zip(strides, sizes).allSatisfy({ $0 == 1 || $1 <= 1 }) else { return false }
    guard let firstCut = shape.indices.first(where: { sizes[$0] != 1 }) else { return true }
    return shape.indices.dropFirst(firstCut + 1).allSatisfy { sizes[$0] == shape[$0] }
  }
}

/// An op that takes a rectangular part out of its first operand; of the others, if any, only the shapes matter.
///
/// Its gradient lays the upstream gradient into zeros, and the gradient of that takes the part again.
protocol SlicingOp: Op {
  /// The part of an array of `shape`; `others` are the shapes of further operands.
  func region(of shape: [Int], others: [[Int]]) throws -> SliceRegion
}

extension SlicingOp {
  /// The part that is taken where the op lowers.
  func region(in context: LoweringContext) throws -> SliceRegion {
    try region(
      of: context.shape(0), others: context.operands.indices.dropFirst().map(context.shape))
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let none: [Tensor?] = call.operands.dropFirst().map { _ in nil }
    guard let dy = upstream[0] else { return [nil] + none }
    return [dy.graph.insert(Unslice(slice: self), [dy] + call.operands).result] + none
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let region = try region(in: context)
    let (offset, strides) = region.layout(in: context.shape(0))
    return StridedCopyKernel(
      name: Self.name,
      layout: StridedLayout(dimensions: region.sizes, sourceStrides: strides, sourceOffset: offset),
      dtype: context.dtype(0))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    let shape = context.shape(0)
    guard let region = try? region(in: context), region.isContiguous(in: shape) else {
      return .none
    }
    let byteOffset = region.layout(in: shape).offset * context.dtype(0).byteCount
    return .view(operand: 0, byteOffset: byteOffset)
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

/// The adjoint of a slicing op: lays its first operand into zeros shaped like the second, where the op would take it.
struct Unslice<Slicing: SlicingOp>: Op {
  var slice: Slicing

  static var name: String { "\(Slicing.name)Gradient" }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    guard operands.count >= 2 else { throw TypeRuleError("takes at least two operands") }
    let whole = TypeRuleInput(Array(operands.types.dropFirst()))
    let part = try slice.resultTypes(whole)[0].shape
    guard part.isCompatible(with: operands[0].shape) else {
      throw TypeRuleError(
        "a gradient of shape \(operands[0].shape) for a part of shape \(part)",
        remedy: "give the upstream gradient the shape of the part")
    }
    return [TensorType(operands[0].dtype, operands[1].shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let none: [Tensor?] = call.operands.dropFirst().map { _ in nil }
    guard let dy = upstream[0] else { return [nil] + none }
    return [dy.graph.insert(slice, [dy] + call.operands.dropFirst(2)).result] + none
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    let others = context.operands.indices.dropFirst(2).map(context.shape)
    return PlacementKernel(
      name: Self.name, region: try slice.region(of: shape, others: others), shape: shape,
      fill: 0, dtype: context.dtype(0))
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

/// Lays operand 0 into a region of result 0, and fills the rest with one value.
struct PlacementKernel: Kernel {
  let name: String
  private let background: FillKernel?
  private let layout: StridedLayout
  private let elementSize: Int

  init(name: String, region: SliceRegion, shape: [Int], fill: Double, dtype: DType) {
    self.name = name
    let count = shape.reduce(1, *)
    background =
      region.count == count ? nil : FillKernel(value: fill, dtype: dtype, count: count)
    let (offset, strides) = region.layout(in: shape)
    layout = StridedLayout(
      dimensions: region.sizes, sourceStrides: ShapeArithmetic.rowMajorStrides(region.sizes),
      targetStrides: strides, targetOffset: offset)
    elementSize = dtype.byteCount
  }

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    if let background {
      for part in 0..<background.chunkCount { background.run(buffers, chunk: part) }
    }
    guard layout.elementCount > 0 else { return }
    layout.copy(from: buffers.operand(0), to: buffers.result(0), elementSize: elementSize)
  }
}

/// The part of a joined tensor that came from its last operand; the operands before say where it starts.
///
/// Operands: what was joined, then the operands up to the one in question; of these only the shapes matter.
struct ConcatenatedPart: SlicingOp {
  static let name = "ConcatenateGradient"
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    guard operands.count >= 2 else { throw TypeRuleError("takes at least two operands") }
    let (whole, part) = (operands[0].shape, operands[operands.count - 1].shape)
    var offset: Int? = 0
    for type in operands.types.dropFirst() {
      guard let index = try type.shape.checkedAxis(axis) else {
        offset = nil
        continue
      }
      let open = whole.replacing(axis: index, with: nil)
      guard type.shape.replacing(axis: index, with: nil).isCompatible(with: open) else {
        throw TypeRuleError(
          "a tensor of shape \(type.shape) is no part of one of shape \(whole) along axis \(axis)",
          remedy: "make all dimensions but that of axis \(axis) equal")
      }
      offset = offset.flatMap { total in type.shape[index].map { [total, $0].saturatingSum } }
    }
    if let offset, let length = whole[axis], offset > length {
      throw TypeRuleError(
        "parts of length \(offset) in a tensor of shape \(whole)",
        remedy: "give the parts that were joined")
    }
    return [TensorType(operands[0].dtype, part)]
  }

  func region(of shape: [Int], others: [[Int]]) -> SliceRegion {
    let index = shape.normalized(axis: axis)
    var start = [Int](repeating: 0, count: shape.count)
    start[index] = others.dropLast().reduce(0) { $0 + $1[index] }
    return SliceRegion(
      start: start, sizes: others[others.count - 1],
      strides: Array(repeating: 1, count: shape.count))
  }
}
