import JacquardArrays

/// Lays operands side by side along an axis: result `[outer, Σ lengths, inner]`.
struct JoinKernel: Kernel {
  let name: String
  private let outer: Int
  /// Bytes of each operand for one outer index.
  private let blocks: [Int]
  private let rowSize: Int
  private let cut: WorkCut

  /// - Parameters:
  ///   - outer: the number of outer indices.
  ///   - blocks: bytes of each operand for one outer index.
  init(name: String, outer: Int, blocks: [Int]) {
    self.name = name
    self.outer = outer
    self.blocks = blocks
    rowSize = blocks.reduce(0, +)
    cut = WorkCut(outer, costPerItem: rowSize, grain: 4 * WorkCut.grain)
  }

  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    var offset = 0
    for (index, block) in blocks.enumerated() where block > 0 {
      copyBlocks(
        range.count, size: block, from: buffers.operand(index) + range.lowerBound * block,
        step: block, to: buffers.result(0) + range.lowerBound * rowSize + offset, step: rowSize)
      offset += block
    }
  }
}

/// Takes operand 0, `[outer, Σ lengths, inner]`, apart along an axis.
struct PartKernel: Kernel {
  let name: String
  private let outer: Int
  private let blocks: [Int]
  private let rowSize: Int
  private let cut: WorkCut

  /// - Parameters:
  ///   - outer: the number of outer indices.
  ///   - blocks: bytes of each result for one outer index.
  init(name: String, outer: Int, blocks: [Int]) {
    self.name = name
    self.outer = outer
    self.blocks = blocks
    rowSize = blocks.reduce(0, +)
    cut = WorkCut(outer, costPerItem: rowSize, grain: 4 * WorkCut.grain)
  }

  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    var offset = 0
    for (index, block) in blocks.enumerated() where block > 0 {
      copyBlocks(
        range.count, size: block,
        from: buffers.operand(0) + range.lowerBound * rowSize + offset, step: rowSize,
        to: buffers.result(index) + range.lowerBound * block, step: block)
      offset += block
    }
  }
}

@inline(__always)
private func copyBlocks(
  _ count: Int, size: Int, from source: UnsafeRawPointer, step sourceStep: Int,
  to target: UnsafeMutableRawPointer, step targetStep: Int
) {
  for index in 0..<count {
    (target + index * targetStep).copyMemory(from: source + index * sourceStep, byteCount: size)
  }
}
