import JacquardArrays
import Testing

@testable import Jacquard

/// What array ops, reductions and products say about operands that do not fit, and what their kernels report.
struct ArrayOpFailureTests {
  /// Something that cannot be built on x `[2, 3]`, y `[4, 5]` and i `[2]` int32, and words of the diagnostic.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let words: String
    /// The line of the row, which its mistake shares.
    let line: UInt
    let build: @Sendable (_ x: Tensor, _ y: Tensor, _ i: Tensor) -> [Tensor]
    var testDescription: String { words }

    init(
      _ words: String, line: UInt = #line,
      _ build: @escaping @Sendable (Tensor, Tensor, Tensor) -> [Tensor]
    ) {
      self.words = words
      self.line = line
      self.build = build
    }
  }

  static let mistakes: [Mistake] = [
    Mistake("inner dimensions of [2, 3] and [4, 5]") { x, y, _ in [matmul(x, y)] },
    Mistake("is not a matrix") { x, _, i in [matmul(x, i.cast(to: .float32))] },
    Mistake("there is no axis 2") { x, _, _ in [x.sum(along: [2])] },
    Mistake("given twice") { x, _, _ in [x.sum(along: [0, -2])] },
    Mistake("takes bool, not float32") { x, _, _ in [x.any()] },
    Mistake("does not fit shape [4, -1]") { x, _, _ in [x.reshaped(to: [4, -1])] },
    Mistake("is not a shape to reshape to") { x, _, _ in [x.reshaped(to: [-1, -1])] },
    Mistake("do not fill shape [4, 5]") { x, y, _ in [x.reshaped(like: y)] },
    Mistake("does not name each axis once") { x, _, _ in [x.transposed([0, 0])] },
    Mistake("has length 2, not 1") { x, _, _ in [x.squeezed(axis: 0)] },
    Mistake("does not continue") { x, y, _ in [concatenate([x, y], axis: 0)] },
    Mistake("do not stack") { x, y, _ in [stack([x, y])] },
    Mistake("the operands are float32 and int32") { x, _, i in [concatenate([x, i], axis: 0)] },
    Mistake("does not divide into 2 equal parts") { x, _, _ in x.split(count: 2, axis: 1) },
    Mistake("add up to 4") { x, _, _ in x.split(sizes: [1, 3], axis: 1) },
    Mistake("unstack with count: 2") { x, _, _ in x.unstacked(count: 3) },
    Mistake("0 tensors") { x, _, _ in x.unstacked(count: 0) },
    Mistake("is not within axis 0") { x, _, _ in [x.sliced(from: [1, 0], sizes: [2, 3])] },
    Mistake("is not within axis 0") { x, _, _ in [x[2]] },
    Mistake("is not within axis 0") { x, _, _ in [x[-3]] },
    Mistake("is not within axis 0") { x, _, _ in [x[.max]] },
    Mistake("a slice from [0]") { x, _, _ in [x.sliced(from: [0], sizes: [1, 1])] },
    Mistake("stride of 0") { x, _, _ in [x.stridedSlice(begin: [nil], end: [nil], strides: [0])] },
    Mistake("paddings for 1 axes") { x, _, _ in [x.padded([(1, 1)])] },
    Mistake("the indices are float32") { x, y, _ in [x.gathered(at: y)] },
    Mistake("give updates of shape [2, 3]") { x, y, i in [x.addingScattered(y, at: i)] },
    Mistake("does not broadcast to shape [4, 5]") { x, y, _ in [x.broadcast(toShapeOf: y)] },
    Mistake("does not broadcast to shape [2, 3]") { x, y, _ in [x.summed(toShapeOf: y)] },
    Mistake("the 4 greatest of 3") { x, _, _ in [x.topK(4).values] },
    Mistake("two different axes") { x, _, i in [x.reverseSequence(lengths: i, sequenceAxis: -2)] },
    Mistake("in steps of 0.0") { x, _, _ in [x.graph.range(0, 3, 0)] },
    Mistake("negative dimension") { x, _, _ in [x.graph.zeros(.float32, [-1])] },
    Mistake("more elements than memory") { x, _, _ in [x.tiled([.max / 2, .max / 2])] },
  ]

  @Test(arguments: mistakes) func `mistakes are diagnosed and do not trap`(_ mistake: Mistake) {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3])
    let y = graph.placeholder(.float32, [4, 5])
    let i = graph.placeholder(.int32, [2])
    let results = mistake.build(x, y, i)
    #expect(graph.diagnostics.count == 1)
    let description = graph.diagnostics.first?.description ?? ""
    let hasRemedy = graph.diagnostics.first?.remedy != nil
    #expect(description.contains(mistake.words))
    #expect(description.contains("/ArrayOpFailureTests.swift:\(mistake.line): "))
    #expect(hasRemedy)
    #expect(results.filter { !$0.isInvalid }.isEmpty)
    // Whoever goes on with an invalid tensor hears nothing more.
    _ = results.map { $0.sum().mean() }
    #expect(graph.diagnostics.count == 1)
  }

  @Test func `an invalid unstack returns as many tensors as were asked for`() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3])
    #expect(x.unstacked(count: 5).count == 5)
    #expect(x.split(count: 4, axis: 1).count == 4)
    #expect(x.topK(7).indices.isInvalid)
  }

  @Test func `an index out of range fails the run and gives zeros`() throws {
    let x = NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    let indices = NDArray([2, 3, 0, -1] as [Int32])
    let (results, status) = try run(Gather(axis: 0), [x, indices])
    #expect(results[0].doubles() == [5, 6, 0, 0, 1, 2, 0, 0])
    let failure = try #require(status.firstFailure)
    #expect(failure.code == .indexOutOfRange)
    #expect((failure.row, failure.detail, failure.limit) == (1, 3, 3))
  }

  @Test func `scattering to an index out of range fails the run and leaves it out`() throws {
    let updates = NDArray([1, 2, 3] as [Float])
    let indices = NDArray([1, 4, 1] as [Int64])
    let base = NDArray([0, 0] as [Float])
    let op = ScatterAdd(axis: 0, ontoBase: false)
    let (results, status) = try run(op, [updates, indices, base])
    #expect(results[0].doubles() == [0, 4])
    #expect(status.firstFailure?.row == 1)
  }

  @Test func `replacing a row out of range fails the run and leaves it out`() throws {
    let rows = NDArray([1, 2, 3] as [Float])
    let base = NDArray([5, 6] as [Float])
    let (results, status) = try run(
      ScatterUpdate(), [rows, NDArray([1, -1, 1] as [Int32]), base])
    #expect(results[0].doubles() == [5, 3])
    let failure = try #require(status.firstFailure)
    #expect((failure.row, failure.detail, failure.limit) == (1, -1, 2))
  }

  @Test func `a length out of range fails the run and reverses nothing`() throws {
    let x = NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let op = ReverseSequence(sequenceAxis: 1, batchAxis: 0)
    let (results, status) = try run(op, [x, NDArray([2, 4] as [Int32])])
    #expect(results[0].doubles() == [2, 1, 3, 4, 5, 6])
    let failure = try #require(status.firstFailure)
    #expect(failure.code == .lengthOutOfRange)
    #expect((failure.row, failure.detail, failure.limit) == (1, 4, 3))
  }

  @Test(arguments: [
    ([128, 256], [256, 512], 2...16), ([3584, 28], [28, 128], 2...16),
    ([16, 64], [64, 128], 1...1),
    ([4, 512], [512, 64], 1...1),
  ]) func `products are cut by shape into pieces worth a thread`(
    _ a: [Int], _ b: [Int], _ chunks: ClosedRange<Int>
  ) {
    let layout = GEMMLayout(a: a, b: b, transposeA: false, transposeB: false)
    #expect(chunks.contains(GEMMKernel(layout, dtype: .float32).chunkCount))
  }

  @Test(arguments: [(0, 1), (1, 1), (5, 100_000), (1000, 1000), (130, 100_000)])
  func `a cut covers each item once`(_ count: Int, _ cost: Int) {
    let cut = WorkCut(count, costPerItem: cost, multipleOf: 16)
    let items = (0..<cut.chunkCount).flatMap { Array(cut.range($0)) }
    #expect(items == Array(0..<count))
  }

  private func run(_ op: some Op, _ operands: [NDArray]) throws -> ([NDArray], RunStatus) {
    let types = operands.map { TensorType(of: $0) }
    let context = LoweringContext(
      operands: types, results: try op.resultTypes(TypeRuleInput(types)),
      constants: operands.map { _ in nil }, location: KernelLocation(operation: 0))
    let kernel = try op.lower(context)
    let results = context.results.map { NDArray.ones($0.dtype, $0.shape.known ?? []) }
    let scratch = ArrayStorage(byteCount: max(kernel.scratchByteCount, 1))
    let status = RunStatus()
    var pointers = (operands + results).map { $0.storage.pointer + $0.byteOffset }
    let slots = (0..<Int32(pointers.count)).map { $0 }
    try pointers.withUnsafeMutableBufferPointer { pointers in
      try slots.withUnsafeBufferPointer { slots in
        let buffers = KernelBuffers(
          pointers: try #require(pointers.baseAddress), slots: try #require(slots.baseAddress),
          operandCount: operands.count, status: status, scratch: scratch.pointer)
        for chunk in 0..<kernel.chunkCount { kernel.run(buffers, chunk: chunk) }
      }
    }
    withExtendedLifetime((operands, results, scratch)) {}
    return (results, status)
  }
}
