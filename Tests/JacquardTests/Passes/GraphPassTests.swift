import JacquardArrays
import Testing

@testable import Jacquard

/// The passes that look at one block at a time: text in, text out.
@Suite("Passes over blocks") struct GraphPassTests {
  private let graph = Graph(seed: 1)
  private func input(_ shape: PartialShape, _ dtype: DType = .float32) -> Tensor {
    graph.placeholder(dtype, shape)
  }

  @Test func foldsConstants() throws {
    let x = input([2])
    let two =
      graph.constant(NDArray([1, 1] as [Float])) + graph.constant(NDArray([1, 1] as [Float]))
    try PassRun(FoldConstants(), [x * two]).expect(
      """
      program(%0 float32[2])
        %1 float32[2] = Multiply(%0, [2. 2.])
        → %1
      """)
  }

  @Test func drawsAndLargeResultsAreNotFolded() throws {
    let draw = graph.randomUniform([2])
    let large = graph.constant(NDArray(Float(1))).broadcast(to: [5000])
    let run = try PassRun(FoldConstants(), [draw, large])
    #expect(run.after == run.before)
  }

  @Test func forwardsViews() throws {
    let x = input([2, 3])
    let y = x.reshaped(to: [2, 3])
    // Another shape is no mere view.
    try PassRun(ForwardViews(), [tanh(y), x.reshaped(to: [6])]).expect(
      """
      program(%0 float32[2, 3])
        %1 float32[2, 3] = Tanh(%0)
        %2 float32[6] = Reshape[shape: [6]](%0)
        → %1, %2
      """)
  }

  @Test func forwardsPartsOfJoints() throws {
    let (x, y) = (input([2, 3]), input([2, 1]))
    let whole = concatenate([x, y], axis: 1)
    // What lies across the seam stays a slice.
    let fetches = [
      tanh(whole.slice(axis: 1, range: 0..<3)), whole.slice(axis: 1, range: 2..<4),
      whole.split(sizes: [3, 1], axis: -1)[1] * 2,
    ]
    try PassRun(ForwardViews(), fetches).expect(
      """
      program(%0 float32[2, 3], %1 float32[2, 1])
        %2 float32[2, 4] = Concatenate[axis: 1](%0, %1)
        %3 float32[2, 3] = Tanh(%0)
        %4 float32[2, 2] = Slice[axis 1 from 2 to 4](%2)
        %5 float32[2, 1] = Multiply(%1, 2.0)
        → %3, %4, %5
      """)
  }

  @Test func expandsSums() throws {
    let (x, y, z) = (input([2]), input([2]), input([2]))
    try PassRun(ExpandSums(), [sum(of: [x, y, z])]).expect(
      """
      program(%0 float32[2], %1 float32[2], %2 float32[2])
        %3 float32[2] = Add(%0, %1)
        %4 float32[2] = Add(%3, %2)
        → %4
      """)
  }

  @Test func splitsElementwiseOperations() throws {
    let (x, y, c) = (input([2, 4]), input([2, 2]), input([2, 1]))
    let gates = (sigmoid(x) * c).split(count: 2, axis: 1)
    let joined = concatenate([y, gates[0]], axis: 1)
    try PassRun(SplitElementwise(), [gates[0] * y, exp(joined) - x]).expect(
      """
      program(%0 float32[2, 4], %1 float32[2, 2], %2 float32[2, 1])
        %3 float32[2, 4] = Sigmoid(%0)
        %4 float32[2, 2] = Slice[axis 1 from 0 to 2](%3)
        %5 float32[2, 2] = Multiply(%4, %2)
        %6 float32[2, 2] = Slice[axis 1 from 2 to 4](%3)
        %7 float32[2, 2] = Multiply(%6, %2)
        %8 float32[2, 4] = Concatenate[axis: 1](%5, %7)
        %9 float32[2, 4] = Concatenate[axis: 1](%1, %5)
        %10 float32[2, 2] = Multiply(%5, %1)
        %11 float32[2, 2] = Exp(%1)
        %12 float32[2, 2] = Exp(%5)
        %13 float32[2, 4] = Concatenate[axis: 1](%11, %12)
        %14 float32[2, 2] = Slice[axis 1 from 0 to 2](%0)
        %15 float32[2, 2] = Subtract(%11, %14)
        %16 float32[2, 2] = Slice[axis 1 from 2 to 4](%0)
        %17 float32[2, 2] = Subtract(%12, %16)
        %18 float32[2, 4] = Concatenate[axis: 1](%15, %17)
        → %10, %18
      """)
  }

