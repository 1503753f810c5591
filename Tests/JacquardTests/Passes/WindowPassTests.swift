import JacquardArrays
import Testing

@testable import Jacquard

/// The passes that cut loops into windows: text in, text out.
@Suite("Passes over windows") struct WindowPassTests {
  private let graph = Graph(seed: 1)
  private let none: [Tensor] = []
  private func input(_ shape: PartialShape) -> Tensor { graph.placeholder(.float32, shape) }

  @Test func windowsAreDivisorsNearTheWish() {
    let limits = WindowLimits()
    func lengths(_ iterations: Int, _ wishes: Int...) -> [Int?] {
      wishes.map { limits.windowLength(of: iterations, near: $0) }
    }
    #expect(lengths(1000, 1, 2, 32, 300) == [nil, 2, 40, 250])
    #expect(lengths(365, 32, 4) == [73, 5])
    #expect(lengths(997, 32) == [nil])
    #expect(lengths(28, 32, 28, 14) == [nil, nil, 14])
    #expect(lengths(0, 32) + lengths(1, 32) + lengths(3, 2) == [nil, nil, nil])
    #expect(lengths(4, 2, 32) == [2, nil])
  }

  /// Products and sums of what a reversed loop stacks.
  private func stacked(_ iterations: Int, window: Int) -> [Tensor] {
    let (x, h) = (input([iterations, 4, 2]), input([4, 3]))
    let y = graph.scan(x, initial: h, reversed: true, parallelIterations: window) { h, x in
      (tanh(h), h * 2)
    }.outputs
    let rows = y.reshaped(to: [iterations * 4, 3])
    return [
      matmul(x.reshaped(to: [iterations * 4, 2]), rows, transposeA: true), rows.sum(along: [0]),
      matmul(rows, input([3, 5])),
    ]
  }

  @Test func stacksThatAreSummedUpLastForAWindow() throws {
    try PassRun(WindowLoops(), stacked(6, window: 2)).expect(
      """
      program(%0 float32[6, 4, 2], %1 float32[4, 3], %2 float32[3, 5])
        %3 float32[24, 2] = Reshape[shape: [24, 2]](%0)
        %4 float32[3, 2, 4, 2] = Reshape[shape: [3, 2, 4, 2]](%0)
        %5 float32[3, 8, 2] = Reshape[shape: [3, 8, 2]](%3)
        %6 float32[2, 3] = BroadcastTo[shape: [2, 3]](0.0)
        %7 float32[3] = BroadcastTo[shape: [3]](0.0)
        %8 float32[4, 3], %9 float32[2, 3], %10 float32[3], %11 float32[3, 8, 5], %12 int64[] = While[carry 3, scan {0↓ 0↓}, invariant 1, stack {0↓}, at most 3](%1, %6, %7, %4, %5, %2)
          do(%13 int64[], %14 float32[4, 3], %15 float32[2, 3], %16 float32[3], %17 float32[2, 4, 2], %18 float32[8, 2], %19 float32[3, 5])
            %20 float32[4, 3], %21 float32[2, 4, 3], %22 int64[] = While[carry 1, scan {0↓}, invariant 0, stack {0↓}, at most 2](%14, %17)
              do(%23 int64[], %24 float32[4, 3], %25 float32[4, 2])
                %26 float32[4, 3] = Tanh(%24)
                %27 float32[4, 3] = Multiply(%24, 2.0)
                → %26, %27
            %28 float32[8, 3] = Reshape[shape: [8, 3]](%21)
            %29 float32[2, 3] = AddedMatMul[transposeA: true, transposeB: false](%18, %28, %15)
            %30 float32[8, 3] = Reshape[shape: [8, 3]](%21)
            %31 float32[3] = Sum[axes: Optional([0]), keepingDimensions: false](%30)
            %32 float32[3] = Add(%16, %31)
            %33 float32[8, 3] = Reshape[shape: [8, 3]](%21)
            %34 float32[8, 5] = MatMul(%33, %19)
            → %20, %29, %32, %34
        %35 float32[24, 5] = Reshape[shape: [24, 5]](%11)
        → %9, %10, %35
      """)
  }

  @Test(arguments: [(0, 2), (1, 2), (2, 2), (3, 2), (5, 2), (6, 1)])
  func loopsWithoutWindowsStay(_ iterations: Int, _ window: Int) throws {
    let run = try PassRun(WindowLoops(), stacked(iterations, window: window))
    #expect(run.after == run.before)
  }

