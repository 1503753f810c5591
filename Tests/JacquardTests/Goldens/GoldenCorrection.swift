/// Where `ops.json` is not what to expect of an array of a case, with what is.
struct GoldenCorrection: Sendable {
  /// The name of the case without its dtype, and the array.
  var name: String
  var key: String
  /// Changes the elements of the array; `nil` ones are not compared.
  var correct: @Sendable (GoldenCase, inout [Double?]) -> Void

  init(
    _ name: String, _ key: String,
    _ correct: @escaping @Sendable (GoldenCase, inout [Double?]) -> Void
  ) {
    (self.name, self.key, self.correct) = (name, key, correct)
  }

  static let all = [
    // TensorFlow passes the gradient where the operand is NaN.
    GoldenCorrection("elu_special", "dx0") { $1[15] = .nan },
    // x⁰ is 1 everywhere, also at 0; TensorFlow multiplies 0 by ∞.
    GoldenCorrection("pow_zero_base", "dx0") { $1[0] = 0 },
    // A row of −∞ only has no softmax, and moves nothing; TensorFlow's −∞ − (−∞) is NaN.
    GoldenCorrection("logsumexp_infinite", "dx0") { $1.replaceSubrange(0..<2, with: [0, 0]) },
    // ∞ / ∞, in TensorFlow and in the quotient these tests take for softsign; TensorFlow's gradient is 0.
    GoldenCorrection("softsign_special", "y0") { ($1[0], $1[14]) = (nil, nil) },
    GoldenCorrection("softsign_special", "dx0") { ($1[0], $1[14]) = (nil, nil) },
    // TensorFlow takes labels to add up to 1, whatever they do.
    GoldenCorrection("softmax_cross_entropy_distribution", "dx0", weighByLabelSum),
    GoldenCorrection("softmax_cross_entropy_unnormalised", "dx0", weighByLabelSum),
  ]

  static func of(_ golden: GoldenCase, _ key: String) -> GoldenCorrection? {
    all.first { "\($0.name)_\(golden.dtype)" == golden.name && $0.key == key }
  }

  /// From dy · (softmax − labels) to dy · (softmax · Σ labels − labels).
  @Sendable private static func weighByLabelSum(_ golden: GoldenCase, _ dx: inout [Double?]) {
    let (labels, dy) = (golden.arrays["x1"]!, golden.arrays["dy0"]!.data)
    let classes = labels.shape[1]
    for row in 0..<labels.shape[0] {
      let indices = row * classes..<(row + 1) * classes
      let sum = labels.data[indices].reduce(0, +)
      for index in indices {
        dx[index] = sum * dx[index]! + dy[row] * labels.data[index] * (sum - 1)
      }
    }
  }
}
