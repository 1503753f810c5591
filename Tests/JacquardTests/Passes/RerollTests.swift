import JacquardArrays
import Testing

@testable import Jacquard

/// Unrolled recurrences become loops again: text in, text out.
@Suite("Rerolling steps") struct RerollTests {
  private let graph = Graph(seed: 1)
  private func input(_ shape: PartialShape, _ dtype: DType = .float32) -> Tensor {
    graph.placeholder(dtype, shape)
  }

  /// The states after each of `count` steps of `h ← tanh(x · w + h · v)`.
  private func states(
    _ inputs: [Tensor], from h: Tensor, _ w: Tensor, _ v: Tensor
  ) -> [Tensor] {
    var states = [h]
    for x in inputs { states.append(tanh(matmul(x, w) + matmul(states.last!, v))) }
    return Array(states.dropFirst())
  }

  private func expectUnchanged(
    _ fetches: [Tensor], sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let run = try PassRun(RerollSteps(), fetches)
    #expect(run.after == run.before, sourceLocation: sourceLocation)
  }

  private func expectLoops(
    _ count: Int, _ fetches: [Tensor],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws -> String {
    let run = try PassRun(RerollSteps(), fetches)
    #expect(
      run.after.split(separator: "While").count == count + 1, "\n\(run.after)\n",
      sourceLocation: sourceLocation)
    return run.after
  }

  private func unrolled(steps: Int = 4, axis: Int = 0) -> (
    x: Tensor, h: Tensor, w: Tensor, v: Tensor, states: [Tensor]
  ) {
    var shape: [Int?] = [2, 3]
    shape.insert(steps, at: axis)
    let (x, h, w, v) = (input(PartialShape(shape)), input([2, 4]), input([3, 4]), input([4, 4]))
    return (x, h, w, v, states(x.unstacked(count: steps, axis: axis), from: h, w, v))
  }

  // MARK: Forwards

  @Test func lastState() throws {
    try PassRun(RerollSteps(), [unrolled(axis: 1).states[3]]).expect(
      """
      program(%0 float32[2, 4, 3], %1 float32[2, 4], %2 float32[3, 4], %3 float32[4, 4])
        %4 float32[2, 3], %5 float32[2, 3], %6 float32[2, 3], %7 float32[2, 3] = Unstack[count: 4, axis: 1](%0)
        %8 float32[2, 4], %9 int64[] = While[carry 1, scan {1}, invariant 2, stack {}](%1, %0, %2, %3)
          do(%10 int64[], %11 float32[2, 4], %12 float32[2, 3], %13 float32[3, 4], %14 float32[4, 4])
            %15 float32[2, 4] = MatMul(%12, %13)
            %16 float32[2, 4] = MatMul(%11, %14)
            %17 float32[2, 4] = Add(%15, %16)
            %18 float32[2, 4] = Tanh(%17)
            → %18
        → %8
      """)
  }

  @Test func allStates() throws {
    let states = unrolled(axis: 1).states
    try PassRun(
      RerollSteps(),
      [stack(states, axis: 1), concatenate(states.reversed(), axis: 1), sum(of: states), states[1]]
    ).expect(
      """
      program(%0 float32[2, 4, 3], %1 float32[2, 4], %2 float32[3, 4], %3 float32[4, 4])
        %4 float32[2, 3], %5 float32[2, 3], %6 float32[2, 3], %7 float32[2, 3] = Unstack[count: 4, axis: 1](%0)
        %8 float32[2, 4], %9 float32[2, 4], %10 float32[2, 4, 4], %11 float32[2, 4, 4], %12 float32[4, 2, 4], %13 int64[] = While[carry 2, scan {1}, invariant 2, stack {1 1↓ 0}](%1, constant float32[2, 4], %0, %2, %3)
          do(%14 int64[], %15 float32[2, 4], %16 float32[2, 4], %17 float32[2, 3], %18 float32[3, 4], %19 float32[4, 4])
            %20 float32[2, 4] = MatMul(%17, %18)
            %21 float32[2, 4] = MatMul(%15, %19)
            %22 float32[2, 4] = Add(%20, %21)
            %23 float32[2, 4] = Tanh(%22)
            %24 float32[2, 4] = Add(%16, %23)
            → %23, %24, %23, %23, %23
        %25 float32[2, 16] = Reshape[shape: [2, 16]](%11)
        %26 float32[1, 2, 4] = Slice[axis 0 from 1 to 2](%12)
        %27 float32[2, 4] = Reshape[shape: [2, 4]](%26)
        → %10, %25, %9, %27
      """)
  }

