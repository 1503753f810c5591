import JacquardArrays

@testable import Jacquard

/// A random graph over small float64 arrays, of lengths 0 and 1 too, with what recurrent networks are made of: products with joined
/// and taken-apart matrices, broadcasts, reductions, scans along any axis, loops with conditions, branches.
struct RandomTensorProgram {
  let graph = Graph()
  private(set) var placeholders: [Tensor] = []
  var feeds = Feeds()
  private(set) var outputs: [Tensor] = []
  var random: SplitMix
  let rows: Int
  let steps: Int
  let units: Int
  private(set) var weights: [[Int]: Tensor] = [:]

  init(seed: Int) {
    random = SplitMix(seed: UInt64(seed) &+ 11)
    _ = random.next()
    rows = [0, 1, 2, 3, 4, 5, 8, 9, 13][Int(random.next() % 9)]
    steps = [0, 1, 2, 3, 4, 5, 6, 7][Int(random.next() % 8)]
    // Often as many as rows, so that vectors of one look like those of the other.
    units = random.next() % 3 == 0 ? max(1, rows) : 1 + Int(random.next() % 4)
    var environment: [Tensor] = []
    for shape in [
      [rows, units], [rows, units], [units], [1, units], [rows, 1], [rows], [steps, rows, units],
      [rows, steps, units], [rows, units, steps], [steps], [],
    ] {
      environment.append(placeholder(shape))
    }
    for inner in [units, 2 * units] {
      for columns in [units, 2 * units] {
        weights[[inner, columns]] = placeholder([inner, columns])
      }
    }
    outputs = Array(
      statements(5, &environment, depth: 2).suffix(4))
    outputs += windows()
    if seed % 4 == 3 { outputs += unrolled(environment) }
    if seed % 4 == 1 { outputs += ragged(environment) }
  }

  /// What a loop over windows makes of an input in another order, with something joined to it.
  private func windows() -> [Tensor] {
    guard steps > 3, steps.isMultiple(of: 2),
      let x = placeholders.first(where: { shape($0) == [rows, steps, units] })
    else { return [] }
    let flat = x.transposed([1, 0, 2]).reshaped(to: [steps * rows, units])
    let ones = graph.constant(.ones(.float64, [steps * rows, 1]))
    let joined = concatenate([flat, ones], axis: 1)
    let none: [Tensor] = []
    return [
      graph.scan(joined.reshaped(to: [2, steps / 2, rows, units + 1]), initial: none) {
        state, part in
        (state, graph.scan(part, initial: none) { state, x in (state, tanh(x)) }.outputs)
      }.outputs
    ]
  }

  /// The gradients of what is given out with respect to what is fed; asking adds them to the graph.
  var slopes: [Tensor] {
    graph.gradients(
      of: outputs.map { tanh($0).sum() }, withRespectTo: placeholders, unconnected: .zeros
    ).compactMap(\.self)
  }

  mutating func placeholder(_ shape: [Int]) -> Tensor {
    let tensor = graph.placeholder(.float64, PartialShape(known: shape))
    let elements = (0..<shape.reduce(1, *)).map { _ in
      Double.random(in: -1...1, using: &random)
    }
    placeholders.append(tensor)
    feeds = feeds.feed(tensor, NDArray(elements, shape: shape))
    return tensor
  }

  mutating func next(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }
  mutating func flip() -> Bool { random.next() % 2 == 0 }

  /// A tensor of the environment, more often a recent one.
  private mutating func pick(_ environment: [Tensor], where fits: (Tensor) -> Bool = { _ in true })
    -> Tensor?
  {
    let fitting = environment.filter(fits)
    guard !fitting.isEmpty else { return nil }
    let recent = flip() ? fitting.count : min(4, fitting.count)
    return fitting[fitting.count - 1 - next(recent)]
  }

  /// A tensor of shape `wanted`, made from what there is.
  mutating func value(_ wanted: [Int], _ environment: [Tensor]) -> Tensor {
    if next(4) != 0, let known = pick(environment, where: { shape($0) == wanted }) { return known }
    return tanh(pick(environment)!.sum()).broadcast(to: wanted)
  }

