import JacquardArrays

/// For each index the position, in row-major order, at which an equal one stands first or last.
struct Occurrence: Op {
  var isLast: Bool

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireIndices(0, role: "elements")
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    OccurrenceKernel(
      count: context.resultShape().reduce(1, *), isLast: isLast, dtype: context.dtype(0))
  }
}

/// Looks indices up in a table of those seen before, open addressing with linear probing.
struct OccurrenceKernel: Kernel {
  private let count: Int
  private let isLast: Bool
  private let dtype: DType
  /// The places of the table: a power of 2, at least twice as many as indices.
  private let placeCount: Int

  init(count: Int, isLast: Bool, dtype: DType) {
    self.count = count
    self.isLast = isLast
    self.dtype = dtype
    var places = 4
    while places < 2 * count { places *= 2 }
    placeCount = places
  }

  var scratchByteCount: Int { placeCount * MemoryLayout<Int>.size }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let indices = IndexPointer(buffers.operand(0), dtype: dtype)
    let result = buffers.result(0)
    // Each place holds the position of an index, or −1.
    let table = buffers.scratch.assumingMemoryBound(to: Int.self)
    table.update(repeating: -1, count: placeCount)
    for step in 0..<count {
      let position = isLast ? count - 1 - step : step
      let index = indices[position]
      // The golden ratio spreads neighbouring indices.
      let hash = UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15
      var place = Int(truncatingIfNeeded: hash >> 32) & (placeCount - 1)
      while table[place] >= 0 && indices[table[place]] != index {
        place = (place + 1) & (placeCount - 1)
      }
      if table[place] < 0 { table[place] = position }
      if dtype == .int64 {
        result.storeBytes(of: Int64(table[place]), toByteOffset: position * 8, as: Int64.self)
      } else {
        result.storeBytes(
          of: Int32(truncatingIfNeeded: table[place]), toByteOffset: position * 4, as: Int32.self)
      }
    }
  }
}

extension Tensor {
  /// For each element the position, in row-major order, at which an equal one stands first: `[7, 3, 7, 7]` gives `[0, 1, 0, 0]`.
  ///
  /// With ``scatterAdd(_:at:like:axis:file:line:)`` it sums what belongs together: `scatterAdd(x, at: ids.firstOccurrences(), like: x)`.
  /// Elements are int32 or int64, and so is the result.
  public func firstOccurrences(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    graph.insert(Occurrence(isLast: false), self, file: file, line: line)
  }

  /// For each element the position, in row-major order, at which an equal one stands last: `[7, 3, 7, 7]` gives `[3, 1, 3, 3]`.
  ///
  /// Elements are int32 or int64, and so is the result.
  public func lastOccurrences(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    graph.insert(Occurrence(isLast: true), self, file: file, line: line)
  }
}
