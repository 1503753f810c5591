import JacquardArrays

@testable import Jacquard

extension RandomTensorProgram {
  /// A cell over sequences of different lengths: states of rows that have ended stay as they are, outputs are 0.
  mutating func ragged(_ environment: [Tensor]) -> [Tensor] {
    let (rows, units, steps) = (rows, units, steps)
    let lengths = graph.placeholder(.int64, [rows])
    feeds = feeds.feed(
      lengths, NDArray((0..<rows).map { _ in Int64(next(steps + 2)) }, shape: [rows]))
    let axis = next(2)
    let x = value(axis == 0 ? [steps, rows, units] : [rows, steps, units], environment)
    let initial = [value([rows, units], environment), value([rows, 1], environment)]
    let bias = value([units], environment)
    let (isReversed, isStackedWhole) = (flip(), next(3) == 0)
    let (state, outputs) = graph.scan(
      x, initial: initial, axis: axis, reversed: isReversed, parallelIterations: 1 + next(3)
    ) { [graph, weights] state, x -> ([Tensor], [Tensor]) in
      let live = (graph.loopIteration! .< lengths).expandingDimensions(at: 1)
      let joined = concatenate([select(live, x, 0), state[0]], axis: 1)
      let gates = sigmoid(matmul(joined, weights[[2 * units, 2 * units]]!))
        .split(count: 2, axis: 1)
      let next = (gates[0] + bias) * tanh(gates[1]) * state[1]
      let sum = tanh(state[1] + next.sum(along: [1], keepingDimensions: true))
      return (
        [select(live, next, state[0]), select(live, sum, state[1])],
        [isStackedWhole ? next : select(live, next, 0)]
      )
    }
    return state + outputs
  }

  /// A recurrence written out step by step: steps take the same random choices.
  mutating func unrolled(_ environment: [Tensor]) -> [Tensor] {
    let count = 4 + next(4)
    let axis = next(3)
    var shape = [rows, units]
    shape.insert(count, at: axis)
    let x = placeholder(shape)
    let takesSlices = flip()
    var inputs = (0..<count).map { step in
      takesSlices
        ? x.slice(axis: axis, range: step..<step + 1).squeezed(axis: axis)
        : x.unstacked(count: count, axis: axis)[step]
    }
    if flip() { inputs.reverse() }
    var states = [value([rows, units], environment), value([rows, 1], environment)]
    var outputs: [Tensor] = []
    let isScaledByStep = flip()
    let choices = random
    for (step, input) in inputs.enumerated() {
      random = choices
      let joint = matmul(concatenate([input, states[0]], axis: 1), weights[[2 * units, units]]!)
      let scale = isScaledByStep ? graph.scalar(0.5 + Double(step) / 8, .float64) : states[1]
      var inner = [input, joint] + states + [joint * scale]
      outputs += statements(2 + next(3), &inner, depth: 0).suffix(1)
      states = [
        tanh(value([rows, units], inner) + joint), sin(successor(of: states[1], inner)),
      ]
    }
    let joined: [Tensor] =
      if outputs.allSatisfy({ $0.shape == outputs[0].shape }) {
        flip() ? [stack(outputs)] : [sum(of: outputs)]
      } else { [] }
    return states + joined + [outputs[next(count)]]
  }
}