  /// Appends `count` statements, and gives what they compute.
  mutating func statements(
    _ count: Int, _ environment: inout [Tensor], depth: Int
  ) -> [Tensor] {
    let start = environment.count
    for _ in 0..<count { environment += statement(environment, depth: depth) }
    return Array(environment[start...])
  }

  private mutating func statement(_ environment: [Tensor], depth: Int) -> [Tensor] {
    switch next(depth > 0 ? 24 : 14) {
    case 0, 1: return [unary(environment)]
    case 2, 3: return [binary(environment)]
    case 4, 5: return [product(environment)]
    case 6: return joined(environment)
    case 7: return apart(environment)
    case 8: return [reduced(environment)]
    case 9: return [reshaped(environment)]
    case 10: return gates(environment)
    case 11: return [selected(environment)]
    case 12: return [unary(environment), product(environment)]
    case 13: return chain(environment)
    case 14, 15, 16, 17: return scan(environment, depth: depth)
    case 18, 19, 20: return recurrence(environment, depth: depth)
    case 21, 22: return loop(environment, depth: depth)
    default: return branch(environment, depth: depth)
    }
  }

  private mutating func unary(_ environment: [Tensor]) -> Tensor {
    let x = pick(environment)!
    switch next(6) {
    case 0: return tanh(x)
    case 1: return sigmoid(x)
    case 2: return x * 0.5
    case 3: return sin(x) + 0.125
    case 4: return -x
    default: return exp(tanh(x))
    }
  }

  private mutating func binary(_ environment: [Tensor]) -> Tensor {
    let x = pick(environment)!
    let y =
      pick(environment) { PartialShape.broadcast(x.shape, $0.shape) != nil } ?? x
    switch next(5) {
    case 0: return x + y
    case 1: return x - y
    case 2: return tanh(x) * tanh(y)
    case 3: return maximum(x, y)
    default: return sum(of: [x, x * 0.5, x])
    }
  }

  private mutating func product(_ environment: [Tensor]) -> Tensor {
    let units = units
    guard
      let x = pick(
        environment,
        where: { $0.shape.rank == 2 && ($0.shape[1] == units || $0.shape[1] == 2 * units) }),
      let inner = x.shape[1]
    else { return unary(environment) }
    if next(5) == 0,
      let y = pick(environment, where: { $0.shape.rank == 2 && $0.shape[0] == x.shape[0] })
    {
      return tanh(matmul(x, y, transposeA: true))
    }
    let columns = flip() ? units : 2 * units
    let result =
      flip()
      ? matmul(x, weights[[inner, columns]]!)
      : matmul(x, weights[[columns, inner]]!, transposeB: true)
    switch next(4) {
    case 0: return result
    case 1: return result + (pick(environment) { $0.shape.known == [columns] } ?? result)
    case 2: return (pick(environment) { $0.shape.known == [1, columns] } ?? result) + result
    default: return tanh(result + (pick(environment) { $0.shape == result.shape } ?? result))
    }
  }

  /// A layer of more units than inputs, its rows in another order perhaps, and products of it.
  private mutating func chain(_ environment: [Tensor]) -> [Tensor] {
    let (rows, units, steps) = (rows, units, steps)
    let sequences = [[steps, rows, units], [rows, steps, units]]
    guard let x = pick(environment, where: { sequences.contains(shape($0)) }),
      let bias = pick(environment, where: { shape($0) == [units] })
    else { return [unary(environment)] }
    let flat = x.reshaped(to: [rows * steps, units])
    var layer = matmul(flip() ? flat : x, weights[[units, 2 * units]]!)
    if flip() { layer = layer + concatenate([bias, bias], axis: 0) }
    layer = layer.reshaped(to: shape(x).dropLast() + [2 * units])
    if next(3) == 0 { layer = layer.reversed(axes: [next(2)]) }
    if flip() { layer = layer.transposed([1, 0, 2]) }
    let next = matmul(layer, weights[[2 * units, units]]!)
    return flip() ? [next] : [tanh(next), matmul(layer, weights[[2 * units, 2 * units]]!)]
  }

