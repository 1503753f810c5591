import JacquardArrays

@testable import Jacquard

extension GoldenPrograms {
  static let reductions: [String: GoldenProgram] = [
    "sum": reduction { $0.sum(along: $1, keepingDimensions: $2) },
    "mean": reduction { $0.mean(along: $1, keepingDimensions: $2) },
    "max": reduction { $0.max(along: $1, keepingDimensions: $2) },
    "min": reduction { $0.min(along: $1, keepingDimensions: $2) },
    "prod": reduction { $0.product(along: $1, keepingDimensions: $2) },
    "logsumexp": reduction { $0.logSumExp(along: $1, keepingDimensions: $2) },
    "any": reduction { $0.any(along: $1, keepingDimensions: $2) },
    "all": reduction { $0.all(along: $1, keepingDimensions: $2) },
    "argmax": { golden, x in [x[0].argmax(axis: golden.integer("axis")!)] },
    "argmin": { golden, x in [x[0].argmin(axis: golden.integer("axis")!)] },
    "cumsum": { golden, x in
      [
        x[0].cumulativeSum(
          axis: golden.integer("axis")!, exclusive: golden.flag("exclusive"),
          reverse: golden.flag("reverse"))
      ]
    },
  ]

  static let classifiers: [String: GoldenProgram] = [
    "softmax": { golden, x in [softmax(x[0], axis: golden.integer("axis")!)] },
    "log_softmax": { golden, x in [logSoftmax(x[0], axis: golden.integer("axis")!)] },
    "softmax_cross_entropy": binary { softmaxCrossEntropy(logits: $0, labels: $1) },
    "sparse_softmax_cross_entropy": binary { sparseSoftmaxCrossEntropy(logits: $0, labels: $1) },
    "sigmoid_cross_entropy": binary { sigmoidCrossEntropy(logits: $0, labels: $1) },
    "in_top_k": { golden, x in [x[0].inTopK(golden.integer("k")!, targets: x[1])] },
    "top_k": { golden, x in
      let top = x[0].topK(golden.integer("k")!)
      return [top.values, top.indices]
    },
    "matmul": { golden, x in
      [
        matmul(
          x[0], x[1], transposeA: golden.flag("transposeA"), transposeB: golden.flag("transposeB"))
      ]
    },
  ]

  private static func reduction(
    _ function: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor
  ) -> GoldenProgram {
    { golden, x in
      let axes = golden.flag("allAxes") ? nil : golden.integers("axes")!
      return [function(x[0], axes, golden.flag("keepDims"))]
    }
  }
}
