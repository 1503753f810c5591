import JacquardArrays

/// The k greatest elements along the last axis, in descending order, and their indices.
struct TopK: Op {
  var count: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: .numeric)
    let (dtype, shape) = (operands[0].dtype, operands[0].shape)
    guard count >= 0 else {
      throw TypeRuleError("the \(count) greatest elements", remedy: "ask for at least 0")
    }
    guard let rank = shape.rank else {
      return [TensorType(dtype, .unknown), TensorType(.int32, .unknown)]
    }
    _ = try shape.checkedAxis(-1)
    if let length = shape[-1], length < count {
      throw TypeRuleError(
        "the \(count) greatest of \(length) elements, in shape \(shape)",
        remedy: "ask for at most \(length)")
    }
    let result = shape.replacing(axis: rank - 1, with: count)
    return [TensorType(dtype, result), TensorType(.int32, result)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return [dy.graph.insert(ScatterAlong(axis: -1), dy, call.results[1], call.operands[0])]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    return TopKKernel(
      dtype: context.dtype(0), rows: shape.dropLast().reduce(1, *), length: shape[shape.count - 1],
      count: count)
  }
}

/// Keeps the best elements of a row in a heap, the worst of them on top, and sorts it in the end.
struct TopKKernel: NumericKernel {
  let dtype: DType
  private let length: Int
  private let count: Int
  private let cut: WorkCut

  init(dtype: DType, rows: Int, length: Int, count: Int) {
    self.dtype = dtype
    self.length = length
    self.count = count
    cut = WorkCut(rows, costPerItem: 4 * length)
  }

  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    guard count > 0 else { return }
    for row in cut.range(chunk) {
      let x = buffers.operand(0, as: Element.self) + row * length
      let values = buffers.result(0, as: Element.self) + row * count
      let heap = buffers.result(1, as: Int32.self) + row * count
      for index in 0..<count { heap[index] = Int32(truncatingIfNeeded: index) }
      for root in stride(from: count / 2 - 1, through: 0, by: -1) {
        sink(root, heap, size: count, x)
      }
      for index in count..<max(count, length) {
        let candidate = Int32(truncatingIfNeeded: index)
        guard comesBefore(candidate, heap[0], x) else { continue }
        heap[0] = candidate
        sink(0, heap, size: count, x)
      }
      for last in stride(from: count - 1, to: 0, by: -1) {
        (heap[0], heap[last]) = (heap[last], heap[0])
        sink(0, heap, size: last, x)
      }
      for index in 0..<count { values[index] = x[Int(heap[index])] }
    }
  }

  /// Whether element `a` goes before `b`: the greater first, NaN before numbers, of equals the lower index.
  @inline(__always)
  private func comesBefore<Element: KernelNumber>(
    _ a: Int32, _ b: Int32, _ x: UnsafePointer<Element>
  ) -> Bool {
    let (left, right) = (x[Int(a)], x[Int(b)])
    if left > right { return true }
    if left < right { return false }
    let (leftIsNaN, rightIsNaN) = (left != left, right != right)
    return leftIsNaN == rightIsNaN ? a < b : leftIsNaN
  }

  private func sink<Element: KernelNumber>(
    _ root: Int, _ heap: UnsafeMutablePointer<Int32>, size: Int, _ x: UnsafePointer<Element>
  ) {
    var parent = root
    while true {
      var worst = parent
      for child in (2 * parent + 1)...(2 * parent + 2) where child < size {
        if comesBefore(heap[worst], heap[child], x) { worst = child }
      }
      guard worst != parent else { return }
      (heap[worst], heap[parent]) = (heap[parent], heap[worst])
      parent = worst
    }
  }
}

extension Tensor {
  /// The greatest elements along the last axis, in descending order, and their indices, int32: both `[…, count]`.
  ///
  /// Of equal elements the one with the lower index comes first; NaN comes before numbers.
  ///
  /// - Parameter count: how many; at most the length of the axis.
  public func topK(
    _ count: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> (values: Tensor, indices: Tensor) {
    let results = graph.insert(
      TopK(count: count), [self], resultCount: 2, file: file, line: line
    ).results
    return (results[0], results[1])
  }
}
