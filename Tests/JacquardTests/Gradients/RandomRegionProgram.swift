import JacquardArrays

@testable import Jacquard

/// A random program over scalars with nested loops, scans and branches, which can be built as a graph and computed in plain Swift.
///
/// Statements append to an environment of scalars; those of bodies and branches use outer scalars too.
struct RandomRegionProgram: Sendable {
  indirect enum Statement: Sendable {
    case unary(Int, Int)
    case binary(Int, Int, Int)
    case checked(Int)
    /// Carries two scalars over a vector; the body's environment gains both and the slice.
    case fold(vector: Int, Int, Int, reversed: Bool, Block)
    /// A scan whose outputs are folded by another loop.
    case stacked(vector: Int, Int, reversed: Bool, consumedReversed: Bool, Block, Block)
    /// A loop with a condition on what it carries.
    case loop(Int, limit: Double, count: Int, maximum: Int?, Block)
    case branch(Int, Block, Block)
  }

  struct Block: Sendable {
    var statements: [Statement]
    /// The last of the environment are results; the first of these is `a·b`, to tie things together.
    var tie: (Int, Int)
  }

  struct Generator {
    var state: UInt64
    var hasOpenEndedLoops = true

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }

    mutating func block(_ environment: Int, depth: Int, length: Int) -> Block {
      var size = environment
      var statements: [Statement] = []
      for _ in 0..<length {
        statements.append(statement(size, depth: depth))
        size += 1
      }
      return Block(statements: statements, tie: (size - 1, next(size)))
    }

