import JacquardArrays

@testable import Jacquard

extension FedMistake {
  static let all: [FedMistake] = [
    FedMistake("operator", "Add", "[2]", "[3]") { graph in
      let a = graph.placeholder(.float32, [nil])
      let b = graph.placeholder(.float32, [nil])
      let (y, line) = located(a + b)
      return Setup(fetches: [y], feeds: [(a, [2]), (b, [3])], line: line)
    },
    FedMistake("matmul", "MatMul", "[2, 3]", "[4, 5]", "3 and 4") { graph in
      let a = graph.placeholder(.float32, [nil, nil])
      let b = graph.placeholder(.float32, [nil, nil])
      let (y, line) = located(matmul(a, b))
      return Setup(fetches: [y], feeds: [(a, [2, 3]), (b, [4, 5])], line: line)
    },
    FedMistake("convolution, no place", "spans 5", "length 3 of axis 1", "padding: .same") {
      graph in
      let x = graph.placeholder(.float32, [nil, nil, 2])
      let filter = graph.placeholder(.float32, [5, 2, 1])
      let (y, line) = located(convolution1D(x, filter, padding: .valid))
      return Setup(fetches: [y], feeds: [(x, [1, 3, 2]), (filter, [5, 2, 1])], line: line)
    },
    FedMistake("pooling, rank", "rank 4", "[2, 4]", "[batch, rows") { graph in
      let x = graph.placeholder(.float32, .unknown)
      let (y, line) = located(averagePooling2D(x))
      return Setup(fetches: [y], feeds: [(x, [2, 4])], line: line)
    },
    FedMistake("unknown rank", "Sum", "no axis 1", "[4]") { graph in
      let x = graph.placeholder(.float32, .unknown)
      let (y, line) = located(x.sum(along: [1]))
      return Setup(fetches: [y], feeds: [(x, [4])], line: line)
    },
    FedMistake("argmax of nothing", "ArgMax", "[2, 0]", "empty") { graph in
      let x = graph.placeholder(.float32, [2, nil])
      let (y, line) = located(x.argmax(axis: 1))
      return Setup(fetches: [y], feeds: [(x, [2, 0])], line: line)
    },
    FedMistake("concatenate", "Concatenate", "[2, 3]", "[3, 4]") { graph in
      let a = graph.placeholder(.float32, [nil, nil])
      let b = graph.placeholder(.float32, [nil, nil])
      let (y, line) = located(concatenate([a, b], axis: 1))
      return Setup(fetches: [y], feeds: [(a, [2, 3]), (b, [3, 4])], line: line)
    },
    FedMistake("reshape", "Reshape", "[5]", "[2, -1]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let (y, line) = located(x.reshaped(to: [2, -1]))
      return Setup(fetches: [y], feeds: [(x, [5])], line: line)
    },
    FedMistake("reshape, fed shape", "ReshapeToTensor", "[6]", "[0, 0]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let shape = graph.placeholder(.int32, [2])
      let (y, line) = located(x.reshaped(to: shape))
      return Setup(fetches: [y], feeds: [(x, [6]), (shape, [2])], line: line)
    },
    FedMistake("reshape like another", "6 elements", "[2, 2]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let other = graph.placeholder(.float32, [nil, 2])
      let (y, line) = located(x.reshaped(like: other))
      return Setup(fetches: [y], feeds: [(x, [6]), (other, [2, 2])], line: line)
    },
    FedMistake("range, fed step", "Range", "in steps of 0.0") { graph in
      let one = graph.constant(NDArray(Int32(1)))
      let step = graph.placeholder(.int32, [])
      let (y, line) = located(range(from: one, to: one, by: step))
      return Setup(fetches: [y], feeds: [(step, [])], line: line)
    },
    FedMistake("split", "Split", "length 5", "2 equal parts") { graph in
      let x = graph.placeholder(.float32, [nil])
      let (parts, line) = located(x.split(count: 2, axis: 0))
      return Setup(fetches: parts, feeds: [(x, [5])], line: line)
    },
    FedMistake("subscript", "2..<3", "axis 0", "[2]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let (y, line) = located(x[2])
      return Setup(fetches: [y], feeds: [(x, [2])], line: line)
    },
    FedMistake("gather along", "[5, 1]", "[3, 2]") { graph in
      let x = graph.placeholder(.float32, [nil, 2])
      let indices = graph.placeholder(.int32, [nil, 1])
      let (y, line) = located(x.gathered(at: indices, along: 1))
      return Setup(fetches: [y], feeds: [(x, [3, 2]), (indices, [5, 1])], line: line)
    },
    FedMistake("cross entropy", "[2, 3]", "[4]", "one class number") { graph in
      let logits = graph.placeholder(.float32, [nil, 3])
      let labels = graph.placeholder(.int32, [nil])
      let (y, line) = located(sparseSoftmaxCrossEntropy(logits: logits, labels: labels))
      return Setup(fetches: [y], feeds: [(logits, [2, 3]), (labels, [4])], line: line)
    },
    FedMistake("assignment", "Assign", "float32[3]", "float32[2]") { graph in
      let v = graph.variable(.zeros, [2])
      let x = graph.placeholder(.float32, [nil])
      let (y, line) = located(v.assign(x).result)
      return Setup(fetches: [y], feeds: [(x, [3])], line: line)
    },
    FedMistake("shape from a variable", "depends on elements computed while it runs") { graph in
      let shape = graph.variable(.zeros, [2], dtype: .int32)
      let (y, line) = located(fill(shape: shape, value: graph.constant(1.0)))
      return Setup(fetches: [y], feeds: [], line: line)
    },
    FedMistake("loop, assignment in the condition", "its condition assigns to a variable") {
      graph in
      let v = graph.variable(.zeros, [])
      let x = graph.placeholder(.float32, [])
      let (y, line) = located(
        graph.whileLoop(x) {
          v.assign($0).result .< 3
        } do: {
          $0 + 1
        })
      return Setup(fetches: [y], feeds: [(x, [])], line: line + 1)
    },
    FedMistake("loop, growing value", "carried value 0", "float32[2]", "float32[4]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let (y, line) = located(
        graph.whileLoop(x) {
          $0.sum() .< 3
        } do: {
          concatenate([$0, $0], axis: 0)
        })
      return Setup(fetches: [y], feeds: [(x, [2])], line: line + 1)
    },
    FedMistake("loop, operator in the body", "Add", "[2]", "[3]") { graph in
      let x = graph.placeholder(.float32, [nil])
      let a = graph.placeholder(.float32, [nil])
      var line: UInt = 0
      let y = graph.whileLoop(x) {
        $0.sum() .< 3
      } do: {
        let (next, place) = located($0 + a)
        line = place
        return next
      }
      return Setup(fetches: [y], feeds: [(x, [2]), (a, [3])], line: line)
    },
    FedMistake("scan, lengths", "5 and 6 steps") { graph in
      let x = [graph.placeholder(.float32, [nil]), graph.placeholder(.float32, [nil])]
      let zero = graph.scalar(0, .float32)
      let (y, line) = located(graph.scan(x, initial: zero) { ($0 + $1[0], $1[1]) })
      return Setup(fetches: [y.state], feeds: [(x[0], [5]), (x[1], [6])], line: line)
    },
    FedMistake("conditional, shapes", "float32[2] if true", "float32[3] if false") { graph in
      let yes = graph.placeholder(.float32, [nil])
      let no = graph.placeholder(.float32, [nil])
      let flag = graph.placeholder(.bool, [])
      let (y, line) = located(graph.conditional(flag, then: { yes }, else: { no }))
      return Setup(fetches: [y], feeds: [(yes, [2]), (no, [3]), (flag, [])], line: line)
    },
    upstream("slice", "[5]", "[2]", of: { $0.slice(axis: 0, range: 1..<3) }, fed: [5]),
    upstream("tile", "[5]", "not a multiple of [2]", of: { $0.tiled([2]) }, fed: [5]),
    upstream(
      "gather along", "[5]", "[2]",
      of: { $0.gathered(at: $0.graph.constant(NDArray([0, 1] as [Int32])), along: 0) }, fed: [5]),
    FedMistake("upstream gradient of a cross entropy", "int32[4]", "float32[2, 3]") { graph in
      let logits = graph.placeholder(.float32, [nil, 3])
      let labels = graph.placeholder(.int32, [nil])
      let loss = sparseSoftmaxCrossEntropy(logits: logits, labels: labels)
      let dy = graph.placeholder(.float32, [nil])
      let (gradients, line) = located(
        graph.gradients(of: [loss], withRespectTo: [logits], gradientsOf: [dy]))
      return Setup(
        fetches: gradients.compactMap(\.self),
        feeds: [(logits, [2, 3]), (labels, [4]), (dy, [1])],
        line: line + 1)
    },
  ]

  /// An upstream gradient that is fed in another shape than that of `function`.
  private static func upstream(
    _ name: String, _ words: String..., of function: @escaping @Sendable (Tensor) -> Tensor,
    fed: [Int]
  ) -> FedMistake {
    FedMistake("upstream gradient of a \(name)", words: words) { graph in
      let x = graph.placeholder(.float32, [nil])
      let dy = graph.placeholder(.float32, [nil])
      let y = function(x)
      let (gradients, line) = located(
        graph.gradients(of: [y], withRespectTo: [x], gradientsOf: [dy]))
      return Setup(
        fetches: gradients.compactMap(\.self), feeds: [(x, [3]), (dy, fed)], line: line + 1)
    }
  }
}
