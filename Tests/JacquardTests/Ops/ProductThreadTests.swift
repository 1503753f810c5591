import JacquardArrays
import Testing

@testable import Jacquard

/// Whoever multiplies, and whatever kernels OpenBLAS has for the processor: `Scripts/test.sh` runs this for two choices of them.
@Suite("Products on several threads") struct ProductThreadTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rows: Int
    let inner: Int
    let columns: Int
    let dtype: DType
    var testDescription: String { "\(rows)×\(inner) · \(inner)×\(columns), \(dtype)" }
  }

  /// Around the sizes at which products are cut, tiled and packed in other ways, and some that fit no tile.
  static let cases = [DType.float32, .float64].flatMap { dtype in
    [
      (1, 300, 700), (128, 784, 625), (625, 128, 784), (784, 128, 10), (37, 129, 65), (3, 5, 2000),
      (16, 64, 128), (17, 63, 129), (500, 1, 500), (256, 256, 256), (2000, 33, 7),
    ].map { Case(rows: $0.0, inner: $0.1, columns: $0.2, dtype: dtype) }
  }

  @Test(arguments: cases) func threadsChangeNoBit(_ test: Case) throws {
    let graph = Graph()
    var feeds = Feeds()
    var products: [Tensor] = []
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      let shapes = [
        transposeA ? [test.inner, test.rows] : [test.rows, test.inner],
        transposeB ? [test.columns, test.inner] : [test.inner, test.columns],
      ]
      let operands = shapes.enumerated().map { index, shape in
        let operand = graph.placeholder(test.dtype, PartialShape(known: shape))
        feeds = feeds.feed(operand, NDArray.sample(test.dtype, shape, seed: products.count + index))
        return operand
      }
      let product = matmul(
        operands[0], operands[1], transposeA: transposeA, transposeB: transposeB)
      // Alone, with what is added to it, and with the sums that gradients of biases are.
      products += [product, tanh(product + 1), product.sum(along: [0])]
    }
    func results(threads: Int) throws -> [NDArray] {
      try Session(graph, options: SessionOptions(threads: threads)).run(products, feeding: feeds)
    }
    let single = try results(threads: 1)
    for threads in 2...3 {
      let isSame = try results(threads: threads) == single
      #expect(isSame, "\(threads) threads")
    }
  }
}