    mutating func statement(_ size: Int, depth: Int) -> Statement {
      let length = 1 + next(3)
      // Prefers recent scalars, which carry the recurrence.
      func pick(_ generator: inout Generator) -> Int {
        generator.next(2) == 0 ? generator.next(size) : size - 1 - generator.next(min(3, size))
      }
      switch depth > 0 ? next(10) : next(4) {
      case 0: return .unary(next(3), pick(&self))
      case 1, 2: return .binary(next(3), pick(&self), pick(&self))
      case 3: return .checked(pick(&self))
      case 4, 5:
        return .fold(
          vector: next(2), pick(&self), pick(&self), reversed: next(2) == 0,
          block(size + 3, depth: depth - 1, length: length))
      case 6:
        return .stacked(
          vector: next(2), pick(&self), reversed: next(2) == 0, consumedReversed: next(2) == 0,
          block(size + 2, depth: depth - 1, length: length),
          block(size + 2, depth: depth - 1, length: length))
      case 7, 8:
        let maximum: Int? = hasOpenEndedLoops && next(2) == 0 ? nil : 1 + next(4)
        return .loop(
          pick(&self), limit: 0.25 * Double(next(6)), count: next(5), maximum: maximum,
          block(size + 1, depth: depth - 1, length: length))
      default:
        return .branch(
          pick(&self), block(size, depth: depth - 1, length: length),
          block(size, depth: depth - 1, length: length))
      }
    }
  }

  var root: Block

  init(seed: Int, depth: Int, length: Int, hasOpenEndedLoops: Bool = true) {
    var generator = Generator(
      state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 7, hasOpenEndedLoops: hasOpenEndedLoops)
    for _ in 0..<3 { _ = generator.next(2) }
    root = generator.block(3, depth: depth, length: length)
  }

  /// The same program with one operation changed, somewhere.
  func mutated(_ seed: Int) -> RandomRegionProgram {
    var copy = self
    var generator = Generator(state: UInt64(seed) &* 977 &+ 3)
    _ = generator.next(2)
    copy.root = Self.mutate(root, &generator)
    return copy
  }

  private static func mutate(_ block: Block, _ generator: inout Generator) -> Block {
    var block = block
    let index = generator.next(block.statements.count)
    block.statements[index] =
      switch block.statements[index] {
      case .unary(let op, let a): .unary((op + 1) % 3, a)
      case .binary(let op, let a, let b): .binary((op + 1) % 3, a, b)
      case .checked(let a): .unary(1, a)
      case .fold(let v, let a, let b, let r, let body):
        .fold(vector: v, a, b, reversed: r, mutate(body, &generator))
      case .stacked(let v, let a, let r, let c, let x, let y):
        generator.next(2) == 0
          ? .stacked(vector: v, a, reversed: r, consumedReversed: c, mutate(x, &generator), y)
          : .stacked(vector: v, a, reversed: r, consumedReversed: c, x, mutate(y, &generator))
      case .loop(let a, let limit, let count, let maximum, let body):
        .loop(a, limit: limit, count: count, maximum: maximum, mutate(body, &generator))
      case .branch(let a, let yes, let no):
        generator.next(2) == 0
          ? .branch(a, mutate(yes, &generator), no) : .branch(a, yes, mutate(no, &generator))
      }
    return block
  }

  // MARK: Plain Swift

  func value(_ scalars: [Double], _ vectors: [[Double]]) -> Double {
    Self.run(root, scalars, vectors)
  }

  private static func run(_ block: Block, _ environment: [Double], _ vectors: [[Double]])
    -> Double
  {
    var e = environment
    for statement in block.statements {
      switch statement {
      case .unary(let op, let a):
        e.append(op == 0 ? _sin(e[a]) : op == 1 ? _tanh(e[a]) : e[a] * 0.7)
      case .binary(let op, let a, let b):
        e.append(op == 0 ? e[a] * e[b] : op == 1 ? (e[a] + e[b]) * 0.5 : e[a] - e[b])
      case .checked(let a): e.append(e[a])
      case .fold(let vector, let a, let b, let reversed, let body):
        var (c, d) = (e[a], e[b])
        for t in reversed ? vectors[vector].reversed() : vectors[vector] {
          let next = run(body, e + [c, d, t], vectors)
          (c, d) = (next, c)
        }
        e.append(c + d * 0.5)
      case .stacked(let vector, let a, let reversed, let consumedReversed, let first, let second):
        let array = vectors[vector]
        var c = e[a]
        var stack = array
        for index in reversed ? Array(array.indices.reversed()) : Array(array.indices) {
          c = run(first, e + [c, array[index]], vectors)
          stack[index] = c * array[index]
        }
        for s in consumedReversed ? stack.reversed() : stack {
          c = run(second, e + [c, s], vectors)
        }
        e.append(c)
      case .loop(let a, let limit, let count, let maximum, let body):
        var (c, i) = (e[a], 0)
        while i < maximum ?? .max, i < count, c < limit + e[0] {
          c = run(body, e + [c], vectors)
          i += 1
        }
        e.append(c)
      case .branch(let a, let yes, let no):
        e.append(run(e[a] > 0.1 ? yes : no, e, vectors))
      }
    }
    return _tanh(e[block.tie.0] + 0.5 * e[block.tie.1])
  }

  private static func _tanh(_ x: Double) -> Double {
    let p = 2 / (1 + _exp(-2 * x)) - 1
    return p
  }

  // MARK: Graph

  func build(_ scalars: [Tensor], _ vectors: [Tensor]) -> Tensor {
    Self.build(root, scalars, vectors)
  }

  private static func build(_ block: Block, _ environment: [Tensor], _ vectors: [Tensor]) -> Tensor
  {
    var e = environment
    let graph = vectors[0].graph
    let none: [Tensor] = []
    for statement in block.statements {
      switch statement {
      case .unary(let op, let a): e.append(op == 0 ? sin(e[a]) : op == 1 ? tanh(e[a]) : e[a] * 0.7)
      case .binary(let op, let a, let b):
        e.append(op == 0 ? e[a] * e[b] : op == 1 ? (e[a] + e[b]) * 0.5 : e[a] - e[b])
      case .checked(let a): e.append(checkNumerics(e[a], "a scalar"))
      case .fold(let vector, let a, let b, let reversed, let body):
        let state = graph.scan(
          vectors[vector], initial: [e[a], e[b]], reversed: reversed
        ) { state, t in
          ([build(body, e + state + [t], vectors), state[0]], none)
        }.state
        e.append(state[0] + state[1] * 0.5)
      case .stacked(let vector, let a, let reversed, let consumedReversed, let first, let second):
        let (state, stack) = graph.scan(
          vectors[vector], initial: e[a], reversed: reversed
        ) { c, t in
          let next = build(first, e + [c, t], vectors)
          return (next, next * t)
        }
        e.append(
          graph.scan(stack, initial: state, reversed: consumedReversed) { c, s in
            (build(second, e + [c, s], vectors), none)
          }.state)
      case .loop(let a, let limit, let count, let maximum, let body):
        let (c, _) = graph.whileLoop(
          e[a], graph.constant(NDArray(Int64(0))), maximumIterations: maximum
        ) { c, i in
          let counts: Tensor = i .< Double(count)
          let holds: Tensor = c .< e[0] + limit
          return counts .& holds
        } do: { c, i in
          (build(body, e + [c], vectors), i + 1)
        }
        e.append(c)
      case .branch(let a, let yes, let no):
        e.append(
          graph.conditional(e[a] .> 0.1) {
            build(yes, e, vectors)
          } else: {
            build(no, e, vectors)
          })
      }
    }
    return tanh(e[block.tie.0] + e[block.tie.1] * 0.5)
  }
}

#if canImport(Glibc)
  import Glibc
#endif

private func _sin(_ x: Double) -> Double { sin(x) }
private func _exp(_ x: Double) -> Double { exp(x) }