  @Test func additionsAndOperationsThatFailAreNotSplit() throws {
    let (x, n) = (input([2, 4]), input([4], .int32))
    let fetches =
      (x + x).split(count: 2, axis: 1) + floorDivide(n, n).split(count: 2, axis: 0)
    let run = try PassRun(SplitElementwise(), fetches)
    #expect(run.after == run.before)
  }

  @Test func mergesEqualNodes() throws {
    let x = input([2])
    let a = tanh(x) + tanh(x)
    try PassRun(MergeCommonSubexpressions(), [a]).expect(
      """
      program(%0 float32[2])
        %1 float32[2] = Tanh(%0)
        %2 float32[2] = Add(%1, %1)
        → %2
      """)
  }

  @Test func printsAreNotMerged() throws {
    let x = input([])
    let run = try PassRun(MergeCommonSubexpressions(), [x.printed("x") + x.printed("x")])
    #expect(run.after == run.before)
  }

  @Test func deadCarriesAreDropped() throws {
    let x = input([3, 2])
    let h = input([2])
    let none: [Tensor] = []
    let (state, _) = graph.scan(x, initial: [h, h]) { state, x in
      ([tanh(state[0] + x), state[1] * 2], none)
    }
    try PassRun(EliminateDeadCode(), [state[0]]).expect(
      """
      program(%0 float32[3, 2], %1 float32[2])
        %2 float32[2], %3 int64[] = While[carry 1, scan {0}, invariant 0, stack {}](%1, %0)
          do(%4 int64[], %5 float32[2], %6 float32[2])
            %7 float32[2] = Add(%5, %6)
            %8 float32[2] = Tanh(%7)
            → %8
        → %2
      """)
  }

  @Test func printsInDeadLoopsStay() throws {
    let x = input([3, 2])
    let h = input([2])
    let none: [Tensor] = []
    let (state, _) = graph.scan(x, initial: [h, h]) { state, x in
      ([tanh(state[0] + x), state[1].printed("state") * 2], none)
    }
    let run = try PassRun(EliminateDeadCode(), [state[0]])
    #expect(run.after.contains("Print"))
  }

  @Test func twinsOfLoopsAreMerged() throws {
    let x = input([3, 2])
    let h = input([2])
    let first = graph.scan(x, initial: h) { h, x in (tanh(h + x), h * 2) }
    let second = graph.scan(x, initial: h) { h, x in (tanh(h + x), h * 3) }
    try PassRun(MergeLoops(), [first.outputs, second.outputs]).expect(
      """
      program(%0 float32[3, 2], %1 float32[2])
        %2 float32[2], %3 float32[3, 2], %4 float32[3, 2], %5 int64[] = While[carry 1, scan {0}, invariant 0, stack {0 0}](%1, %0)
          do(%6 int64[], %7 float32[2], %8 float32[2])
            %9 float32[2] = Add(%7, %8)
            %10 float32[2] = Tanh(%9)
            %11 float32[2] = Multiply(%7, 2.0)
            %12 float32[2] = Multiply(%7, 3.0)
            → %10, %11, %12
        → %3, %4
      """)
  }

  @Test func loopsWithEffectsOrOtherDirectionsAreNotMerged() throws {
    let x = input([3, 2])
    let h = input([2])
    let first = graph.scan(x, initial: h) { h, x in (tanh(h + x), h) }
    let second = graph.scan(x, initial: h) { h, x in (tanh(h + x).printed("h"), h) }
    let third = graph.scan(x, initial: h, reversed: true) { h, x in (tanh(h + x), h) }
    let run = try PassRun(MergeLoops(), [first.state, second.state, third.state])
    #expect(run.after.components(separatedBy: "While").count == 3 + 1)
    #expect(run.after.components(separatedBy: "Print").count == 1 + 1)
  }

  // MARK: Fusing

  @Test func chainsAreFused() throws {
    let (x, b) = (input([4, 3]), input([3]))
    try PassRun(FuseElementwise(), [tanh(x + b) * 0.5]).expect(
      """
      program(%0 float32[4, 3], %1 float32[3])
        %2 float32[4, 3] = Fused: add, tanh, multiply{[3, 1] [0, 1] → 0[3, 1]}(%0, %1)
        → %2
      """)
  }

