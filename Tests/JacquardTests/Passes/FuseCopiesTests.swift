import JacquardArrays
import Testing

@testable import Jacquard

/// Copies that are written into joints at once.
@Suite("Fused copies") struct FuseCopiesTests {
  private let graph = Graph(seed: 1)
  private func input(_ shape: PartialShape) -> Tensor { graph.placeholder(.float32, shape) }

  @Test func transposedAndReversedOperandsAreReadWhereTheyLie() throws {
    let (x, y) = (input([2, 3, 4]), input([6, 5]))
    let rows = x.transposed([1, 0, 2]).reshaped(to: [6, 4])
    let joint = concatenate(
      [rows, y.reversed(axes: [0]), graph.constant(NDArray.zeros(.float32, [6, 1]))], axis: 1)
    try PassRun(FuseCopies(), [joint]).expect(
      """
      program(%0 float32[2, 3, 4], %1 float32[6, 5])
        %2 float32[3, 2, 4] = Transpose[permutation: Optional([1, 0, 2])](%0)
        %3 float32[6, 4] = Reshape[shape: [6, 4]](%2)
        %4 float32[6, 5] = Reverse[axes: [0]](%1)
        %5 float32[6, 10] = ArrangedConcatenate{[3, 2, 4]: [4, 12, 1] → [20, 10, 1]; [6, 5]: [-5, 1]+25 → [10, 1]+4; [6]: [1] → [10]+9}(%0, %1, constant float32[6, 1])
        → %5
      """)
    #expect(try differences([joint]) == 0)
  }

  @Test func copiesOfMoreUseStay() throws {
    let x = input([3, 4])
    let turned = x.transposed()
    let joint = concatenate([turned, turned], axis: 0)
    try expectUnchanged([joint])
    let other = concatenate([turned, input([4, 2])], axis: 1)
    try expectUnchanged([other, tanh(turned)])
    try expectUnchanged([other, turned])
    try expectUnchanged([concatenate([x, x * 2], axis: 0)])
  }

  /// A reshape may leave a dimension that begins within a block of the joint and ends in another.
  @Test func dimensionsThatDoNotFitBlocksStay() throws {
    let x = input([2, 2, 3])
    let joint = concatenate(
      [x.transposed([1, 2, 0]).reshaped(to: [3, 4]), input([3, 1])], axis: 1)
    #expect(try differences([joint]) == 0)
    let rows = input([5, 6]).transposed().reshaped(to: [10, 3])
    try expectUnchanged([concatenate([rows, input([10, 1])], axis: 1)])
  }

  @Test(arguments: 0..<60) func jointsKeepTheirBits(_ seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let rank = 1 + next(3)
    let shape = (0..<rank).map { _ in next(6) }
    let axis = next(rank)
    var operands: [Tensor] = []
    for _ in 0...next(3) {
      var own = shape
      own[axis] = next(5)
      switch next(4) {
      case 0:
        let order = Array(0..<rank).shuffled(using: &random)
        var from = own
        for (position, source) in order.enumerated() { from[source] = own[position] }
        operands.append(input(PartialShape(from)).transposed(order))
      case 1: operands.append(input(PartialShape(own)).reversed(axes: [next(rank)]))
      case 2: operands.append(input(PartialShape(own.reversed())).transposed())
      default: operands.append(input(PartialShape(own)))
      }
    }
    let joint = concatenate(operands, axis: axis)
    #expect(try differences([joint, joint.reshaped(to: [joint.shape.elementCount!])]) == 0)
  }

  private func expectUnchanged(_ fetches: [Tensor]) throws {
    let run = try PassRun(FuseCopies(), fetches)
    #expect(run.after == run.before)
  }

  /// How many of the fetches have other bits with the pass than without any.
  private func differences(_ fetches: [Tensor]) throws -> Int {
    var feeds = Feeds()
    for (index, operation) in graph.operations.enumerated() where operation.op is Placeholder {
      let shape = operation.result.shape.known ?? []
      let elements = (0..<shape.reduce(1, *)).map { Float(index * 1000 + $0) }
      feeds = feeds.feed(operation.result, NDArray(elements, shape: shape))
    }
    let all = Set(Compiler.passes.map { type(of: $0).name })
    let results = try [all, all.subtracting([FuseCopies.name])].map { disabled in
      try Session(graph, options: SessionOptions(disabledPasses: disabled))
        .run(fetches, feeding: feeds)
    }
    return zip(results[0], results[1]).count { $0 != $1 }
  }
}
