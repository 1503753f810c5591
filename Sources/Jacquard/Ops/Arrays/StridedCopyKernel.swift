import CVectorKernels
import JacquardArrays

/// Copies between two layouts of one array of dimensions `dimensions`; strides and offsets count elements.
struct StridedLayout: Sendable, Hashable, Codable {
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

  /// The layout of `count` elements that stay in order.
  static func dense(_ count: Int) -> StridedLayout {
    StridedLayout(dimensions: [count], sourceStrides: [1])
  }

  /// This layout, whose target is dense, with a target in blocks of `block` elements, `step` elements from one to the next, the first
  /// at `offset`; `nil` if a dimension begins within a block and ends in another.
  func inBlocks(of block: Int, every step: Int, from offset: Int) -> StridedLayout? {
    var split: [(length: Int, source: Int, target: Int)] = []
    for axis in dimensions.indices {
      let (length, source, target) = (dimensions[axis], sourceStrides[axis], targetStrides[axis])
      if target % block == 0 {
        split.append((length, source, target / block * step))
      } else if length * target <= block {
        split.append((length, source, target))
      } else if block % target == 0, length * target % block == 0 {
        let inner = block / target
        split += [(length / inner, source * inner, step), (inner, source, target)]
      } else {
        return nil
      }
    }
    return StridedLayout(
      dimensions: split.map(\.length), sourceStrides: split.map(\.source),
      sourceOffset: sourceOffset, targetStrides: split.map(\.target), targetOffset: offset)
  }
}

/// Strided copies of operands to result 0, each to a part of its own: transposes, slices, broadcasts, reversals, and joints of them.
struct StridedCopyKernel: Kernel {
  let name: String
  let chunkCount: Int
  private let parts: [Part]
  private let elementSize: Int

  private struct Part {
    var layout: StridedLayout
    /// The axis that is cut: the outermost that is long enough, else the longest.
    var axis: Int
    var cut: WorkCut
    var firstChunk: Int

    init(_ layout: StridedLayout, firstChunk: Int) {
      let dimensions = layout.dimensions
      axis =
        dimensions.firstIndex { $0 >= 8 } ?? dimensions.indices.max {
          dimensions[$0] < dimensions[$1]
        }
        ?? 0
      let length = dimensions.isEmpty ? 1 : dimensions[axis]
      cut = WorkCut(length, costPerItem: length == 0 ? 0 : layout.elementCount / length)
      self.layout = layout
      self.firstChunk = firstChunk
    }
  }

  init(name: String, layout: StridedLayout, dtype: DType) {
    self.init(name: name, layouts: [layout], dtype: dtype)
  }

  /// - Parameter layouts: for each operand where its elements lie, and where they go.
  init(name: String, layouts: [StridedLayout], dtype: DType) {
    self.name = name
    elementSize = dtype.byteCount
    var parts: [Part] = []
    var chunkCount = 0
    for layout in layouts {
      let part = Part(layout, firstChunk: chunkCount)
      parts.append(part)
      chunkCount += part.cut.chunkCount
    }
    self.parts = parts
    self.chunkCount = chunkCount
  }

  var kind: KernelKind { .copy }

  func memoryTraffic(overwriting operand: Int?) -> MemoryTraffic? {
    var traffic = MemoryTraffic(read: 0, written: 0)
    for layout in parts.map(\.layout) where layout.elementCount > 0 {
      traffic.read += zip(layout.dimensions, layout.sourceStrides)
        .reduce(elementSize) { $0 * ($1.1 == 0 ? 1 : $1.0) }
      traffic.written += layout.elementCount * elementSize
    }
    return traffic
  }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    guard let operand = parts.lastIndex(where: { $0.firstChunk <= chunk }) else { return }
    let part = parts[operand]
    let range = part.cut.range(chunk - part.firstChunk)
    guard !range.isEmpty else { return }
    part.layout.copy(
      from: buffers.operand(operand), to: buffers.result(0), elementSize: elementSize,
      axis: part.axis, range: range)
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
