import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct SequenceLengthTests {
  /// A network over `[nil, nil, 2]` inputs with fed lengths, and its gradients.
  private struct Network {
    let graph = Graph(seed: 5)
    let x: Tensor
    let lengths: Tensor
    let outputs: Tensor
    let state: LSTMState<Tensor>
    /// With respect to x, then the variables.
    let gradients: [Tensor]
    let session: Session

    init(lengths dtype: DType = .int32, timeMajor: Bool = false) throws {
      x = graph.placeholder(.float64, [nil, nil, 2], name: "x")
      lengths = graph.placeholder(dtype, [nil], name: "lengths")
      (outputs, state) = dynamicRNN(
        BasicLSTMCell(units: 3), x, sequenceLength: lengths, timeMajor: timeMajor)
      gradients = graph.gradients(
        of: [sin(outputs), state.c, square(state.h)], withRespectTo: [x] + graph.variables
      ).compactMap(\.self)
      session = Session(graph)
      try session.run(graph.variablesInitializer)
    }

    func run(_ x: NDArray, _ lengths: [Int]) throws -> (
      outputs: NDArray, state: LSTMState<NDArray>, gradients: [NDArray]
    ) {
      try session.run(outputs, state, gradients, feeding: [self.x: x, self.lengths: lengths])
    }
  }

  @Test("each row is as if it stood alone at its own length", arguments: [DType.int32, .int64])
  func rowsAlone(dtype: DType) throws {
    let network = try Network(lengths: dtype)
    let x = noise([4, 5, 2], seed: 2)
    let lengths = [5, 2, 0, 4]
    let whole = try network.run(x, lengths)
    var weightGradients = [0.0, 0.0]
    for (row, length) in lengths.enumerated() {
      let alone = try network.run(x[row][0..<length].reshaped(to: [1, length, 2]), [length])
      let outputs = whole.outputs[row]
      expectClose(
        outputs[0..<length], alone.outputs.reshaped(to: [length, 3]), tolerance: 1e-13)
      #expect(outputs[length..<5].doubles().allSatisfy { $0 == 0 })
      expectClose(whole.state.c[row], alone.state.c[0], tolerance: 1e-13)
      expectClose(whole.state.h[row], alone.state.h[0], tolerance: 1e-13)
      let slopes = whole.gradients[0][row]
      expectClose(
        slopes[0..<length], alone.gradients[0].reshaped(to: [length, 2]), tolerance: 1e-13)
      #expect(slopes[length..<5].doubles().allSatisfy { $0 == 0 })
      for index in 0..<2 {
        weightGradients[index] += alone.gradients[1 + index].doubles().reduce(0, +)
      }
    }
    for index in 0..<2 {
      let total = whole.gradients[1 + index].doubles().reduce(0, +)
      #expect(abs(total - weightGradients[index]) < 1e-11)
      #expect(total != 0)
    }
  }

  @Test("padding, NaN and infinity included, reaches nothing", arguments: [false, true])
  func padding(timeMajor: Bool) throws {
    let network = try Network(timeMajor: timeMajor)
    let lengths = [3, 0, 4, 1]
    let clean = noise([4, 4, 2], seed: 8)
    func padded(with filling: [Double]) -> NDArray {
      var values = clean.doubles()
      for row in 0..<4 {
        for position in lengths[row] * 2..<8 {
          values[row * 8 + position] = filling[position % filling.count]
        }
      }
      let array = NDArray(values, shape: [4, 4, 2])
      return timeMajor ? array.transposed([1, 0, 2]) : array
    }
    let expected = try network.run(padded(with: [0]), lengths)
    let found = try network.run(padded(with: [.nan, .infinity, -.infinity]), lengths)
    #expect(found.outputs == expected.outputs)
    #expect(found.state == expected.state)
    #expect(found.gradients == expected.gradients)
    #expect(found.gradients.allSatisfy { $0.doubles().allSatisfy(\.isFinite) })
  }

  @Test("full lengths are the same as none, bit by bit")
  func fullLengths() throws {
    let network = try Network()
    let plain = dynamicRNN(
      BasicLSTMCell(units: 3), network.x, scope: "plain")
    for (from, to) in [("rnn", "plain")] {
      for part in ["kernel", "bias"] {
        try network.session.assign(
          named: "\(to)/basic_lstm_cell/\(part)",
          network.session.value(named: "\(from)/basic_lstm_cell/\(part)"))
      }
    }
    let x = noise([3, 4, 2], seed: 8)
    let masked = try network.run(x, [4, 4, 4])
    #expect(try network.session.run(plain.outputs, feeding: [network.x: x]) == masked.outputs)
    #expect(try network.session.run(plain.state, feeding: [network.x: x]) == masked.state)
  }

  @Test("no steps and no rows work, gradients included", arguments: [[3, 0], [0, 3], [0, 0]])
  func empty(size: [Int]) throws {
    let network = try Network()
    let found = try network.run(
      .zeros(.float64, size + [2]), Array(repeating: 0, count: size[0]))
    #expect(found.outputs.shape == size + [3])
    #expect(found.state.h == .zeros(.float64, [size[0], 3]))
    #expect(found.gradients[0].shape == size + [2])
    for gradient in found.gradients.dropFirst() {
      #expect(gradient.count > 0)
      #expect(gradient.doubles().allSatisfy { $0 == 0 })
    }
  }

  @Test("lengths out of range fail the run, and say which", arguments: [-1, 6])
  func outOfRange(length: Int) throws {
    let network = try Network()
    let error = #expect(throws: SessionError.self) {
      try network.run(noise([2, 5, 2], seed: 1), [5, length])
    }
    let text = try #require(error).description
    #expect(text.contains("the length \(length) is outside 0...5"))
    #expect(text.contains("element 1"))
    #expect(text.contains("SequenceLengthTests.swift"))
    _ = try network.run(noise([2, 5, 2], seed: 1), [5, 0])
  }

  @Test("lengths out of range that are constants fail the run too")
  func constantOutOfRange() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [1, nil, 2], name: "x")
    let lengths = graph.constant(NDArray([4] as [Int32]))
    let (outputs, _) = dynamicRNN(BasicLSTMCell(units: 3), x, sequenceLength: lengths)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(throws: SessionError.self) {
      try session.run(outputs, feeding: [x: NDArray.zeros(.float32, [1, 3, 2])])
    }
    _ = try session.run(outputs, feeding: [x: NDArray.zeros(.float32, [1, 4, 2])])
  }

  @Test("as many lengths as rows are wanted when shapes are fed")
  func wrongCount() throws {
    let network = try Network()
    #expect(throws: (any Error).self) { try network.run(noise([2, 5, 2], seed: 1), [5, 5, 5]) }
  }

  @Test("a failed run leaves variables as they were")
  func failedStep() throws {
    let network = try Network()
    let step = GradientDescentOptimizer(learningRate: 1).minimize(network.outputs.sum())
    let kernel = network.graph.variables[0]
    let before = try network.session.value(of: kernel)
    let x = noise([1, 3, 2], seed: 1)
    #expect(throws: SessionError.self) {
      try network.session.run(step, feeding: [network.x: x, network.lengths: [7]])
    }
    #expect(try network.session.value(of: kernel) == before)
    try network.session.run(step, feeding: [network.x: x, network.lengths: [3]])
    #expect(try network.session.value(of: kernel) != before)
  }
}
