import CVectorKernels
import JacquardArrays

/// Lays operands side by side along an axis: result `[outer, Σ lengths, inner]`.
struct JoinKernel: LeadingAxesKernel {
  let name: String
  let rowCount: Int
  /// Bytes of each operand for one outer index.
  private let blocks: [Int]
  private let rowSize: Int
  let cut: WorkCut

  /// - Parameters:
  ///   - outer: the number of outer indices.
  ///   - blocks: bytes of each operand for one outer index.
  ///   - rowCount: the length of the leading axis.
  init(name: String, outer: Int, blocks: [Int], rowCount: Int) {
    self.name = name
    self.rowCount = rowCount
    self.blocks = blocks
    rowSize = blocks.reduce(0, +)
    cut = WorkCut(outer, costPerItem: rowSize, grain: 4 * WorkCut.grain)
  }

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, items range: Range<Int>) {
    var offset = 0
    for index in blocks.indices where blocks[index] > 0 {
      let block = blocks[index]
      jq_copy_rows(
        range.count, block, buffers.operand(index) + range.lowerBound * block, block,
        buffers.result(0) + range.lowerBound * rowSize + offset, rowSize)
      offset += block
    }
  }
}

/// Takes operand 0, `[outer, Σ lengths, inner]`, apart along an axis.
struct PartKernel: LeadingAxesKernel {
  let name: String
  let rowCount: Int
  private let blocks: [Int]
  private let rowSize: Int
  let cut: WorkCut

  /// - Parameters:
  ///   - outer: the number of outer indices.
  ///   - blocks: bytes of each result for one outer index.
  ///   - rowCount: the length of the leading axis.
  init(name: String, outer: Int, blocks: [Int], rowCount: Int) {
    self.name = name
    self.rowCount = rowCount
    self.blocks = blocks
    rowSize = blocks.reduce(0, +)
    cut = WorkCut(outer, costPerItem: rowSize, grain: 4 * WorkCut.grain)
  }

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, items range: Range<Int>) {
    var offset = 0
    for index in blocks.indices where blocks[index] > 0 {
      let block = blocks[index]
      jq_copy_rows(
        range.count, block, buffers.operand(0) + range.lowerBound * rowSize + offset, rowSize,
        buffers.result(index) + range.lowerBound * block, block)
      offset += block
    }
  }
}
