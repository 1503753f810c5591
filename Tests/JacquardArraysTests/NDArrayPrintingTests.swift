import JacquardArrays
import Testing

/// The expected texts are those of `numpy.array2string`, NumPy 2.4.
@Suite struct NDArrayPrintingTests {
  @Test func columnsAreAligned() {
    #expect(
      "\(NDArray([[1, 2.5], [-3, 10.125]] as [[Float]]))" == """
        [[ 1.     2.5  ]
         [-3.    10.125]]
        """)
    #expect(
      "\(NDArray([[7, 8], [9, 10]] as [[Int32]]))" == """
        [[ 7  8]
         [ 9 10]]
        """)
    #expect("\(NDArray([true, false]))" == "[ true false]")
  }

  @Test func floatsAreAsShortAsTheyCanBe() {
    #expect(
      "\(NDArray([0.1, 1.0 / 3, 2.0 / 3, -0.0] as [Float]))"
        == "[ 0.1         0.33333334  0.6666667  -0.        ]")
    #expect("\(NDArray([0.1 + 0.2, 1] as [Double]))" == "[0.3 1. ]")
    #expect("\(NDArray([999_999, 1000] as [Float]))" == "[999999.   1000.]")
  }

  @Test func wideRangesUseExponents() {
    #expect(
      "\(NDArray([[1, 2.5], [-3, 1000.125]] as [[Float]]))" == """
        [[ 1.000000e+00  2.500000e+00]
         [-3.000000e+00  1.000125e+03]]
        """)
    #expect(
      "\(NDArray([1e-5, 1, 123456.789] as [Float]))"
        == "[9.9999997e-06 1.0000000e+00 1.2345679e+05]")
    #expect(
      "\(NDArray([1.0 / 3, 1e-9, 123.456789012345] as [Double]))"
        == "[3.33333333e-01 1.00000000e-09 1.23456789e+02]")
    #expect("\(NDArray([1e300, 1.5] as [Double]))" == "[1.0e+300 1.5e+000]")
    #expect("\(NDArray([1_000_000, 1000] as [Float]))" == "[1.e+06 1.e+03]")
    #expect("\(NDArray([1_000_000, 1000] as [Double]))" == "[1000000.    1000.]")
  }

  @Test func specialValuesTakeTheirColumn() {
    #expect("\(NDArray([.nan, 1, -.infinity] as [Float]))" == "[ nan   1. -inf]")
    #expect("\(NDArray([.infinity, .nan] as [Double]))" == "[inf nan]")
  }

  @Test func blocksAreSeparatedByBlankLines() {
    #expect(
      "\(NDArray.arange(24, .int32).reshaped(to: [2, 3, 4]))" == """
        [[[ 0  1  2  3]
          [ 4  5  6  7]
          [ 8  9 10 11]]

         [[12 13 14 15]
          [16 17 18 19]
          [20 21 22 23]]]
        """)
    #expect(
      "\(NDArray.zeros(.float32, [2, 1, 3]))" == """
        [[[0. 0. 0.]]

         [[0. 0. 0.]]]
        """)
  }

  @Test func longRowsAreWrapped() {
    let twelfths = NDArray((0..<12).map { Float(Double($0) / 11) })
    #expect(
      "\(twelfths)" == """
        [0.         0.09090909 0.18181819 0.27272728 0.36363637 0.45454547
         0.54545456 0.6363636  0.72727275 0.8181818  0.90909094 1.        ]
        """)
  }

  @Test func manyElementsAreSummarised() {
    #expect("\(NDArray.arange(1001, .int32))" == "[   0    1    2 ...  998  999 1000]")
    #expect(!"\(NDArray.arange(1000, .int32))".contains("..."))
    #expect(
      "\(NDArray.arange(2000, .float32).reshaped(to: [40, 50]))" == """
        [[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]
         [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]
         [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]
         ...
         [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]
         [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]
         [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]
        """)
    let bytes = NDArray.arange(1200, .uint8).reshaped(to: [2, 2, 300])
    #expect(
      "\(bytes)" == """
        [[[  0   1   2 ...  41  42  43]
          [ 44  45  46 ...  85  86  87]]

         [[ 88  89  90 ... 129 130 131]
          [132 133 134 ... 173 174 175]]]
        """)
  }

  @Test func scalarsAndEmptyArrays() {
    #expect("\(NDArray(3 as Float))" == "3.0")
    #expect("\(NDArray(true))" == "true")
    #expect("\(NDArray.zeros(.float32, [0, 3]))" == "[]")
  }

  @Test func debuggingAddsTypeAndShape() {
    let array: NDArray = [[1, 2]]
    #expect(array.debugDescription == "NDArray(int32, shape: [1, 2])\n[[1 2]]")
  }
}
