import JacquardArrays
import Testing

@Suite struct ShapeArithmeticTests {
  @Test func countsElements() {
    #expect(ShapeArithmetic.elementCount([]) == 1)
    #expect(ShapeArithmetic.elementCount([2, 3, 4]) == 24)
    #expect(ShapeArithmetic.elementCount([.max, .max, 0]) == 0)
  }

  @Test func negativeLengthsAndOverflowTrap() async {
    let negative = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ShapeArithmetic.elementCount([0, -1]) }
    expectTrap(negative, says: "shape [0, -1] has a negative length")
    let overflow = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ShapeArithmetic.elementCount([.max, 2]) }
    expectTrap(overflow, says: "more elements than an Int can count")
  }

  @Test func stridesAreRowMajor() {
    #expect(ShapeArithmetic.rowMajorStrides([]) == [])
    #expect(ShapeArithmetic.rowMajorStrides([5]) == [1])
    #expect(ShapeArithmetic.rowMajorStrides([2, 3, 4]) == [12, 4, 1])
    #expect(ShapeArithmetic.rowMajorStrides([2, 1, 4]) == [4, 4, 1])
  }

  @Test func shapesBroadcastFromTheEnd() {
    #expect(ShapeArithmetic.broadcast([2, 3], [3]) == [2, 3])
    #expect(ShapeArithmetic.broadcast([2, 1], [1, 5]) == [2, 5])
    #expect(ShapeArithmetic.broadcast([], [4]) == [4])
    #expect(ShapeArithmetic.broadcast([0], [1]) == [0])
    #expect(ShapeArithmetic.broadcast([2, 1, 0], [3, 1]) == [2, 3, 0])
    #expect(ShapeArithmetic.broadcast([0], [2]) == nil)
    #expect(ShapeArithmetic.broadcast([2, 3], [2]) == nil)
  }

  @Test func repeatedAxesHaveStrideZero() {
    #expect(ShapeArithmetic.broadcastStrides(from: [3], to: [2, 3]) == [0, 1])
    #expect(ShapeArithmetic.broadcastStrides(from: [2, 1, 4], to: [2, 3, 4]) == [4, 0, 1])
    #expect(ShapeArithmetic.broadcastStrides(from: [], to: [2, 2]) == [0, 0])
    #expect(ShapeArithmetic.broadcastStrides(from: [2, 3], to: [2, 3]) == [3, 1])
    #expect(ShapeArithmetic.broadcastStrides(from: [1], to: [0]) == [0])
  }

  @Test func axesCountFromTheEndWhereNegative() {
    #expect(ShapeArithmetic.normalizedAxis(0, rank: 3) == 0)
    #expect(ShapeArithmetic.normalizedAxis(-1, rank: 3) == 2)
    #expect(ShapeArithmetic.normalizedAxis(-3, rank: 3) == 0)
    #expect(ShapeArithmetic.normalizedAxis(3, rank: 3) == nil)
    #expect(ShapeArithmetic.normalizedAxis(-4, rank: 3) == nil)
    #expect(ShapeArithmetic.normalizedAxis(0, rank: 0) == nil)
  }
}
