import CVectorKernels
import JacquardArrays
import Testing

@testable import Jacquard

/// The passes that take loops apart: text in, text out.
@Suite("Passes over loops") struct LoopPassTests {
  private let graph = Graph(seed: 1)
  private let none: [Tensor] = []
  private func input(_ shape: PartialShape, _ dtype: DType = .float32) -> Tensor {
    graph.placeholder(dtype, shape)
  }

  private func expectUnchanged(
    _ pass: any Pass, _ fetches: [Tensor],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let run = try PassRun(pass, fetches)
    #expect(run.after == run.before, sourceLocation: sourceLocation)
  }

  // MARK: Invariants

  @Test func invariantsAreHoisted() throws {
    let (x, w) = (input([3, 2]), input([2]))
    let y = graph.scan(x, initial: none) { state, x in (state, x * tanh(w)) }.outputs
    try PassRun(HoistInvariants(), [y]).expect(
      """
      program(%0 float32[3, 2], %1 float32[2])
        %2 float32[2] = Tanh(%1)
        %3 float32[3, 2], %4 int64[] = While[carry 0, scan {0}, invariant 2, stack {0}](%0, %1, %2)
          do(%5 int64[], %6 float32[2], %7 float32[2], %8 float32[2])
            %9 float32[2] = Multiply(%6, %8)
            → %9
        → %3
      """)
  }

