import JacquardArrays

/// Writes slices `[outer, position, inner]` to slices `[outer, index, inner]` of a tensor, positions in order.
///
/// Every chunk makes some slices of the result and looks at all indices, so that chunks never meet.
struct ScatterKernel: NumericKernel {
  /// What a slice becomes with the slice that is scattered to it.
  enum Combination: Sendable {
    /// The sum, starting from 0.
    case addToZero
    /// The sum, starting from the base.
    case add
    /// The scattered slice; elsewhere the base.
    case replace
  }

  let dtype: DType
  let name: String
  private let combination: Combination
  private let view: AxisView
  private let indexCount: Int
  private let indexDType: DType
  private let location: KernelLocation
  private let cut: WorkCut

  /// A kernel on operands updates, indices and base.
  init(_ context: LoweringContext, axis: Int, combination: Combination) {
    let shape = context.resultShape()
    view = AxisView(shape, axis: axis)
    dtype = context.dtype(0)
    name = combination == .replace ? "ScatterUpdate" : "ScatterAdd"
    self.combination = combination
    indexCount = context.shape(1).reduce(1, *)
    indexDType = context.dtype(1)
    location = context.location
    cut = WorkCut(
      view.outer * view.length,
      costPerItem: (view.length + indexCount) * view.inner / max(view.length, 1))
  }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  /// Over its base it touches what is scattered, no more.
  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    let slice = view.outer * view.inner * dtype.byteCount
    let (updates, whole) = (slice * indexCount, slice * view.length)
    let read = updates + indexCount * indexDType.byteCount
    if combination == .addToZero { return MemoryTraffic(read: read, written: whole) }
    if operand != 2 { return MemoryTraffic(read: read + whole, written: whole) }
    return MemoryTraffic(read: read + (combination == .add ? updates : 0), written: updates)
  }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let indices = IndexPointer(buffers.operand(1), dtype: indexDType)
    if chunk == 0 && view.outer > 0 { checkIndices(indices, buffers.status) }
    let slices = cut.range(chunk)
    guard !slices.isEmpty else { return }
    let target = buffers.result(0, as: Element.self)
    startSlices(slices, of: target, buffers)

    let updates = buffers.operand(0, as: Element.self)
    let inner = view.inner
    for outer in slices.lowerBound / view.length...(slices.upperBound - 1) / view.length {
      let first = outer * view.length
      for position in 0..<indexCount {
        let index = indices[position]
        guard index >= 0 && index < view.length && slices.contains(first + index) else { continue }
        let slice = target + (first + index) * inner
        let update = updates + (outer * indexCount + position) * inner
        if combination == .replace {
          slice.update(from: update, count: inner)
        } else {
          for i in 0..<inner { slice[i] = Element.wrappingSum(slice[i], update[i]) }
        }
      }
    }
  }

  /// Gives slices what they are before anything is scattered to them.
  private func startSlices<Element: KernelNumber>(
    _ slices: Range<Int>, of target: UnsafeMutablePointer<Element>, _ buffers: KernelBuffers
  ) {
    let start = slices.lowerBound * view.inner
    let count = slices.count * view.inner
    if combination == .addToZero {
      (target + start).update(repeating: .additiveIdentity, count: count)
      return
    }
    let base = buffers.operand(2, as: Element.self)
    if base != UnsafePointer(target) { (target + start).update(from: base + start, count: count) }
  }

  private func checkIndices(_ indices: IndexPointer, _ status: RunStatus) {
    for position in 0..<indexCount {
      let index = indices[position]
      guard index >= 0 && index < view.length else {
        status.fail(
          .indexOutOfRange, at: location, row: position, detail: Int64(index),
          limit: Int64(view.length))
        return
      }
    }
  }
}

extension TypeRuleInput {
  /// Requires operand 0 to be slices that operand 1, the indices, places along `axis` of operand 2.
  func requireScatter(along axis: Int, matchingDTypes: Bool) throws {
    try requireIndices(1, role: "indices")
    let (updates, indices, base) = (self[0], self[1].shape, self[2])
    if matchingDTypes, updates.dtype != base.dtype {
      throw TypeRuleError(
        "the updates are \(updates.dtype), the tensor is \(base.dtype)",
        remedy: "cast the updates with .cast(to: .\(base.dtype))")
    }
    guard let index = try base.shape.checkedAxis(axis), let dimensions = base.shape.dimensions,
      let places = indices.dimensions
    else { return }
    let wanted = PartialShape(Array(dimensions[..<index]) + places + dimensions[(index + 1)...])
    guard wanted.isCompatible(with: updates.shape) else {
      throw TypeRuleError(
        "updates of shape \(updates.shape) at indices of shape \(indices) do not fit a tensor of shape \(base.shape)",
        remedy: "give updates of shape \(wanted)")
    }
  }
}
