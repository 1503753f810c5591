import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct InitializerTests {
  private func value(_ initializer: Initializer, _ shape: [Int], _ dtype: DType = .float64) throws
    -> NDArray
  {
    let graph = Graph(seed: 2)
    return try Session(graph).run(initializer(graph, shape, dtype))
  }

  private func deviation(_ array: NDArray) -> Double {
    (array.doubles().map { $0 * $0 }.reduce(0, +) / Double(array.count)).squareRoot()
  }

  @Test func constantsFillConvertAndRepeatTheirLastElement() throws {
    #expect(try value(.zeros, [2], .int32) == NDArray([0, 0] as [Int32]))
    #expect(try value(.ones, [2], .bool) == NDArray([true, true]))
    #expect(try value(.constant(0.5), []) == NDArray(Double(0.5)))
    let list = NDArray([1, 2, 3] as [Int32])
    #expect(try value(.constant(list), [1, 3]) == NDArray([1, 2, 3] as [Double], shape: [1, 3]))
    #expect(
      try value(.constant(list), [2, 2]) == NDArray([1, 2, 3, 3] as [Double], shape: [2, 2]))
    let graph = Graph()
    _ = graph.variable(.constant(list), [2])
    #expect(graph.diagnostics.count == 1)
  }

  /// As TensorFlow computes them: of `[3, 3, 8, 16]` the window of 9 multiplies both.
  @Test(arguments: [
    ([], 1.0, 1.0), ([7], 7, 7), ([20, 30], 20, 30), ([3, 3, 8, 16], 72, 144),
  ])
  func fans(_ shape: [Int], _ fanIn: Double, _ fanOut: Double) {
    let fans = Fans(of: shape)
    #expect(fans.in == fanIn && fans.out == fanOut)
  }

  @Test func variancesFollowTheFans() throws {
    let shape = [200, 300]
    let cases: [(initializer: Initializer, variance: Double)] = [
      (.glorotUniform, 0.004), (.glorotNormal, 0.004), (.heNormal, 0.01), (.heUniform, 0.01),
      (.lecunNormal, 0.005), (.lecunUniform, 0.005),
      (.varianceScaling(scale: 3, mode: .fanOut, distribution: .untruncatedNormal), 0.01),
      (.normal(standardDeviation: 0.2), 0.04), (.uniform(from: -0.3, to: 0.3), 0.03),
    ]
    // The relative standard error of a deviation of 60,000 draws is below 0.3 %.
    for (initializer, variance) in cases {
      let ratio = deviation(try value(initializer, shape)) / variance.squareRoot()
      #expect(abs(ratio - 1) < 0.015)
    }
  }

  @Test func bounds() throws {
    let limit = (6.0 / 500).squareRoot()
    let uniform = try value(.glorotUniform, [200, 300]).doubles().map { abs($0) }
    #expect(uniform.max()! <= limit && uniform.max()! > 0.999 * limit)
    let cut = 2 * (2.0 / 200).squareRoot() / 0.87962566103423978
    let normal = try value(.heNormal, [200, 300]).doubles().map { abs($0) }
    #expect(normal.max()! <= cut && normal.max()! > 0.99 * cut)
  }

  /// Wide ones have orthonormal rows, those of more axes are flattened but for the last.
  @Test(arguments: [[6, 6], [9, 4], [4, 9], [3, 2, 5], [1, 3], [5, 1], [0, 3], [2, 0]])
  func orthogonal(_ shape: [Int]) throws {
    for dtype in [DType.float32, .float64] {
      let matrix = try value(.orthogonal(gain: 3), shape, dtype)
      #expect(matrix.shape == shape && matrix.dtype == dtype)
      let (elements, columns) = (matrix.doubles(), shape[shape.count - 1])
      let rows = shape.dropLast().reduce(1, *)
      let isWide = rows < columns
      for a in 0..<min(rows, columns) {
        for b in 0..<min(rows, columns) {
          let product = (0..<max(rows, columns)).reduce(0.0) { sum, k in
            sum
              + (isWide
                ? elements[a * columns + k] * elements[b * columns + k]
                : elements[k * columns + a] * elements[k * columns + b])
          }
          let tolerance = dtype == .float32 ? 2e-6 : 1e-14
          #expect(abs(product / 9 - (a == b ? 1 : 0)) <= tolerance, "\(shape), \(a), \(b)")
        }
      }
    }
  }

  @Test func orthogonalMatricesFollowTheSeedAndAreSpreadEvenly() throws {
    let first = try value(.orthogonal(), [3, 3])
    #expect(first == (try value(.orthogonal(), [3, 3])))
    // Without the signs of R's diagonal, the first diagonal element would always be negative.
    let matrices = try (0..<200 as Range<UInt64>).map { seed -> NDArray in
      let graph = Graph(seed: seed)
      return try Session(graph).run(Initializer.orthogonal()(graph, [2, 2], .float64))
    }
    let negative = matrices.filter { $0.doubles()[0] < 0 }.count
    let reflections = matrices.filter {
      let x = $0.doubles()
      return x[0] * x[3] - x[1] * x[2] < 0
    }.count
    #expect((70...130).contains(negative) && (70...130).contains(reflections))
  }

  @Test func identity() throws {
    #expect(
      try value(.identity(gain: 2), [2, 3])
        == NDArray([2, 0, 0, 0, 2, 0] as [Double], shape: [2, 3]))
    #expect(
      try value(.identity(), [2, 1], .float32) == NDArray([1, 0] as [Float], shape: [2, 1]))
    #expect(try value(.identity(), [0, 2]).shape == [0, 2])
  }

  @Test func uniformUnitScalingIsBoundByTheInputs() throws {
    let values = try value(.uniformUnitScaling(factor: 1.5), [20, 30, 40]).doubles().map { abs($0) }
    let limit = 1.5 * (3.0 / 600).squareRoot()
    #expect(values.max()! <= limit && values.max()! > 0.999 * limit)
    let mean = values.reduce(0, +) / Double(values.count)
    #expect(abs(mean / (limit / 2) - 1) < 0.015)
  }

  @Test func variablesOfEqualShapeDiffer() throws {
    let graph = Graph()
    let (a, b) = (graph.variable(.glorotUniform, [4, 4]), graph.variable(.glorotUniform, [4, 4]))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (first, second) = try session.run(a, b)
    #expect(first != second)
  }
}