  private mutating func joined(_ environment: [Tensor]) -> [Tensor] {
    let x = pick(environment, where: { $0.shape.rank ?? 0 > 0 })!
    let axis = next(x.shape.rank!)
    let y =
      pick(environment) { other in
        other.shape.rank == x.shape.rank
          && (0..<x.shape.rank!).allSatisfy { $0 == axis || other.shape[$0] == x.shape[$0] }
      } ?? x
    let first = [tanh(x), x.reversed(axes: [axis]), x.transposed().transposed()][
      shape(x).reduce(0, +) % 3]
    let whole = concatenate([first, y], axis: flip() ? axis : axis - x.shape.rank!)
    return [whole, product(environment + [whole])]
  }

  private mutating func apart(_ environment: [Tensor]) -> [Tensor] {
    let x = pick(environment, where: { $0.shape.rank ?? 0 > 0 })!
    let axis = next(x.shape.rank!)
    let length = x.shape[axis]!
    let cut = next(length + 1)
    switch next(3) {
    case 0 where length > 0:
      return x.split(sizes: [cut, length - cut], axis: axis).map { sigmoid($0) }
    case 1: return [tanh(x.slice(axis: axis, range: cut / 2..<cut))]
    default:
      guard length > 0 else { return [x * 2] }
      return [x - x.slice(axis: axis, range: cut % length..<cut % length + 1)]
    }
  }

  private mutating func reduced(_ environment: [Tensor]) -> Tensor {
    let x = pick(environment, where: { $0.shape.rank ?? 0 > 0 })!
    let axis = next(x.shape.rank!)
    let keeps = flip()
    if next(3) == 0, x.shape[axis] != 0 { return x.max(along: [axis], keepingDimensions: keeps) }
    return x.sum(along: [axis], keepingDimensions: keeps)
  }

  private mutating func reshaped(_ environment: [Tensor]) -> Tensor {
    let x = pick(environment)!
    let known = shape(x)
    switch next(4) {
    case 0: return x.expandingDimensions(at: next(known.count + 1))
    case 1: return x.transposed()
    case 2 where !known.isEmpty: return x.reshaped(to: [known.reduce(1, *)])
    default:
      guard
        let y = pick(environment, where: { PartialShape.broadcast(x.shape, $0.shape) == $0.shape })
      else { return x }
      return x.broadcast(toShapeOf: y)
    }
  }

  /// The gates of a recurrent cell: a joined product, taken apart.
  private mutating func gates(_ environment: [Tensor]) -> [Tensor] {
    let (rows, units) = (rows, units)
    guard let x = pick(environment, where: { shape($0) == [rows, units] }),
      let h = pick(environment, where: { shape($0) == [rows, units] }),
      let bias = pick(environment, where: { shape($0) == [units] || shape($0) == [1, units] })
    else { return [unary(environment)] }
    let all = matmul(concatenate([x, h], axis: 1), weights[[2 * units, 2 * units]]!)
    let parts = all.split(count: 2, axis: 1)
    return [sigmoid(parts[0] + bias) * h + tanh(parts[1]) * x]
  }

  private mutating func selected(_ environment: [Tensor]) -> Tensor {
    let x = pick(environment)!
    let y = pick(environment, where: { $0.shape == x.shape })!
    return select(x .> y, x * 0.75, y)
  }

  // MARK: Regions

  /// What a body hands on in place of `state`: of its shape, and bounded.
  mutating func successor(of state: Tensor, _ environment: [Tensor]) -> Tensor {
    let wanted = shape(state)
    switch next(6) {
    // Sums, as gradients of invariants are.
    case 0: return state + value(wanted, environment)
    case 1: return value(wanted, environment)
    default: return tanh(state * 0.5 + value(wanted, environment))
    }
  }