  @Test func stacksThatAreNeededStay() throws {
    let (x, w) = (input([6, 4, 3]), input([4, 3]))
    let y = graph.scan(x, initial: w, parallelIterations: 2) { h, x in (h + x, h + x) }.outputs
    // Fetched, read in another way, and multiplied by what only the loop gives.
    let others: [[Tensor]] = [
      [y, y.sum(along: [0])], [y.sum(along: [1])], [y.sum(along: [0]) + y],
      [matmul(y.reshaped(to: [24, 3]), tanh(y).reshaped(to: [24, 3]), transposeA: true)],
    ]
    for fetches in others {
      let run = try PassRun(WindowLoops(), fetches)
      #expect(run.after == run.before)
    }
  }

  /// A loop of `iterations`, and one that walks back over what it stacks.
  private func thereAndBack(_ iterations: Int, window: Int, isRead: Bool = true) -> [Tensor] {
    let (x, h) = (input([4, iterations, 3]), input([4, 3]))
    let (state, kept) = graph.scan(
      x.transposed([1, 0, 2]), initial: h, parallelIterations: window
    ) { h, x in (tanh(h + x), h) }
    guard isRead else { return [state, kept] }
    let back = graph.scan(
      kept, initial: state, reversed: true, parallelIterations: window
    ) { h, kept in (h * kept, none) }.state
    return [back]
  }

  @Test func loopsOfNoWholeNumberOfWindowsAreTwo() throws {
    try PassRun(SplitLoops(), thereAndBack(5, window: 2)).expect(
      """
      program(%0 float32[4, 5, 3], %1 float32[4, 3])
        %2 float32[5, 4, 3] = Transpose[permutation: Optional([1, 0, 2])](%0)
        %3 float32[4, 4, 3] = Slice[axis 0 from 0 to 4](%2)
        %4 float32[1, 4, 3] = Slice[axis 0 from 4 to 5](%2)
        %5 float32[4, 3], %6 float32[4, 4, 3], %7 int64[] = While[carry 1, scan {0}, invariant 0, stack {0}, at most 4](%1, %3)
          do(%8 int64[], %9 float32[4, 3], %10 float32[4, 3])
            %11 float32[4, 3] = Add(%9, %10)
            %12 float32[4, 3] = Tanh(%11)
            → %12, %9
        %13 float32[4, 3], %14 float32[1, 4, 3], %15 int64[] = While[carry 1, scan {0}, invariant 0, stack {0}, at most 1](%5, %4)
          do(%16 int64[], %17 float32[4, 3], %18 float32[4, 3])
            %19 float32[4, 3] = Add(%17, %18)
            %20 float32[4, 3] = Tanh(%19)
            → %20, %17
        %21 float32[5, 4, 3] = Concatenate[axis: 0](%6, %14)
        %22 float32[1, 4, 3] = Slice[axis 0 from 4 to 5](%21)
        %23 float32[4, 4, 3] = Slice[axis 0 from 0 to 4](%21)
        %24 float32[4, 3], %25 int64[] = While[carry 1, scan {0↓}, invariant 0, stack {}, at most 1](%13, %22)
          do(%26 int64[], %27 float32[4, 3], %28 float32[4, 3])
            %29 float32[4, 3] = Multiply(%27, %28)
            → %29
        %30 float32[4, 3], %31 int64[] = While[carry 1, scan {0↓}, invariant 0, stack {}, at most 4](%24, %23)
          do(%32 int64[], %33 float32[4, 3], %34 float32[4, 3])
            %35 float32[4, 3] = Multiply(%33, %34)
            → %35
        → %30
      """)
  }

  @Test(arguments: [(0, 2), (1, 2), (3, 2), (4, 2), (6, 2), (5, 3), (5, 1)])
  func loopsOfWholeWindowsOrOneAreNotSplit(_ iterations: Int, _ window: Int) throws {
    let run = try PassRun(SplitLoops(), thereAndBack(iterations, window: window))
    #expect(run.after == run.before)
  }

  @Test func loopsWhoseStacksNoLoopReadsAreNotSplit() throws {
    let run = try PassRun(SplitLoops(), thereAndBack(5, window: 2, isRead: false))
    #expect(run.after == run.before)
  }

  /// The program of a recurrence and its gradients.
  private func recurrence(
    _ steps: Int, rows: Int, units: Int, window: Int, disabled: Set<String> = [],
    limits: WindowLimits? = nil
  ) throws -> String {
    let (x, w) = (input([steps, rows, units]), input([units, units]))
    let h = graph.constant(.zeros(.float32, [rows, units]))
    let state = graph.scan(x, initial: h, parallelIterations: window) { h, x in
      (tanh(matmul(h, w) + x) * sigmoid(x), none)
    }.state
    let gradients = graph.gradients(of: [state.sum()], withRespectTo: [w]).compactMap(\.self)
    return try PassRun.program(gradients, disabled: disabled, windowLimits: limits).text
  }

