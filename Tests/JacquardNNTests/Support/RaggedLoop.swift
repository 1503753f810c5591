import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Expects a loop over rows of different lengths, none included, to be each row by itself, unrolled by hand: outputs, last states and
/// all gradients.
func expectRaggedLoopIsUnrolled<Cell: RNNCell>(
  _ cell: Cell, depth: Int, lengths: [Int32] = [4, 0, 2],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let (rows, steps) = (lengths.count, 4)
  let graph = Graph(seed: 5)
  let x = graph.placeholder(.float64, [nil, nil, depth], name: "x")
  var seed = 10
  let zero = cell.zeroState(batchSize: rows, dtype: .float64, in: graph)
  let start = zero.rebuilt(
    from: zero.tensors.map { part in
      seed += 1
      return part.dtype.isFloatingPoint
        ? graph.constant(noise(part.shape.known ?? [], seed: seed)) : part
    })
  let (looped, unrolled) = graph.variableScope("m", initializer: noiseInitializer(seed: 4)) {
    let loop = dynamicRNN(
      cell, x, sequenceLength: graph.constant(NDArray(lengths)), initialState: start)
    return ([loop.outputs] + loop.state.tensors, unrolledRows(cell, x, start, lengths, steps))
  }
  #expect(graph.diagnostics.isEmpty, sourceLocation: sourceLocation)
  let sources = [x] + graph.variables + start.tensors.filter(\.dtype.isFloatingPoint)
  let slopes = [looped, unrolled].map { results in
    let smooth = results.filter(\.dtype.isFloatingPoint)
    let target = (smooth[0] * graph.constant(noise([rows, steps, cell.outputSize], seed: 50))).sum()
    let last = smooth.dropFirst().enumerated().map { index, part in
      (sin(part) * Double(index + 2)).sum()
    }
    return graph.gradients(
      of: [last.reduce(target, +)], withRespectTo: sources, unconnected: .zeros
    ).compactMap(\.self)
  }
  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let (a, b, d, e) = try session.run(
    looped, unrolled, slopes[0], slopes[1], feeding: [x: noise([rows, steps, depth], seed: 3)])
  #expect(a[0].doubles().contains { $0 != 0 }, sourceLocation: sourceLocation)
  for (index, (a, b)) in zip(a, b).enumerated() {
    expectClose(a, b, tolerance: 1e-12, "result \(index)", sourceLocation: sourceLocation)
  }
  #expect(d.count == sources.count && e.count == sources.count, sourceLocation: sourceLocation)
  for (index, (d, e)) in zip(d, e).enumerated() {
    expectClose(
      d, e, tolerance: 1e-11, "gradient of \(sources[index].name)", sourceLocation: sourceLocation)
  }
}

/// Outputs, `[rows, steps, outputs]`, and the parts of the last state of each row's own steps.
private func unrolledRows<Cell: RNNCell>(
  _ cell: Cell, _ x: Tensor, _ start: Cell.State, _ lengths: [Int32], _ steps: Int
) -> [Tensor] {
  var outputs: [Tensor] = []
  var states: [[Tensor]] = []
  for (row, length) in lengths.enumerated() {
    func ownRow(_ tensor: Tensor) -> Tensor {
      let rank = tensor.rank ?? 0
      return tensor.sliced(
        from: [row] + Array(repeating: 0, count: rank - 1),
        sizes: [1] + Array(repeating: -1, count: rank - 1))
    }
    var state = start.rebuilt(from: start.tensors.map(ownRow))
    var rowOutputs: [Tensor] = []
    for step in 0..<steps {
      guard step < Int(length) else {
        rowOutputs.append(x.graph.zeros(x.dtype, [1, cell.outputSize]))
        continue
      }
      let slice = x.sliced(from: [row, step, 0], sizes: [1, 1, -1]).squeezed(axis: 1)
      let output: Tensor
      (output, state) = cell(slice, state)
      rowOutputs.append(output)
    }
    outputs.append(stack(rowOutputs, axis: 1))
    states.append(state.tensors)
  }
  return [concatenate(outputs, axis: 0)]
    + start.tensors.indices.map { part in concatenate(states.map { $0[part] }, axis: 0) }
}