  @Test func partsAreReadAndJointsFilledInPlace() throws {
    let x = input([4, 6])
    let parts = x.split(count: 2, axis: 1)
    let gate = sigmoid(parts[0])
    let joint = concatenate([gate, tanh(parts[1]) * gate], axis: 1)
    try PassRun(FuseElementwise(), [joint]).expect(
      """
      program(%0 float32[4, 6])
        %1 float32[4, 3], %2 float32[4, 3] = Split[division: count(2), axis: 1](%0)
        %3 float32[4, 6] = Fused: sigmoid, tanh, multiply{[6, 1] [6, 1]+3 → 0[6, 1] 0[6, 1]+3}(%0, %0)
        → %3
      """)
  }

  /// It is written when all operands have been read, and may lie over any of them.
  @Test func theResultComputedLastComesFirst() throws {
    let (x, y) = (input([3]), input([3]))
    let product = x * y
    let run = try PassRun(FuseElementwise(), [product, product + y])
    #expect(run.before.contains("→ %2, %3"))
    #expect(run.after.contains("→ %3, %2"))
  }

  @Test func productsStandBetweenGroups() throws {
    let (x, w) = (input([3, 3]), input([3, 3]))
    let before = tanh(x) * 2
    try PassRun(FuseElementwise(), [sigmoid(matmul(before, w)) + before]).expect(
      """
      program(%0 float32[3, 3], %1 float32[3, 3])
        %2 float32[3, 3] = Fused: tanh, multiply{[3, 1] → 0[3, 1]}(%0)
        %3 float32[3, 3] = MatMul(%2, %1)
        %4 float32[3, 3] = Fused: sigmoid, add{[3, 1] [3, 1] → 0[3, 1]}(%3, %2)
        → %4
      """)
  }

  @Test func whatMayFailIsNotFused() throws {
    let (x, y) = (input([3], .int32), input([3], .int32))
    let run = try PassRun(FuseElementwise(), [floorDivide(x, y) + floorDivide(y, x)])
    #expect(run.after == run.before)
  }

  @Test func effectsKeepTheirOrder() throws {
    let x = input([3])
    let first = tanh(x).printed("first")
    let second = sigmoid(first * 2).printed("second")
    let run = try PassRun(FuseElementwise(), [tanh(x) + second * first])
    let positions = ["first", "second"].map { run.after.range(of: "message: \($0)")?.lowerBound }
    let (a, b) = (try #require(positions[0]), try #require(positions[1]))
    #expect(a < b)
  }

  @Test func jointsWithOthersAndLargerShapesStayApart() throws {
    let (x, y) = (input([2, 3]), input([2, 3]))
    let joint = concatenate([tanh(x), y], axis: 0)
    let run = try PassRun(FuseElementwise(), [joint])
    #expect(run.after == run.before)
  }

  @Test(arguments: [0, 1]) func shortShapesAreFused(_ rows: Int) throws {
    let (x, b) = (input([rows, 3]), input([1, 3]))
    let y = concatenate([tanh(x + b) * 2, x - b], axis: 0)
    let run = try PassRun(FuseElementwise(), [y])
    #expect(run.after.contains("Fused"))
    let feeds = Feeds().feed(
      graph.operations[0].result, NDArray.full(0.5, dtype: .float32, shape: [rows, 3])
    ).feed(graph.operations[1].result, NDArray.full(0.25, dtype: .float32, shape: [1, 3]))
    let fused: NDArray = try Session(graph).run(y, feeding: feeds)
    let plain: NDArray = try Session(
      graph, options: SessionOptions(disabledPasses: [FuseElementwise.name])
    ).run(y, feeding: feeds)
    #expect(fused == plain)
    #expect(fused.shape == [2 * rows, 3])
  }

  @Test func arraysReadWholeAndInPartAreNotOverwritten() throws {
    let x = input([4, 3])
    let y = tanh(x).transposed([0, 1])
    let z = matmul(y, y, transposeB: true)
    let result = (z - z.slice(axis: 0, range: 0..<1)) * (z + z.slice(axis: 1, range: 1..<2))
    let feeds = Feeds().feed(x, NDArray((0..<12).map { Float($0) / 8 }, shape: [4, 3]))
    let fused: NDArray = try Session(graph).run(result, feeding: feeds)
    let plain: NDArray = try Session(
      graph, options: SessionOptions(disabledPasses: [FuseElementwise.name])
    ).run(result, feeding: feeds)
    #expect(fused == plain)
  }
}