  @Test func splitLoopsHaveWindowsThatRecompute() throws {
    func text(without disabled: Set<String> = []) throws -> String {
      try recurrence(
        41, rows: 4, units: 3, window: 4, disabled: disabled, limits: WindowLimits.none)
    }
    let whole = try text()
    // No stack is put together again.
    #expect(!whole.contains("Concatenate") && whole.contains("AddedMatMul"))
    #expect(try text(without: [SplitLoops.name]).contains("AddedMatMul") == false)
    #expect(try text(without: [RecomputeResiduals.name]) != whole)
  }

  @Test func stacksOfWhichThereIsOnlyAWindowMayBeLarge() throws {
    // 262 MB for all iterations.
    #expect(try recurrence(4000, rows: 32, units: 512, window: 32).contains("AddedMatMul"))
    let whole = try recurrence(4000, rows: 32, units: 512, window: 1)
    #expect(!whole.contains("[128000, 512]") && !whole.contains("AddedMatMul"))
  }

  @Test func loopsThatMayFailAreLeftWhole() throws {
    let x = input([6, 4, 3])
    let y = graph.scan(x, initial: none, parallelIterations: 2) { state, x in
      (state, checkNumerics(x, "x"))
    }.outputs
    let run = try PassRun(WindowLoops(), [y.sum(along: [0])])
    #expect(run.after == run.before)
  }

  @Test func smallStacksAreLeftWhole() throws {
    let fetches = stacked(6, window: 2)
    let all = Set(Compiler.passes.map { type(of: $0).name })
    func program(_ bytes: Int) throws -> String {
      try PassRun.program(
        fetches, disabled: all.subtracting([WindowLoops.name]),
        windowLimits: WindowLimits(leastBytes: bytes, leastRows: 1)
      ).text
    }
    let whole = try PassRun.program(fetches, disabled: all).text
    #expect(try program(289) == whole)
    #expect(try program(288) != whole)
  }

  /// A loop that scans in windows what another stacked.
  private func kept(_ step: (Tensor, Tensor) -> (Tensor, [Tensor])) -> [Tensor] {
    let (x, h) = (input([6, 4]), input([4]))
    let stacks = graph.scan(x, initial: h) { h, x in step(h, x) }.outputs
    let windows = stacks.map { $0.reshaped(to: [3, 2, 4]) }
    return graph.scan(windows, initial: none, reversed: true) { state, parts in
      (state, parts.map { $0.sum(along: [0]) })
    }.outputs
  }

  @Test func statesAreRecomputedFromTheStartOfAWindow() throws {
    let fetches = kept { h, x in
      let gate = (x * h).sum(along: [0], keepingDimensions: true) + x
      let next = gate * h
      return (next, [gate, h, tanh(next)])
    }
    try PassRun(RecomputeResiduals(), fetches).expect(
      """
      program(%0 float32[6, 4], %1 float32[4])
        %2 float32[3, 2, 4] = Reshape[shape: [3, 2, 4]](%0)
        %3 float32[4], %4 float32[3, 2, 4], %5 float32[3, 4], %6 int64[] = While[carry 1, scan {0}, invariant 0, stack {0 0}, at most 3](%1, %2)
          do(%7 int64[], %8 float32[4], %9 float32[2, 4])
            %10 float32[4], %11 float32[2, 4], %12 int64[] = While[carry 1, scan {0}, invariant 0, stack {0}, at most 2](%8, %9)
              do(%13 int64[], %14 float32[4], %15 float32[4])
                %16 float32[4] = Multiply(%15, %14)
                %17 float32[1] = Sum[axes: Optional([0]), keepingDimensions: true](%16)
                %18 float32[4] = Add(%17, %15)
                %19 float32[4] = Multiply(%18, %14)
                %20 float32[4] = Tanh(%19)
                → %19, %18
            → %10, %11, %8
        %21 float32[6, 4] = Reshape[shape: [6, 4]](%4)
        %22 float32[3, 2, 4] = Reshape[shape: [3, 2, 4]](%21)
        %23 float32[3, 2, 4] = Reshape[shape: [3, 2, 4]](%21)
        %24 float32[3, 4], %25 float32[3, 4], %26 float32[3, 4], %27 int64[] = While[carry 0, scan {0↓ 0↓ 0↓}, invariant 0, stack {0↓ 0↓ 0↓}](%22, %5, %23)
          do(%28 int64[], %29 float32[2, 4], %30 float32[4], %31 float32[2, 4])
            %32 float32[4], %33 float32[2, 4], %34 float32[2, 4], %35 int64[] = While[carry 1, scan {0}, invariant 0, stack {0 0}, at most 2](%30, %31)
              do(%36 int64[], %37 float32[4], %38 float32[4])
                %39 float32[4] = Multiply(%38, %37)
                %40 float32[4] = Tanh(%39)
                → %39, %37, %40
            %41 float32[2, 4] = Reshape[shape: [2, 4]](%33)
            %42 float32[2, 4] = Reshape[shape: [2, 4]](%34)
            %43 float32[4] = Sum[axes: Optional([0]), keepingDimensions: false](%29)
            %44 float32[4] = Sum[axes: Optional([0]), keepingDimensions: false](%41)
            %45 float32[4] = Sum[axes: Optional([0]), keepingDimensions: false](%42)
            → %43, %44, %45
        → %24, %25, %26
      """)
  }

