import JacquardArrays
import Testing

@Suite struct NDArrayComparisonTests {
  let a = NDArray([1, 100, 1e-3] as [Double])

  @Test func toleranceIsRelativeToEachPair() {
    let b = NDArray([1, 100.0009, 1e-3] as [Double])
    #expect(a.isClose(to: b, relative: 1e-5, absolute: 0))
    #expect(!a.isClose(to: b, relative: 1e-6, absolute: 0))
    #expect(a.isClose(to: b, relative: 0, absolute: 1e-3))
  }

  @Test func toleranceCanBeRelativeToTheLargestMagnitude() {
    let b = NDArray([1, 100, 1.5e-3] as [Double])
    #expect(!a.isClose(to: b, relative: 1e-5, absolute: 0))
    #expect(a.isClose(to: b, relative: 1e-5, absolute: 0, scale: .overall))
    #expect(!a.isClose(to: b, relative: 1e-6, absolute: 0, scale: .overall))
  }

  @Test func specialValuesAgreeWithThemselvesOnly() {
    let special = NDArray([.nan, .infinity, -.infinity] as [Float])
    #expect(special.isClose(to: special, relative: 0, absolute: 0))
    #expect(special.maximumAbsoluteDifference(to: special) == 0)
    for value in [1, .infinity, -.infinity] as [Float] {
      #expect(!NDArray(Float.nan).isClose(to: NDArray(value), relative: 1, absolute: 1))
      #expect(!NDArray(value).isClose(to: NDArray(Float.nan), relative: 1, absolute: 1))
    }
    #expect(!NDArray(Float.infinity).isClose(to: NDArray(1 as Float), relative: 1))
    #expect(!NDArray(Float.infinity).isClose(to: NDArray(-Float.infinity), relative: 1))
    #expect(
      NDArray(Float.nan).maximumAbsoluteDifference(to: NDArray(1 as Float)).isNaN)
    #expect(NDArray(0.0 as Float).isClose(to: NDArray(-0.0 as Float), relative: 0, absolute: 0))
  }

  @Test func shapesMustAgreeButTypesNeedNot() {
    #expect(!NDArray([1, 2] as [Float]).isClose(to: NDArray([[1, 2]] as [[Float]])))
    #expect(NDArray([1, 2] as [Float]).isClose(to: NDArray([1, 2] as [Int64])))
    #expect(NDArray.zeros(.float32, [0]).isClose(to: .zeros(.float32, [0])))
    #expect(!NDArray.zeros(.float32, [0]).isClose(to: .zeros(.float32, [0, 1])))
  }

  @Test func theLargestDifferenceIsFound() {
    let x: NDArray = [[1, 2], [3, 4]]
    let y: NDArray = [[1, 2.5], [2, 4]]
    #expect(x.maximumAbsoluteDifference(to: y) == 1)
    #expect(y.maximumAbsoluteDifference(to: x) == 1)
  }

  @Test func theFirstMismatchIsASentence() {
    let x: NDArray = [[1, 2], [3, 4]]
    let y: NDArray = [[1, 2], [3.5, 5]]
    #expect(
      x.firstMismatch(with: y, relative: 0, absolute: 0.25)
        == "element [1, 0]: 3.0 differs from 3.5 by 0.5, more than the tolerance 0.25")
    #expect(x.firstMismatch(with: y, relative: 0, absolute: 1) == nil)
    #expect(x.firstMismatch(with: x[0]) == "shape [2, 2] differs from shape [2]")
  }
}
