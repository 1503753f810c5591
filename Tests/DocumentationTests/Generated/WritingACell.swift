// swift-format-ignore-file
// The code of Sources/JacquardNN/JacquardNN.docc/WritingACell.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

final class MinimalGatedCell: RNNCell {
  let units: Int
  private let weights = PerGraph<(gate: Variable, candidate: Variable)>()

  init(units: Int) { self.units = units }

  var outputSize: Int { units }
  var stateSize: Int { units }

  func makeState(_ part: ([Int]) -> Tensor) -> Tensor { part([units]) }

  func step(_ x: Tensor, _ h: Tensor) -> (output: Tensor, state: Tensor) {
    let graph = x.graph
    return graph.variableScope("minimal_gated_cell") {
      let (gate, candidate) = weights.value(in: graph) {
        let shape = [(x.shape[1] ?? 0) + units, units]
        return (
          gate: graph.getVariable("gate/kernel", shape, dtype: x.dtype),
          candidate: graph.getVariable("candidate/kernel", shape, dtype: x.dtype)
        )
      }
      let f = sigmoid(matmul(concatenate([x, h], axis: 1), gate) + 1)
      let c = tanh(matmul(concatenate([x, f * h], axis: 1), candidate))
      let next = (1 - f) * h + f * c
      return (next, next)
    }
  }
}

func writingACell_training() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil, nil, 1], name: "x")
  let lengths = graph.placeholder(.int32, [nil], name: "lengths")
  let sums = graph.placeholder(.float32, [nil, 1], name: "sums")

  let (_, last) = dynamicRNN(MinimalGatedCell(units: 8), x, sequenceLength: lengths)
  let weights = graph.getVariable("output/kernel", [8, 1])
  let cost = square(matmul(last, weights) - sums).mean()
  let step = AdamOptimizer(learningRate: 0.02).minimize(cost)

  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let feeds: Feeds = [
    x: [[[0.5], [0.1], [0.2]], [[-0.4], [0.0], [0.0]], [[0.3], [-0.6], [0.0]]],
    lengths: [3, 1, 2],
    sums: [[0.8], [-0.4], [-0.3]],
  ]
  for _ in 0..<200 { try session.run(step, feeding: feeds) }
  _ = graph
  _ = x
  _ = lengths
  _ = sums
  _ = last
  _ = weights
  _ = cost
  _ = step
  _ = session
  _ = feeds
}

func writingACell_company() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil, nil, 32], name: "x")

  let cell = MultiRNNCell(
    DropoutWrapper(MinimalGatedCell(units: 32), outputKeepProbability: 0.8),
    ResidualWrapper(MinimalGatedCell(units: 32)))
  let (outputs, states) = dynamicRNN(cell, x)
  _ = graph
  _ = x
  _ = cell
  _ = outputs
  _ = states
}

let writingACell_runs: [(name: String, run: @Sendable () throws -> Void)] = [("writingACell_training", writingACell_training), ("writingACell_company", writingACell_company)]
