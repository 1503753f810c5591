import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct DynamicRNNTests {
  @Test("a loop is the graph unrolled by hand, values and gradients", arguments: [0, 1, 2, 7])
  func unrolled(steps: Int) throws {
    try compareWithUnrolled(SineCell(units: 3), steps: steps)
    try compareWithUnrolled(BasicLSTMCell(units: 3), steps: steps)
  }

  private func compareWithUnrolled<Cell: RNNCell>(_ cell: Cell, steps: Int) throws {
    let graph = Graph()
    let (batch, depth) = (2, 4)
    let x = graph.placeholder(.float64, [batch, steps, depth], name: "x")
    let start = cell.makeState { graph.constant(noise([batch] + $0, seed: 9)) }
    let (looped, unrolled) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
      let loop = dynamicRNN(cell, x, initialState: start)
      var state = start
      var outputs: [Tensor] = []
      for slice in steps == 0 ? [] : x.unstacked(count: steps, axis: 1) {
        let output: Tensor
        (output, state) = cell(slice, state)
        outputs.append(output)
      }
      return ([loop.outputs] + loop.state.tensors, outputs + state.tensors)
    }
    let targets = [x] + graph.variables + start.tensors
    // The same weights for the outputs of each step as for the loop's stack of them.
    let loopTarget = weightedSum(looped)
    let stacked = steps == 0 ? [] : [stack(Array(unrolled.prefix(steps)), axis: 1)]
    let unrolledTarget =
      steps == 0
      ? weightedSum(Array(unrolled), seed: 101) : weightedSum(stacked + unrolled.dropFirst(steps))
    let gradients = [loopTarget, unrolledTarget].map {
      graph.gradients(of: [$0], withRespectTo: targets, unconnected: .zeros).compactMap(\.self)
    }
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let feeds: Feeds = [x: noise([batch, steps, depth], seed: 1)]
    let (a, b) = try session.run(
      [loopTarget] + gradients[0], [unrolledTarget] + gradients[1], feeding: feeds)
    for (index, (a, b)) in zip(a, b).enumerated() {
      expectClose(a, b, tolerance: 1e-12, "\(Cell.self), \(steps) steps, value \(index)")
    }
    #expect(a.count == targets.count + 1)
  }

  @Test("the last output of an LSTM is its h, and shapes are known as far as they can be")
  func shapes() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [32, 40, 5], name: "x")
    let (outputs, state) = dynamicRNN(BasicLSTMCell(units: 128), x)
    #expect(outputs.shape == [32, 40, 128])
    #expect(state.c.shape == [32, 128])
    #expect(state.h.shape == [32, 128])
    let open = graph.placeholder(.float32, [nil, nil, 5], name: "open")
    let second = dynamicRNN(BasicLSTMCell(units: 6), open, scope: "second")
    #expect(second.outputs.shape == [nil, nil, 6])
    #expect(second.state.h.shape == [nil, 6])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (values, last) = try session.run(
      outputs, state, feeding: [x: noise([32, 40, 5], seed: 1, .float32)])
    #expect(values.sliced(axis: 1, range: 39..<40).reshaped(to: [32, 128]) == last.h)
  }

  @Test("variables are named as TensorFlow's, within the scopes around")
  func names() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3, 4], name: "x")
    _ = dynamicRNN(BasicLSTMCell(units: 2), x)
    graph.variableScope("model") {
      _ = dynamicRNN(BasicLSTMCell(units: 2), x, scope: "decoder")
    }
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == [
        "rnn/basic_lstm_cell/kernel", "rnn/basic_lstm_cell/bias",
        "model/decoder/basic_lstm_cell/kernel", "model/decoder/basic_lstm_cell/bias",
      ])
    #expect(graph.operation(named: "rnn/while") != nil)
    #expect(graph.operation(named: "rnn/while/basic_lstm_cell/MatMul") != nil)
  }

  @Test("one cell in two loops and outside has one set of weights")
  func reuse() throws {
    let graph = Graph()
    let cell = BasicLSTMCell(units: 2)
    let x = graph.placeholder(.float32, [2, 3, 4], name: "x")
    let first = dynamicRNN(cell, x)
    let second = dynamicRNN(cell, x, scope: "again")
    try graph.validate()
    #expect(graph.variables.count == 2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b) = try session.run(
      first.outputs, second.outputs, feeding: [x: noise([2, 3, 4], seed: 1, .float32)])
    #expect(a == b)
  }

  @Test("batch-major and time-major agree bit by bit, gradients too", arguments: [false, true])
  func timeMajor(lengths hasLengths: Bool) throws {
    let graph = Graph()
    let cell = BasicLSTMCell(units: 3)
    let x = graph.placeholder(.float64, [nil, nil, 2], name: "x")
    let lengths = hasLengths ? graph.constant(NDArray([3, 1, 0, 5] as [Int64])) : nil
    let batchMajor = dynamicRNN(cell, x, sequenceLength: lengths)
    let timeMajor = dynamicRNN(
      cell, x.transposed([1, 0, 2]), sequenceLength: lengths, timeMajor: true, scope: "t")
    let targets = [x] + graph.variables
    let gradients = [batchMajor.outputs, timeMajor.outputs].map {
      graph.gradients(of: [sin($0)], withRespectTo: targets).compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, s, t, d, e) = try session.run(
      batchMajor.outputs, timeMajor.outputs, batchMajor.state, timeMajor.state, gradients[0],
      gradients[1], feeding: [x: noise([4, 5, 2], seed: 3)])
    #expect(a == b.transposed([1, 0, 2]))
    #expect(s == t)
    #expect(d.count == 3)
    for (d, e) in zip(d, e) { expectClose(d, e, tolerance: 1e-13) }
  }

  @Test("parallelIterations changes no result beyond rounding", arguments: [2, 3, 8, 1000])
  func parallelIterations(window: Int) throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil, 2], name: "x")
    let cell = BasicLSTMCell(units: 3)
    let networks = [1, window].map {
      dynamicRNN(cell, x, parallelIterations: $0, swapMemory: $0 > 1, scope: "rnn\($0)")
    }
    let gradients = networks.map {
      graph.gradients(of: [sin($0.outputs)], withRespectTo: [x] + graph.variables)
        .compactMap(\.self)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (a, b, d, e) = try session.run(
      networks[0].outputs, networks[1].outputs, gradients[0], gradients[1],
      feeding: [x: noise([4, 7, 2], seed: 3)])
    expectClose(b, a, tolerance: 1e-9)
    #expect(d.count == 3)
    for (d, e) in zip(d, e) { expectClose(e, d, tolerance: 1e-9) }
  }

  @Test("gradients of gradients through the loop are finite differences of gradients")
  func secondOrder() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [2, 3, 2], name: "x")
    let lengths = graph.constant(NDArray([3, 2] as [Int32]))
    let (outputs, state) = dynamicRNN(BasicLSTMCell(units: 2), x, sequenceLength: lengths)
    let target = weightedSum([outputs, state.c])
    let first = graph.gradient(of: target, withRespectTo: x)
    let second = graph.gradient(of: weightedSum([first], seed: 40), withRespectTo: x)
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let point = noise([2, 3, 2], seed: 6)
    let direction = noise([2, 3, 2], seed: 40).doubles()
    let found = try session.run(second, feeding: [x: point]).doubles()
    // d²f·v along each coordinate, from central differences of the first gradient.
    for index in 0..<point.count {
      let slopes = try [1e-5, -1e-5].map { delta in
        var moved = point.doubles()
        moved[index] += delta
        let gradient = try session.run(
          first, feeding: [x: NDArray(moved, shape: [2, 3, 2])]
        ).doubles()
        return zip(gradient, direction).map(*).reduce(0, +)
      }
      #expect(abs((slopes[0] - slopes[1]) / 2e-5 - found[index]) < 1e-8, "element \(index)")
    }
  }

  @Test("a cell may embed integers if dtype says what its state is")
  func embedding() throws {
    final class Counter: RNNCell {
      var outputSize: Int { 1 }
      var stateSize: Int { 1 }
      func makeState(_ part: ([Int]) -> Tensor) -> Tensor { part([1]) }
      func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
        let next = state + inputs.cast(to: state.dtype)
        return (next, next)
      }
    }
    let graph = Graph()
    let ids = graph.placeholder(.int32, [nil, nil, 1], name: "ids")
    let (outputs, state) = dynamicRNN(Counter(), ids, dtype: .float32)
    let (values, last) = try Session(graph).run(
      outputs, state, feeding: [ids: NDArray([1, 2, 3] as [Int32], shape: [1, 3, 1])])
    #expect(values.doubles() == [1, 3, 6])
    #expect(last.doubles() == [6])
  }
}
