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

  @Test func variablesOfEqualShapeDiffer() throws {
    let graph = Graph()
    let (a, b) = (graph.variable(.glorotUniform, [4, 4]), graph.variable(.glorotUniform, [4, 4]))
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (first, second) = try session.run(a, b)
    #expect(first != second)
  }
}
