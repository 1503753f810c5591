import JacquardArrays

/// A kernel that reduces `axes` of an array of `shape`; `axes` count from the front, in ascending order.
func makeReductionKernel(
  name: String, _ reduction: Reduction, shape: [Int], axes: [Int], dtype: DType
) throws -> any Kernel {
  let functions = try reduction.functions(for: dtype)
  var groups: [ReductionKernel.Group] = []
  for (axis, length) in shape.enumerated() where length != 1 {
    let isReduced = axes.contains(axis)
    if let last = groups.last, last.isReduced == isReduced {
      groups[groups.count - 1].length *= length
    } else {
      groups.append(ReductionKernel.Group(length: length, isReduced: isReduced))
    }
  }
  guard groups.contains(where: \.isReduced) else {
    return CopyBytesKernel(byteCount: shape.reduce(1, *) * dtype.byteCount)
  }
  if groups.count == 2, groups[0].isReduced,
    let kernel = ColumnReductionKernel(
      name: name, functions, rows: groups[0].length, columns: groups[1].length, dtype: dtype)
  {
    return kernel
  }
  return ReductionKernel(
    name: name, functions, groups: groups, dtype: dtype,
    rowCount: axes.contains(0) ? 1 : shape.first ?? 1)
}

/// A reduction of alternating groups of kept and reduced axes, the innermost reduced group first.
///
/// Each stage sees its input as `[outer, reduced, inner]`; between stages the values lie in scratch memory.
/// A leading kept group is cut into chunks.
struct ReductionKernel: LeadingAxesKernel {
  /// Adjacent axes that are all kept or all reduced, as one.
  struct Group: Sendable {
    var length: Int
    var isReduced: Bool
  }

  /// One stage; `outer` counts per element of the leading kept group.
  private struct Stage: Sendable {
    var outer: Int
    var reduced: Int
    var inner: Int
    /// Where its values go in scratch memory, in bytes; `nil` for the result.
    var scratchOffset: Int?
  }

  let name: String
  let rowCount: Int
  private let functions: Reduction.Functions
  private let elementSize: Int
  private var stages: [Stage] = []
  let cut: WorkCut
  private(set) var scratchByteCount = 0
  private(set) var floatingPointOperations = 0

  /// - Parameter rowCount: the length of the leading axis if it is kept, else 1.
  init(
    name: String, _ functions: Reduction.Functions, groups: [Group], dtype: DType, rowCount: Int
  ) {
    self.name = name
    self.rowCount = rowCount
    self.functions = functions
    elementSize = dtype.byteCount
    let hasLeading = groups.first.map { !$0.isReduced } ?? false
    let leading = hasLeading ? groups[0].length : 1
    var rest = hasLeading ? Array(groups.dropFirst()) : groups
    cut = WorkCut(leading, costPerItem: rest.reduce(1) { $0 * $1.length })
    while let index = rest.lastIndex(where: \.isReduced) {
      let stage = Stage(
        outer: rest[..<index].reduce(1) { $0 * $1.length }, reduced: rest[index].length,
        inner: rest[(index + 1)...].reduce(1) { $0 * $1.length })
      stages.append(stage)
      // What the stage leaves lies between two kept groups, which are one from here on.
      rest = rest[..<index] + [Group(length: stage.inner, isReduced: false)]
    }
    if dtype.isFloatingPoint {
      floatingPointOperations = stages.reduce(0) {
        $0 + leading * $1.outer * max($1.reduced - 1, 0) * $1.inner
      }
    }
    for index in stages.indices.dropLast() {
      stages[index].scratchOffset = scratchByteCount
      let count = leading * stages[index].outer * stages[index].inner
      scratchByteCount += (count * elementSize + 63) / 64 * 64
    }
  }

  var kind: KernelKind { .reduction }

  func run(_ buffers: KernelBuffers, items range: Range<Int>) {
    guard !range.isEmpty else { return }
    var source = buffers.operand(0)
    for index in stages.indices {
      let stage = stages[index]
      let target = stage.scratchOffset.map { buffers.scratch + $0 } ?? buffers.result(0)
      let outer = stage.outer * range.count
      let sourceStep = stage.reduced * stage.inner * elementSize
      let targetStep = stage.inner * elementSize
      let first = range.lowerBound * stage.outer
      let from = source + first * sourceStep
      let to = target + first * targetStep
      if stage.inner == 1 {
        functions.rows(outer, stage.reduced, from, to)
      } else {
        for index in 0..<outer {
          functions.columns(
            stage.reduced, stage.inner, from + index * sourceStep, to + index * targetStep)
        }
      }
      source = UnsafeRawPointer(target)
    }
  }
}

/// A reduction of the rows of a large matrix, cut into strips of columns: bias gradients.
///
/// Rows combine in blocks, whose partial results combine in turn: the order depends on the shape only.
struct ColumnReductionKernel: Kernel {
  let name: String
  private let functions: Reduction.Functions
  private let rows: Int
  private let columns: Int
  private let elementSize: Int
  let floatingPointOperations: Int
  private let cut: WorkCut

  private static let rowsPerBlock = 64
  private static let stripWidth = 128

  /// `nil` if the matrix is not worth cutting.
  init?(name: String, _ functions: Reduction.Functions, rows: Int, columns: Int, dtype: DType) {
    cut = WorkCut(
      columns, costPerItem: rows, multipleOf: 16, atMost: max(1, columns / Self.stripWidth))
    guard cut.chunkCount > 1, rows > 0 else { return nil }
    self.name = name
    self.functions = functions
    self.rows = rows
    self.columns = columns
    elementSize = dtype.byteCount
    floatingPointOperations = dtype.isFloatingPoint ? (rows - 1) * columns : 0
  }

  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }
  var scratchByteCount: Int { columns * elementSize }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    let width = range.count
    let offset = range.lowerBound * elementSize
    let source = buffers.operand(0) + offset
    let target = buffers.result(0) + offset
    let partial = buffers.scratch + offset
    let rowSize = columns * elementSize
    var row = 0
    while row < rows {
      let block = row == 0 ? target : partial
      let end = min(rows, row + Self.rowsPerBlock)
      block.copyMemory(from: source + row * rowSize, byteCount: width * elementSize)
      for next in (row + 1)..<max(end, row + 1) {
        functions.combine(width, block, source + next * rowSize, nil, block)
      }
      if row > 0 { functions.combine(width, target, partial, nil, target) }
      row = end
    }
  }
}