  @Test func slicesBySubscript() throws {
    let (x, h, w, v) = (input([6, 2, 3]), input([2, 4]), input([3, 4]), input([4, 4]))
    let states = states((1...4).reversed().map { x[$0] }, from: h, w, v)
    try PassRun(RerollSteps(), [states[3]]).expect(
      """
      program(%0 float32[6, 2, 3], %1 float32[2, 4], %2 float32[3, 4], %3 float32[4, 4])
        %4 float32[1, 2, 3] = Slice[axis 0 from 4 to 5](%0)
        %5 float32[2, 3] = Squeeze[axis: 0](%4)
        %6 float32[1, 2, 3] = Slice[axis 0 from 3 to 4](%0)
        %7 float32[2, 3] = Squeeze[axis: 0](%6)
        %8 float32[1, 2, 3] = Slice[axis 0 from 2 to 3](%0)
        %9 float32[2, 3] = Squeeze[axis: 0](%8)
        %10 float32[1, 2, 3] = Slice[axis 0 from 1 to 2](%0)
        %11 float32[2, 3] = Squeeze[axis: 0](%10)
        %12 float32[4, 2, 3] = Slice[axis 0 from 1 to 5](%0)
        %13 float32[2, 4], %14 int64[] = While[carry 1, scan {0↓}, invariant 2, stack {}](%1, %12, %2, %3)
          do(%15 int64[], %16 float32[2, 4], %17 float32[2, 3], %18 float32[3, 4], %19 float32[4, 4])
            %20 float32[2, 4] = MatMul(%17, %18)
            %21 float32[2, 4] = MatMul(%16, %19)
            %22 float32[2, 4] = Add(%20, %21)
            %23 float32[2, 4] = Tanh(%22)
            → %23
        → %13
      """)
  }

  @Test func constantsAndSingleInputs() throws {
    let (h, w) = (input([2, 3]), input([3, 3]))
    var state = h
    for step in 0..<4 {
      state = matmul(state, w) * graph.scalar(Double(step), .float32) + input([2, 3])
    }
    try PassRun(RerollSteps(), [state]).expect(
      """
      program(%0 float32[2, 3], %1 float32[3, 3], %2 float32[2, 3], %3 float32[2, 3], %4 float32[2, 3], %5 float32[2, 3])
        %6 float32[4, 2, 3] = Stack[axis: 0](%2, %3, %4, %5)
        %7 float32[2, 3], %8 int64[] = While[carry 1, scan {0 0}, invariant 1, stack {}](%0, [0. 1. 2. 3.], %6, %1)
          do(%9 int64[], %10 float32[2, 3], %11 float32[], %12 float32[2, 3], %13 float32[3, 3])
            %14 float32[2, 3] = MatMul(%10, %13)
            %15 float32[2, 3] = Multiply(%14, %11)
            %16 float32[2, 3] = Add(%15, %12)
            → %16
        → %7
      """)
  }

  // MARK: Backwards