  @Test func invariantsAreHoistedThroughNestedLoops() throws {
    let (x, w) = (input([3, 4, 2]), input([2]))
    let y = graph.scan(x, initial: none) { state, x in
      (state, graph.scan(x, initial: none) { state, x in (state, x * tanh(w)) }.outputs)
    }.outputs
    let lines = try PassRun(HoistInvariants(), [y]).after.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("  %") && $0.contains("Tanh") })
  }

  @Test func effectsAndFailuresStayInLoops() throws {
    let (x, w) = (input([3, 2], .int32), input([2], .int32))
    let y = graph.scan(x, initial: none) { state, x in
      (state, x * floorDivide(w, w.printed("w")))
    }.outputs
    try expectUnchanged(HoistInvariants(), [y])
    let index = input([], .int32)
    let z = graph.whileLoop(w) { w in
      w.sum() .< 9
    } do: { w in
      w + w.gathered(at: index)
    }
    try expectUnchanged(HoistInvariants(), [z])
  }

  // MARK: Products

  /// A recurrence over a joined matrix.
  private func joined(_ x: Tensor, _ h: Tensor, _ w: Tensor, axis: Int = 0) -> Tensor {
    graph.scan(x, initial: h, axis: axis) { h, x in
      (tanh(matmul(concatenate([x, h], axis: 1), w)), none)
    }.state
  }

  @Test func productsOfJointsAreSplit() throws {
    try PassRun(SplitProducts(), [joined(input([5, 4, 2]), input([4, 3]), input([5, 3]))])
      .expect(
        """
        program(%0 float32[5, 4, 2], %1 float32[4, 3], %2 float32[5, 3])
          %3 float32[4, 3], %4 int64[] = While[carry 1, scan {0}, invariant 1, stack {}](%1, %0, %2)
            do(%5 int64[], %6 float32[4, 3], %7 float32[4, 2], %8 float32[5, 3])
              %9 float32[4, 5] = Concatenate[axis: 1](%7, %6)
              %10 float32[2, 3] = Slice[axis 0 from 0 to 2](%8)
              %11 float32[4, 3] = MatMul(%7, %10)
              %12 float32[3, 3] = Slice[axis 0 from 2 to 5](%8)
              %13 float32[4, 3] = MatMul(%6, %12)
              %14 float32[4, 3] = Add(%11, %13)
              %15 float32[4, 3] = Tanh(%14)
              → %15
          → %3
        """)
  }

  @Test func productsWithVaryingMatricesOrEmptyPartsAreNotSplit() throws {
    try expectUnchanged(
      SplitProducts(), [joined(input([5, 4, 0]), input([4, 3]), input([3, 3]))])
    let (x, h) = (input([5, 4, 2]), input([4, 3]))
    let y = graph.scan(x, initial: h) { h, x in
      let both = concatenate([x, h], axis: 1)
      return (h, matmul(both, both, transposeB: true))
    }.outputs
    try expectUnchanged(SplitProducts(), [y])
  }

  @Test func productsAheadAndBehindLeaveTheLoop() throws {
    let (x, h, w) = (input([5, 4, 2]), input([4, 3]), input([2, 3]))
    let v = input([3, 2])
    let y = graph.scan(x, initial: h) { h, x in
      let next = tanh(h + matmul(x, w))
      return (next, matmul(next, v))
    }.outputs
    try PassRun(DistributeLoops(), [y]).expect(
      """
      program(%0 float32[5, 4, 2], %1 float32[4, 3], %2 float32[2, 3], %3 float32[3, 2])
        %4 float32[20, 2] = Reshape[shape: [20, 2]](%0)
        %5 float32[20, 3] = MatMul(%4, %2)
        %6 float32[5, 4, 3] = Reshape[shape: [5, 4, 3]](%5)
        %7 float32[4, 3], %8 float32[5, 4, 3], %9 int64[] = While[carry 1, scan {0 0}, invariant 2, stack {0}](%1, %0, %6, %2, %3)
          do(%10 int64[], %11 float32[4, 3], %12 float32[4, 2], %13 float32[4, 3], %14 float32[2, 3], %15 float32[3, 2])
            %16 float32[4, 3] = Add(%11, %13)
            %17 float32[4, 3] = Tanh(%16)
            %18 float32[4, 2] = MatMul(%17, %15)
            → %17, %17
        %19 float32[20, 3] = Reshape[shape: [20, 3]](%8)
        %20 float32[20, 2] = MatMul(%19, %3)
        %21 float32[5, 4, 2] = Reshape[shape: [5, 4, 2]](%20)
        → %21
      """)
  }

  @Test func sumsLeaveTheLoop() throws {
    let (x, h, total) = (input([5, 4, 2]), input([4, 3]), input([2, 3]))
    let state = graph.scan(x, initial: [h, total], reversed: true) { state, x in
      ([tanh(state[0]), state[1] + matmul(x, state[0], transposeA: true)], none)
    }.state
    try PassRun(DistributeLoops(), state).expect(
      """
      program(%0 float32[5, 4, 2], %1 float32[4, 3], %2 float32[2, 3])
        %3 float32[4, 3], %4 float32[5, 4, 3], %5 int64[] = While[carry 1, scan {0↓}, invariant 0, stack {0↓}](%1, %0)
          do(%6 int64[], %7 float32[4, 3], %8 float32[4, 2])
            %9 float32[4, 3] = Tanh(%7)
            %10 float32[2, 3] = MatMul[aᵀ](%8, %7)
            → %9, %7
        %11 float32[20, 2] = Reshape[shape: [20, 2]](%0)
        %12 float32[20, 3] = Reshape[shape: [20, 3]](%4)
        %13 float32[2, 3] = MatMul[aᵀ](%11, %12)
        %14 float32[2, 3] = Add(%2, %13)
        → %3, %14
      """)
  }

  @Test func nothingIsAddedToZeros() throws {
    let (x, h) = (input([5, 4, 2]), input([4, 3]))
    for value in [0.0, 1] {
      let total = full(value, like: input([2, 3]))
      let state = graph.scan(x, initial: [h, total], reversed: true) { state, x in
        ([tanh(state[0]), state[1] + matmul(x, state[0], transposeA: true)], none)
      }.state
      let text = try PassRun(DistributeLoops(), state).after
      #expect(text.contains("float32[20, 3] = Reshape"))
      #expect(text.contains("= Add(") == (value != 0))
    }
  }

  @Test func productsOfOtherAxesAreTransposed() throws {
    let (x, h, w) = (input([4, 5, 2]), input([4, 3]), input([2, 3]))
    let y = graph.scan(x, initial: h, axis: 1) { h, x in
      (tanh(h), matmul(x, w))
    }.outputs
    try PassRun(DistributeLoops(), [y]).expect(
      """
      program(%0 float32[4, 5, 2], %1 float32[4, 3], %2 float32[2, 3])
        %3 float32[5, 4, 2] = Transpose[permutation: Optional([1, 0, 2])](%0)
        %4 float32[20, 2] = Reshape[shape: [20, 2]](%3)
        %5 float32[20, 3] = MatMul(%4, %2)
        %6 float32[5, 4, 3] = Reshape[shape: [5, 4, 3]](%5)
        %7 float32[4, 3], %8 int64[] = While[carry 1, scan {1 0}, invariant 1, stack {}](%1, %0, %6, %2)
          do(%9 int64[], %10 float32[4, 3], %11 float32[4, 2], %12 float32[4, 3], %13 float32[2, 3])
            %14 float32[4, 3] = Tanh(%10)
            → %14
        %15 float32[20, 2] = Reshape[shape: [20, 2]](%3)
        %16 float32[20, 3] = MatMul(%15, %2)
        %17 float32[5, 4, 3] = Reshape[shape: [5, 4, 3]](%16)
        %18 float32[4, 5, 3] = Transpose[permutation: Optional([1, 0, 2])](%17)
        → %18
      """)
  }

  @Test func conditionsCarriesAndRunningSumsStay() throws {
    let (h, w, x) = (input([4, 3]), input([3, 3]), input([5, 4, 3]))
    let looped = graph.whileLoop(h, maximumIterations: 5) { h in
      h.sum() .< 9
    } do: { h in
      h + matmul(h, w)
    }
    try expectUnchanged(DistributeLoops(), [looped])
    // A sum that the body reads, and one that is stacked.
    let sums = graph.scan(x, initial: [w, w]) { state, x in
      let term = matmul(x, x, transposeA: true)
      return ([state[0] + term, state[1] + matmul(term, state[0])], state[1])
    }
    try expectUnchanged(DistributeLoops(), sums.state + [sums.outputs])
  }

  @Test func oneStepIsLeftAlone() throws {
    for steps in [0, 1] {
      let (x, w) = (input([steps, 4, 2]), input([2, 3]))
      let y = graph.scan(x, initial: none) { state, x in (state, matmul(x, w)) }.outputs
      try expectUnchanged(DistributeLoops(), [y])
    }
  }

  // MARK: Packing

  @Test(.enabled(if: jq_is_optimized() != 0)) func matricesArePacked() throws {
    let (x, h, w, b) = (input([5, 4, 3]), input([4, 3]), input([3, 3]), input([3]))
    let y = graph.scan(x, initial: h) { h, x in (tanh(matmul(h, w) + x + b), none) }.state
    try PassRun(PackMatrices(), [y]).expect(
      """
      program(%0 float32[5, 4, 3], %1 float32[4, 3], %2 float32[3, 3], %3 float32[3])
        %4 float32[1, 3, 32] = PackMatrix[transposed: false](%2)
        %5 float32[4, 3], %6 int64[] = While[carry 1, scan {0}, invariant 3, stack {}](%1, %0, %2, %3, %4)
          do(%7 int64[], %8 float32[4, 3], %9 float32[4, 3], %10 float32[3, 3], %11 float32[3], %12 float32[1, 3, 32])
            %13 float32[4, 3] = PackedMatMul[columns: 3, productCount: 1, hasAddend: true, hasBias: true](%8, %12, %9, %11)
            %14 float32[4, 3] = Tanh(%13)
            → %14
        → %5
      """)
  }

  @Test(.enabled(if: jq_is_optimized() != 0)) func sumsOfTwoProductsAreOne() throws {
    let (x, h, w, v, b) = (
      input([5, 4, 2]), input([4, 3]), input([3, 3]), input([2, 3]), input([3])
    )
    let y = graph.scan(x, initial: h) { h, x in
      (tanh(b + (matmul(h, w) + matmul(x, v))), none)
    }.state
    let text = try PassRun(PackMatrices(), [y]).after
    #expect(
      text.contains("PackedMatMul[columns: 3, productCount: 2, hasAddend: false, hasBias: true]"))
    #expect(!text.contains("Add(") && !text.contains("productCount: 1"))
    // A product that is read twice stays by itself.
    let z = graph.scan(x, initial: h) { h, x in
      let product = matmul(h, w)
      return (tanh(product + matmul(x, v)), product)
    }
    let other = try PassRun(PackMatrices(), [z.state, z.outputs]).after
    #expect(!other.contains("productCount: 2"))
  }

  @Test(.enabled(if: jq_is_optimized() != 0), arguments: [[3], [1, 3]], [1, 3])
  func rowsAreBiases(_ shape: [Int], _ batch: Int) throws {
    let (h, w, b) = (
      input([batch, 3] as PartialShape), input([3, 3]), input(PartialShape(known: shape))
    )
    let y = graph.scan(input([5]), initial: h) { h, x in (b + matmul(h, w), none) }.state
    let text = try PassRun(PackMatrices(), [y]).after
    let isAddend = batch == 1 && shape == [1, 3]
    #expect(text.contains("hasAddend: \(isAddend), hasBias: \(!isAddend)"))
    #expect(!text.contains("Add("))
  }

  @Test(.enabled(if: jq_is_optimized() != 0)) func productsReadTwiceKeepTheirSums() throws {
    let (h, w, b) = (input([4, 3]), input([3, 3]), input([3]))
    let (state, outputs) = graph.scan(input([5]), initial: h) { h, x in
      let product = matmul(h, w)
      return (product + b, product)
    }
    let text = try PassRun(PackMatrices(), [state, outputs]).after
    #expect(text.contains("hasAddend: false, hasBias: false"))
    #expect(text.contains("Add"))
  }

  @Test func matricesThatVaryAndIntegersAreNotPacked() throws {
    let h = input([3, 3])
    let y = graph.scan(input([5]), initial: h) { h, x in (matmul(h, h), none) }.state
    try expectUnchanged(PackMatrices(), [y])
    let empty = input([0, 3])
    let w = input([3, 3])
    let z = graph.scan(input([5]), initial: empty) { h, x in (matmul(h, w), none) }.state
    try expectUnchanged(PackMatrices(), [z])
  }

  // MARK: Residuals

  @Test func partsAreStackedInPlaceOfJoints() throws {
    let (x, h) = (input([5, 4, 2]), input([4, 3]))
    let joints = graph.scan(x, initial: h) { h, x in
      (tanh(h), concatenate([x, h], axis: 1))
    }.outputs
    let y = graph.scan(joints, initial: none, reversed: true) { state, both in
      (state, both.sum(along: [1]))
    }.outputs
    try PassRun(SplitResiduals(), [y]).expect(
      """
      program(%0 float32[5, 4, 2], %1 float32[4, 3])
        %2 float32[4, 3], %3 float32[5, 4, 5], %4 float32[5, 4, 3], %5 int64[] = While[carry 1, scan {0}, invariant 0, stack {0 0}](%1, %0)
          do(%6 int64[], %7 float32[4, 3], %8 float32[4, 2])
            %9 float32[4, 3] = Tanh(%7)
            %10 float32[4, 5] = Concatenate[axis: 1](%8, %7)
            → %9, %10, %7
        %11 float32[5, 4], %12 int64[] = While[carry 0, scan {0↓ 0↓}, invariant 0, stack {0↓}](%0, %4)
          do(%13 int64[], %14 float32[4, 2], %15 float32[4, 3])
            %16 float32[4, 5] = Concatenate[axis: 1](%14, %15)
            %17 float32[4] = Sum[axes: Optional([1]), keepingDimensions: false](%16)
            → %17
        → %11
      """)
  }

  @Test func reversedStacksAreNotTakenApart() throws {
    let (x, h) = (input([5, 4, 2]), input([4, 3]))
    let joints = graph.scan(x, initial: h, reversed: true) { h, x in
      (tanh(h), concatenate([x, h], axis: 1))
    }.outputs
    let y = graph.scan(joints, initial: none) { state, both in
      (state, both.sum(along: [1]))
    }.outputs
    try expectUnchanged(SplitResiduals(), [y])
  }
}
