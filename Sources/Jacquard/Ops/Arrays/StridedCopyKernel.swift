import CVectorKernels
import JacquardArrays

/// Copies between two layouts of one array of dimensions `dimensions`; strides and offsets count elements.
struct StridedLayout: Sendable {
  var dimensions: [Int]
  var sourceStrides: [Int]
  var sourceOffset = 0
  var targetStrides: [Int]
  var targetOffset = 0

  /// A gather into a dense target.
  init(dimensions: [Int], sourceStrides: [Int], sourceOffset: Int = 0) {
    self.init(
      dimensions: dimensions, sourceStrides: sourceStrides, sourceOffset: sourceOffset,
      targetStrides: ShapeArithmetic.rowMajorStrides(dimensions))
  }

  /// A copy between two strided layouts, brought to as few dimensions as possible.
  init(
    dimensions: [Int], sourceStrides: [Int], sourceOffset: Int = 0, targetStrides: [Int],
    targetOffset: Int = 0
  ) {
    self.sourceOffset = sourceOffset
    self.targetOffset = targetOffset
    self.dimensions = []
    self.sourceStrides = []
    self.targetStrides = []
    for axis in dimensions.indices where dimensions[axis] != 1 {
      let length = dimensions[axis]
      if let last = self.dimensions.indices.last,
        self.sourceStrides[last] == length * sourceStrides[axis],
        self.targetStrides[last] == length * targetStrides[axis]
      {
        self.dimensions[last] *= length
        self.sourceStrides[last] = sourceStrides[axis]
        self.targetStrides[last] = targetStrides[axis]
      } else {
        self.dimensions.append(length)
        self.sourceStrides.append(sourceStrides[axis])
        self.targetStrides.append(targetStrides[axis])
      }
    }
  }

  var elementCount: Int { dimensions.reduce(1, *) }
}

/// A strided copy of operand 0 to result 0: transposes, slices, broadcasts, reversals.
struct StridedCopyKernel: Kernel {
  let name: String
  private let layout: StridedLayout
  private let elementSize: Int
  private let cutAxis: Int
  private let cut: WorkCut

  init(name: String, layout: StridedLayout, dtype: DType) {
    self.name = name
    self.layout = layout
    elementSize = dtype.byteCount
    let dimensions = layout.dimensions
    // The outermost axis that is long enough to cut, else the longest.
    cutAxis =
      dimensions.firstIndex { $0 >= 8 } ?? dimensions.indices.max {
        dimensions[$0] < dimensions[$1]
      }
      ?? 0
    let length = dimensions.isEmpty ? 1 : dimensions[cutAxis]
    cut = WorkCut(length, costPerItem: length == 0 ? 0 : layout.elementCount / length)
  }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    let read = zip(layout.dimensions, layout.sourceStrides)
      .reduce(1) { $0 * ($1.1 == 0 ? 1 : $1.0) }
    return MemoryTraffic(
      read: layout.elementCount == 0 ? 0 : read * elementSize,
      written: layout.elementCount * elementSize)
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    guard !range.isEmpty else { return }
    layout.copy(
      from: buffers.operand(0), to: buffers.result(0), elementSize: elementSize, axis: cutAxis,
      range: range)
  }
}

extension StridedLayout {
  /// Copies the part of the array that lies within `range` of `axis`.
  func copy(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, elementSize: Int,
    axis: Int = 0, range: Range<Int>? = nil
  ) {
    let rank = dimensions.count
    let source = source + sourceOffset * elementSize
    let target = target + targetOffset * elementSize
    guard rank > 0 else {
      target.copyMemory(from: source, byteCount: elementSize)
      return
    }
    let range = range ?? 0..<dimensions[axis]
    withUnsafeTemporaryAllocation(of: Int.self, capacity: rank) { part in
      _ = part.update(fromContentsOf: dimensions)
      part[axis] = range.count
      jq_copy_strided(
        Int32(rank), part.baseAddress, elementSize,
        source + range.lowerBound * sourceStrides[axis] * elementSize, sourceStrides,
        target + range.lowerBound * targetStrides[axis] * elementSize, targetStrides)
    }
  }
}