  @Test func residualsWithoutStatesNeedNoStart() throws {
    let fetches = kept { h, x in
      let next = (x * h).sum(along: [0], keepingDimensions: true) + h
      return (next, [next, sigmoid(next)])
    }
    let run = try PassRun(RecomputeResiduals(), fetches)
    func count(_ word: String, _ text: String) -> Int { text.split(separator: word).count - 1 }
    // One more loop and one more node, and no windows for the first loop.
    #expect(count("While", run.before) == 2 && count("While", run.after) == 3)
    #expect(count("Sigmoid", run.before) == 1 && count("Sigmoid", run.after) == 2)
  }

  @Test func residualsOfProductsStay() throws {
    let w = input([4, 4])
    let run = try PassRun(
      RecomputeResiduals(),
      kept { h, x in
        let next = matmul(h.expandingDimensions(at: 0), w).reshaped(to: [4]) + x
        return (next, [next])
      })
    #expect(run.after == run.before)
  }

  /// A loop over three windows of `array`, `[6, 2, 3]`.
  private func windowed(_ array: Tensor) -> Tensor {
    graph.scan(array.reshaped(to: [3, 2, 2, 3]), initial: none, reversed: true) { state, part in
      (state, graph.scan(part, initial: none) { state, x in (state, tanh(x)) }.outputs)
    }.outputs
  }

  @Test func inputsAreArrangedInWindows() throws {
    let x = input([2, 6, 2])
    let ones = graph.constant(.ones(.float32, [12, 1]))
    let rows = concatenate([x.transposed([1, 0, 2]).reshaped(to: [12, 2]), ones], axis: 1)
    try PassRun(SinkArrangements(), [windowed(rows.reshaped(to: [6, 2, 3]))]).expect(
      """
      program(%0 float32[2, 6, 2])
        %1 float32[6, 2, 2] = Transpose[permutation: Optional([1, 0, 2])](%0)
        %2 float32[12, 2] = Reshape[shape: [12, 2]](%1)
        %3 float32[2, 3, 2, 2] = Reshape[shape: [2, 3, 2, 2]](%0)
        %4 float32[3, 4, 1] = Reshape[shape: [3, 4, 1]](constant float32[12, 1])
        %5 float32[3, 2, 2, 3], %6 int64[] = While[carry 0, scan {1↓ 0↓}, invariant 0, stack {0↓}](%3, %4)
          do(%7 int64[], %8 float32[2, 2, 2], %9 float32[4, 1])
            %10 float32[2, 2, 2] = Transpose[permutation: Optional([1, 0, 2])](%8)
            %11 float32[4, 2] = Reshape[shape: [4, 2]](%10)
            %12 float32[4, 3] = Concatenate[axis: 1](%11, %9)
            %13 float32[2, 2, 3] = Reshape[shape: [2, 2, 3]](%12)
            %14 float32[2, 2, 3], %15 int64[] = While[carry 0, scan {0}, invariant 0, stack {0}](%13)
              do(%16 int64[], %17 float32[2, 3])
                %18 float32[2, 3] = Tanh(%17)
                → %18
            → %14
        → %5
      """)
  }

  @Test func arrangementsThatAreNeededWholeStay() throws {
    let x = input([2, 6, 3])
    let rows = x.transposed([1, 0, 2])
    let others: [[Tensor]] = [
      // Fetched, scanned one by one, not of an input, and joined along the axis of the windows.
      [windowed(rows), rows],
      [windowed(rows), graph.scan(rows, initial: none) { state, x in (state, tanh(x)) }.outputs],
      [windowed(tanh(x).transposed([1, 0, 2]))],
      [windowed(concatenate([input([2, 2, 3]), input([4, 2, 3])], axis: 0))],
    ]
    for fetches in others {
      let run = try PassRun(SinkArrangements(), fetches)
      #expect(run.after == run.before)
    }
  }
}