  @Test func gradients() throws {
    let (x, h, _, v, states) = unrolled(steps: 5)
    let slopes = graph.gradients(of: [states[4].sum()], withRespectTo: [x, h, v])
      .compactMap(\.self)
    try PassRun(RerollSteps(), slopes).expect(
      """
      program(%0 float32[5, 2, 3], %1 float32[2, 4], %2 float32[3, 4], %3 float32[4, 4])
        %4 float32[2, 3], %5 float32[2, 3], %6 float32[2, 3], %7 float32[2, 3], %8 float32[2, 3] = Unstack[count: 5, axis: 0](%0)
        %9 float32[2, 4], %10 float32[5, 2, 4], %11 float32[5, 2, 4], %12 int64[] = While[carry 1, scan {0}, invariant 2, stack {0 0}](%1, %0, %2, %3)
          do(%13 int64[], %14 float32[2, 4], %15 float32[2, 3], %16 float32[3, 4], %17 float32[4, 4])
            %18 float32[2, 4] = MatMul(%15, %16)
            %19 float32[2, 4] = MatMul(%14, %17)
            %20 float32[2, 4] = Add(%18, %19)
            %21 float32[2, 4] = Tanh(%20)
            → %21, %21, %14
        %22 float32[] = Sum[axes: nil, keepingDimensions: false](%9)
        %23 float32[] = FillLike[value: 1.0, dtype: nil, axis: nil, trailing: []](shape of float32[])
        %24 float32[2, 4] = BroadcastLike(%23, shape of float32[2, 4])
        %25 float32[2, 4], %26 float32[4, 4], %27 float32[5, 2, 3], %28 int64[] = While[carry 2, scan {0↓ 0↓}, invariant 2, stack {0↓}](%24, constant float32[4, 4], %10, %11, %3, %2)
          do(%29 int64[], %30 float32[2, 4], %31 float32[4, 4], %32 float32[2, 4], %33 float32[2, 4], %34 float32[4, 4], %35 float32[3, 4])
            %36 float32[2, 4] = TanhGradient(%32, %30)
            %37 float32[2, 4] = MatMul[bᵀ](%36, %34)
            %38 float32[4, 4] = MatMul[aᵀ](%33, %36)
            %39 float32[2, 3] = MatMul[bᵀ](%36, %35)
            %40 float32[4, 4] = Add(%31, %38)
            → %37, %40, %39
        → %27, %25, %26
      """)
  }

  @Test("a loop for what has no state, and two directions")
  func severalLoops() throws {
    let (_, _, _, v, states) = unrolled(steps: 5)
    let outputs = states.map { matmul($0, v) }
    _ = try expectLoops(2, [stack(outputs)])
    let x = input([5, 2, 4])
    let inputs = x.unstacked(count: 5)
    let forwards = self.states(inputs, from: input([2, 4]), v, v)
    let backwards = self.states(inputs.reversed(), from: input([2, 4]), input([4, 4]), v)
    _ = try expectLoops(2, [forwards[4] + backwards[4]])
  }

  // MARK: What stays

  @Test func fewOrUnlikeStepsStay() throws {
    let (x, h, w, v) = (input([5, 2, 3]), input([2, 4]), input([3, 4]), input([4, 4]))
    let inputs = x.unstacked(count: 5)
    try expectUnchanged([states(Array(inputs[..<3]), from: h, w, v)[2]])
    var state = h
    for step in 0..<5 {
      state = matmul(inputs[step], w) + matmul(state, v)
      state = step % 2 == 0 ? tanh(state) : sigmoid(state)
    }
    try expectUnchanged([state])
  }

  @Test("a state from three steps before, and the first state in each step")
  func farStatesStay() throws {
    let (h, v) = (input([2, 4]), input([4, 4]))
    var states = [h, tanh(h)]
    states.append(sigmoid(h))
    for _ in 0..<6 {
      states.append(tanh(matmul(states.last!, v) + states[states.count - 3]))
    }
    try expectUnchanged([states.last!])
    states = [tanh(matmul(h, v) + h)]
    for _ in 0..<5 { states.append(tanh(matmul(states.last!, v) + states[0])) }
    try expectUnchanged([states.last!])
  }

  @Test func effectsAndDrawsStay() throws {
    let (h, v) = (input([2, 4]), input([4, 4]))
    var (printing, drawing) = (h, h)
    for _ in 0..<5 {
      printing = tanh(matmul(printing, v)).printed("state")
      drawing = tanh(matmul(drawing, v)) * graph.randomUniform([2, 4])
    }
    try expectUnchanged([printing])
    try expectUnchanged([drawing])
  }

  @Test("what follows from all steps cannot be read by them")
  func cycles() throws {
    let (x, h, w, v) = (input([5, 2, 3]), input([2, 4]), input([3, 4]), input([4, 4]))
    let states = states(x.unstacked(count: 5), from: h, w, v)
    let whole = stack(states).sum()
    let text = try expectLoops(2, states.map { matmul($0 * whole, v) })
    #expect(text.contains("Sum"))
  }
}
