import JacquardArrays

/// The order of rows by length, the longest first; rows of one length keep their order.
///
/// Operand: the length of each row, int32 or int64. Results, all int64: for each place in that order the row that belongs there,
/// `[rows]`; for each row its place, `[rows]`; and for each of `steps` steps how many rows are longer, `[steps]`.
///
/// Made by the compiler for loops in which rows end at different steps; never part of a graph.
struct RowOrder: Op {
  var steps: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireIndices(0, role: "lengths")
    let rows = PartialShape([operands[0].shape.elementCount])
    return [
      TensorType(.int64, rows), TensorType(.int64, rows), TensorType(.int64, [steps]),
    ]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    RowOrderKernel(
      rowCount: context.shape(0).reduce(1, *), steps: steps, dtype: context.dtype(0))
  }
}

/// Counts how many rows there are of each length, and deals out their places.
struct RowOrderKernel: Kernel {
  let rowCount: Int
  let steps: Int
  let dtype: DType

  /// The next place for a row of each length from 0 to `steps`; longer rows count as of `steps`.
  var scratchByteCount: Int { (steps + 1) * MemoryLayout<Int>.stride }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let lengths = IndexPointer(buffers.operand(0), dtype: dtype)
    let rows = buffers.result(0, as: Int64.self)
    let places = buffers.result(1, as: Int64.self)
    let longer = buffers.result(2, as: Int64.self)
    let next = buffers.scratch.bindMemory(to: Int.self, capacity: steps + 1)
    next.update(repeating: 0, count: steps + 1)
    func length(_ row: Int) -> Int { min(max(lengths[row], 0), steps) }
    for row in 0..<rowCount { next[length(row)] += 1 }
    var place = 0
    for length in (0...steps).reversed() {
      if length < steps { longer[length] = Int64(place) }
      let count = next[length]
      next[length] = place
      place += count
    }
    for row in 0..<rowCount {
      let place = next[length(row)]
      next[length(row)] += 1
      rows[place] = Int64(row)
      places[row] = Int64(place)
    }
  }
}