  private mutating func scan(_ environment: [Tensor], depth: Int) -> [Tensor] {
    let elements = pick(environment, where: { $0.shape.rank ?? 0 > 0 })!
    let axis = next(elements.shape.rank!)
    let length = elements.shape[axis]
    var scanned = [elements]
    if flip(),
      let other = pick(
        environment, where: { $0.shape.rank ?? 0 > axis && $0.shape[axis] == length })
    {
      scanned.append(other)
    }
    let carried = (0..<next(4)).map { _ in pick(environment)! }
    let isReversed = flip()
    var copy = self
    let (state, outputs) = graph.scan(
      scanned, initial: carried, axis: axis, reversed: isReversed,
      parallelIterations: 1 + next(3), swapMemory: length == steps
    ) { state, slices -> ([Tensor], [Tensor]) in
      var inner = environment + state + slices
      let made = copy.statements(2 + copy.next(3), &inner, depth: depth - 1)
      var states = state.map { copy.successor(of: $0, inner) }
      if state.count > 1, copy.next(4) == 0, state[0].shape == state[1].shape {
        states.swapAt(0, 1)
      }
      var stacked: [Tensor] = []
      for _ in 0..<(1 + copy.next(3)) {
        guard
          let value = copy.pick(made + state + states + slices, where: { $0.shape.rank! >= axis })
        else { continue }
        stacked.append(value)
      }
      return (states, stacked)
    }
    self = copy
    return state + outputs
  }

  /// A cell over a sequence.
  private mutating func recurrence(_ environment: [Tensor], depth: Int) -> [Tensor] {
    let (rows, units, steps) = (rows, units, steps)
    let sequences = [[steps, rows, units], [rows, steps, units]]
    let axis = next(2)
    guard let x = pick(environment, where: { shape($0) == sequences[axis] }),
      let h = pick(environment, where: { shape($0) == [rows, units] }),
      let bias = pick(environment, where: { shape($0) == [units] || shape($0) == [1, units] })
    else { return [unary(environment)] }
    let isReversed = next(3) == 0
    var copy = self
    let (state, outputs) = graph.scan(
      x, initial: [h], axis: axis, reversed: isReversed, parallelIterations: 1 + next(3),
      swapMemory: true
    ) { state, x -> ([Tensor], [Tensor]) in
      let next = copy.gates([x, state[0], bias])[0]
      var inner = environment + [x] + state + [next]
      let made = copy.statements(copy.next(2), &inner, depth: depth - 1)
      return ([next], [copy.pick([next] + made, where: { $0.shape.rank! >= axis })!])
    }
    self = copy
    return state + outputs
  }

  private mutating func loop(_ environment: [Tensor], depth: Int) -> [Tensor] {
    let carried = (0..<(1 + next(3))).map { _ in pick(environment)! }
    let count = Double(next(4))
    let maximum: Int? = flip() ? nil : next(4)
    var copy = self
    let (state, _) = graph.whileLoop(
      carried, graph.constant(NDArray(Int64(0))), maximumIterations: maximum, swapMemory: true
    ) { _, i in
      i .< count
    } do: { state, i in
      var inner = environment + state
      _ = copy.statements(1 + copy.next(3), &inner, depth: depth - 1)
      return (state.map { copy.successor(of: $0, inner) }, i + 1)
    }
    self = copy
    return state
  }

  private mutating func branch(_ environment: [Tensor], depth: Int) -> [Tensor] {
    let wanted = shape(pick(environment)!)
    let predicate = pick(environment, where: { $0.shape.rank == 0 })!
    var copy = self
    let result = graph.conditional(predicate .> 0.1) {
      var inner = environment
      _ = copy.statements(2, &inner, depth: depth - 1)
      return copy.value(wanted, inner)
    } else: {
      var inner = environment
      _ = copy.statements(1, &inner, depth: depth - 1)
      return copy.value(wanted, inner)
    }
    self = copy
    return [result]
  }
}

private func shape(_ tensor: Tensor) -> [Int] { tensor.shape.known ?? [] }
