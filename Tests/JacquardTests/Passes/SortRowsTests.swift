import JacquardArrays
import Testing

@testable import Jacquard

/// Loops in which rows end at different steps: text in, text out.
@Suite("Passes over rows that end") struct SortRowsTests {
  private let graph = Graph(seed: 1)
  private let none: [Tensor] = []
  private func input(_ shape: PartialShape, _ dtype: DType = .float32) -> Tensor {
    graph.placeholder(dtype, shape)
  }

  /// A recurrence over 5 rows and 7 steps, its state kept and its output 0 where a row has ended.
  private struct Recurrence {
    var x: Tensor
    var h: Tensor
    var w: Tensor
    var lengths: Tensor
  }

  private func recurrence() -> Recurrence {
    Recurrence(
      x: input([5, 7, 3]), h: input([5, 4]), w: input([7, 4]), lengths: input([5], .int64))
  }

  private func run(
    _ operands: Recurrence,
    _ step: (_ mask: Tensor, _ next: Tensor, _ h: Tensor) -> (state: Tensor, output: Tensor) = {
      (select($0, $1, $2), select($0, $1, 0))
    }
  ) -> [Tensor] {
    let (state, outputs) = graph.scan(operands.x, initial: operands.h, axis: 1) { h, x in
      let mask = (graph.loopIteration! .< operands.lengths).expandingDimensions(at: 1)
      let joined = concatenate([select(mask, x, 0), h], axis: 1)
      return step(mask, tanh(matmul(joined, operands.w)), h)
    }
    return [state, outputs]
  }

  @Test func rowsAreSorted() throws {
    try PassRun(SortRows(), run(recurrence())).expect(
      """
      program(%0 float32[5, 7, 3], %1 float32[5, 4], %2 float32[7, 4], %3 int64[5])
        %4 int64[5], %5 int64[5], %6 int64[7] = RowOrder[steps: 7](%3)
        %7 float32[5, 4] = Gather[axis: 0](%1, %4)
        %8 float32[5, 7, 3] = Gather[axis: 0](%0, %4)
        %9 int64[5] = Gather[axis: 0](%3, %4)
        %10 float32[5, 4], %11 float32[5, 7, 4], %12 int64[] = While[carry 1, scan {1 0}, invariant 2, stack {1}, live rows 1](%7, %8, %6, %9, %2)
          do(%13 int64[], %14 float32[5, 4], %15 float32[5, 3], %16 int64[], %17 int64[5], %18 float32[7, 4])
            %19 bool[5] = Less(%13, %17)
            %20 bool[5, 1] = ExpandDimensions[axes: [1]](%19)
            %21 float32[5, 3] = Select(%20, %15, 0.0)
            %22 float32[5, 7] = Concatenate[axis: 1](%21, %14)
            %23 float32[5, 4] = MatMul(%22, %18)
            %24 float32[5, 4] = Tanh(%23)
            %25 float32[5, 4] = Select(%20, %24, %14)
            %26 float32[5, 4] = Select(%20, %24, 0.0)
            → %25, %26
        %27 float32[5, 4] = Gather[axis: 0](%10, %5)
        %28 float32[5, 7, 4] = Gather[axis: 0](%11, %5)
        → %27, %28
      """)
  }

  @Test("between a loop and its gradient rows stay sorted") func gradients() throws {
    let operands = recurrence()
    let state = run(operands)[0]
    let slopes = graph.gradients(
      of: [state], withRespectTo: [operands.x, operands.w, operands.h]
    ).compactMap(\.self)
    let others = Set(Compiler.passes.map { type(of: $0).name }).subtracting([
      MergeLoops.name, EliminateDeadCode.name, ForwardViews.name, FoldConstants.name,
      ExpandSums.name,
    ])
    let text = try PassRun.program(slopes, disabled: others.subtracting([SortRows.name])).text
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("    ") }
    #expect(lines.count { $0.contains("live rows") } == 2)
    // The inputs, the initial state and the lengths; the gradients of the first two.
    #expect(lines.count { $0.contains("Gather") } == 5)
    #expect(lines.count { $0.contains("RowOrder") } == 1)
  }

  @Test("rows may end in other words") func otherWords() throws {
    let operands = recurrence()
    func isSorted(_ fetches: [Tensor]) throws -> Bool {
      try PassRun(SortRows(), fetches).after.contains("live rows")
    }
    // As products with a mask of numbers.
    #expect(
      try isSorted(
        run(operands) { mask, next, h in
          let live = mask.cast(to: .float32)
          return (next * live + h * (1 - live), next * live)
        }))
    #expect(
      try isSorted(
        run(operands) { mask, next, h in
          let ended = logicalNot(mask)
          return (select(ended, h, next), select(ended, 0, next))
        }))
    // As comparisons the other way round.
    for mask in [
      { $0 .> $1 }, { logicalNot($1 .>= $0) }, { logicalNot($0 .<= $1) },
    ] as [(Tensor, Tensor) -> Tensor] {
      let state = graph.scan(operands.x, initial: operands.h, axis: 1) { h, x in
        let live = mask(operands.lengths, graph.loopIteration!).expandingDimensions(at: 1)
        return (select(live, tanh(matmul(concatenate([x, h], axis: 1), operands.w)), h), none)
      }.state
      #expect(try isSorted([state]))
    }
    // With rows of an invariant in each step.
    let bias = input([5, 4])
    #expect(
      try isSorted(
        run(operands) { mask, next, h in
          (select(mask, next + bias, h), select(mask, bias * next, 0))
        }))
  }

  @Test("rows that depend on each other, or change past their end, are left alone")
  func unsortedRows() throws {
    let operands = recurrence()
    let cases: [[Tensor]] = [
      // The state goes on.
      run(operands) { mask, next, h in (next, select(mask, next, 0)) },
      // The output goes on.
      run(operands) { mask, next, h in (select(mask, next, h), next) },
      // Rows see their mean.
      run(operands) { mask, next, h in
        let all = next - next.mean(along: [0], keepingDimensions: true)
        return (select(mask, all, h), select(mask, all, 0))
      },
      // Rows change places.
      run(operands) { mask, next, h in
        (select(mask, next.reversed(axes: [0]), h), select(mask, next, 0))
      },
      // What has ended is counted.
      [
        graph.scan(operands.x, initial: [operands.h, input([4])], axis: 1) { state, x in
          let mask = (graph.loopIteration! .< operands.lengths).expandingDimensions(at: 1)
          let next = tanh(matmul(concatenate([x, state[0]], axis: 1), operands.w))
          return ([select(mask, next, state[0]), state[1] + next.sum(along: [0])], none)
        }.state[1]
      ],
      // One row.
      run(
        Recurrence(
          x: input([1, 7, 3]), h: input([1, 4]), w: operands.w, lengths: input([1], .int64))),
    ]
    for fetches in cases {
      try graph.validate()
      let run = try PassRun(SortRows(), fetches)
      #expect(run.after == run.before)
    }
  }
}
