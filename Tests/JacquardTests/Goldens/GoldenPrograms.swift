import JacquardArrays

@testable import Jacquard

/// Builds the results `y0`, `y1`, … of a case of `ops.json` or `convolution.json` from its operands `x0`, `x1`, ….
typealias GoldenProgram = @Sendable (GoldenCase, [Tensor]) -> [Tensor]

/// TensorFlow's ops in these files, written with the public functions of this module: one program for each name.
enum GoldenPrograms {
  static let all: [String: GoldenProgram] = {
    let parts = [elementwise, pairwise, reductions, classifiers, arrays, convolutions]
    return Dictionary(uniqueKeysWithValues: parts.joined().map { ($0.key, $0.value) })
  }()

  /// Ops whose results are operands' elements, at most with another sign, or whole numbers: results are equal exactly.
  static let exact: Set<String> = [
    "neg", "abs", "sign", "floor", "ceil", "rint", "relu", "minimum", "maximum", "clip_by_value",
    "max", "min", "top_k", "strided_slice", "gather", "gather_nd", "pad", "tile",
    "reverse_sequence", "sequence_mask", "one_hot", "where", "concat", "split", "stack",
    "unstack", "transpose", "reverse", "max_pool1d", "max_pool2d",
  ]

  static func unary(_ function: @escaping @Sendable (Tensor) -> Tensor) -> GoldenProgram {
    { _, x in [function(x[0])] }
  }

  static func binary(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> GoldenProgram {
    { _, x in [function(x[0], x[1])] }
  }
}

extension GoldenCase {
  func flag(_ key: String) -> Bool { number(key) == 1 }

  func integer(_ key: String) -> Int? { number(key).map { Int($0) } }

  func integers(_ key: String) -> [Int]? { arrays[key]?.data.map { Int($0) } }

  /// The dtype at the end of the name: that of the operands, or of the results of an op that makes numbers.
  var dtype: DType { DType(name: text("dtype")!)! }
}
