import Foundation
import Jacquard
import JacquardNN
import Testing

// The code blocks of the article "Writing a cell" stand here, each as it is there.

/// The minimal gated unit (Zhou et al. 2016): one gate says what is forgotten, and what is taken in instead.
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

@Suite struct WritingACellTests {
  @Test("a cell of one's own learns to add up its inputs")
  func training() throws {
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
    let before = try session.run(cost, feeding: feeds).doubles()[0]
    for _ in 0..<200 { try session.run(step, feeding: feeds) }
    let after = try session.run(cost, feeding: feeds).doubles()[0]
    #expect(before > 0.05)
    #expect(after < 0.001)
  }

  @Test("it stands in stacks and wrappers as any cell does")
  func stack() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, nil, 4], name: "x")

    let cell = MultiRNNCell(
      DropoutWrapper(MinimalGatedCell(units: 32), outputKeepProbability: 0.8),
      ResidualWrapper(MinimalGatedCell(units: 32)))
    let (outputs, states) = dynamicRNN(cell, x)

    try graph.validate()
    #expect(outputs.shape == [nil, nil, 32])
    #expect(states.parts.1.shape == [nil, 32])
    #expect(
      graph.variables.map(\.name)
        == [0, 1].flatMap { cell in
          ["gate", "candidate"].map {
            "rnn/multi_rnn_cell/cell_\(cell)/minimal_gated_cell/\($0)/kernel"
          }
        })
  }

  @Test("in a loop over ragged rows it is each row unrolled")
  func ragged() throws { try expectRaggedLoopIsUnrolled(MinimalGatedCell(units: 3), depth: 2) }

  @Test("the article's code is the code above")
  func article() throws {
    let here = URL(filePath: #filePath)
    let article = here.deletingLastPathComponent()
      .appending(path: "../../Sources/JacquardNN/JacquardNN.docc/WritingACell.md").standardized
    let source = Set(lines(of: try String(contentsOf: here, encoding: .utf8)))
    let parts = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```")
    let blocks = parts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    #expect(blocks.count >= 3)
    for block in blocks where block.hasPrefix("swift\n") {
      for line in lines(of: String(block.dropFirst("swift\n".count))) {
        #expect(source.contains(line), "\(line)")
      }
    }
  }

  private func lines(of text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
