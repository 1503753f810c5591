import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct RawRNNTests {
  let graph = Graph()

  /// A cell whose output and state are the sum of what it has read.
  struct Sum: RNNCell {
    var outputSize: Int { 1 }
    var stateSize: Int { 1 }
    func makeState(_ part: ([Int]) -> Tensor) -> Tensor { part([1]) }
    func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
      (state + inputs, state + inputs)
    }
  }

  @Test("without a bound there are as many outputs as steps, and rows that have finished stay")
  func unbounded() throws {
    let x = graph.placeholder(.float64, [nil, 1], name: "x")
    let limit = graph.placeholder(.float64, [nil], name: "limit")
    let raw = rawRNN(
      Sum(), finished: limit .<= 0, input: x, state: zeros(like: x), loopState: zeros(like: x)
    ) { last in
      RawRNNStep(
        finished: last.output.squeezed(axis: 1) .>= limit, input: x * 1,
        emitted: States(last.output, last.output.cast(to: .int32), last.time),
        loopState: last.loopState + last.output)
    }
    try graph.validate()
    #expect(raw.outputs.parts.0.shape == [nil, nil, 1])
    let session = Session(graph)
    let (outputs, state, loopState, steps) = try session.run(
      raw.outputs, raw.state, raw.loopState, raw.steps,
      feeding: [x: [[1.0], [2.0], [5.0]], limit: [3.0, 4.0, 0.0]])
    #expect(steps.doubles() == [3])
    #expect(outputs.parts.0.doubles() == [1, 2, 0, 2, 4, 0, 3, 0, 0])
    #expect(outputs.parts.1.doubles() == outputs.parts.0.doubles())
    #expect(outputs.parts.2.doubles() == [1, 2, 3])
    #expect(state.doubles() == [3, 4, 0])
    // The cell goes on for all rows; what the loop function makes of it is its own affair.
    #expect(loopState.doubles() == [6, 12, 15])
    let none = try session.run(
      raw.steps, feeding: [x: [[1.0]], limit: [-1.0]])
    #expect(none.doubles() == [0])
  }

  @Test("finished rows stay finished, and the state may be replaced")
  func replacedState() throws {
    let x = graph.placeholder(.float64, [2, 1], name: "x")
    let raw = rawRNN(
      Sum(), finished: graph.constant(NDArray([false, false])), input: x, state: zeros(like: x),
      maximumSteps: 4
    ) { last in
      // Row 0 ends after step 0, and says later that it has not.
      let isFirst = last.time .== graph.scalar(1, .int64)
      let ends = stack([isFirst, .!isFirst .& isFirst])
      return RawRNNStep(finished: ends, input: x, state: last.state * 2)
    }
    let gradient = graph.gradient(of: raw.state.sum(), withRespectTo: x)
    let (outputs, state, slope) = try Session(graph).run(
      raw.outputs, raw.state, gradient, feeding: [x: [[1.0], [1.0]]])
    #expect(outputs.doubles() == [1, 1, 0, 3, 0, 7, 0, 15])
    #expect(state.doubles() == [2, 30])
    #expect(slope.doubles() == [2, 30])
  }

  @Test("what the loop function builds stands at its own lines")
  func lines() {
    let x = graph.placeholder(.float32, [2, 1], name: "x")
    let y = graph.placeholder(.float32, [3, 3], name: "y")
    var place: UInt = 0
    _ = rawRNN(
      Sum(), finished: graph.constant(NDArray([false, false])), input: x, state: zeros(like: x),
      maximumSteps: 4
    ) { last in
      let (input, line) = located(matmul(last.output, y))
      place = line
      return RawRNNStep(finished: last.output.squeezed(axis: 1) .> 3, input: input)
    }
    #expect(graph.diagnostics.map(\.line) == [Int(place)])
    #expect(graph.diagnostics.first?.operation == "rnn/while/MatMul")
  }

  static let misuses = [
    Misuse.located(
      "finished for no rows", says: ["RawRNN", "float32[2, 1], not a bool", "lengths .<= 0"]
    ) {
      let x = $0.placeholder(.float32, [2, 1])
      return lineBelow(
        of: rawRNN(Sum(), finished: x, input: x, state: x, maximumSteps: 2) {
          RawRNNStep(finished: $0.output.squeezed(axis: 1) .> 3, input: x)
        })
    },
    Misuse.located("another input", says: ["carried value 1", "float32[2, 1]", "float32[2, 2]"]) {
      let x = $0.placeholder(.float32, [2, 1])
      let rows = $0.placeholder(.bool, [2])
      return lineBelow(
        of: rawRNN(Sum(), finished: rows, input: x, state: x, maximumSteps: 2) {
          RawRNNStep(finished: rows, input: concatenate([$0.output, x], axis: 1))
        })
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "RawRNNTests.swift") }
}
