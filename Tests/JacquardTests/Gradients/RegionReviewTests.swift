import JacquardArrays
import Synchronization
import Testing

@testable import Jacquard

final class EventLog: Sendable {
  let events = Mutex<[String]>([])
  func note(_ s: String) { events.withLock { $0.append(s) } }
  var all: [String] { events.withLock { $0 } }
}

@Suite("Loops, branches and state")
struct RegionReviewTests {

  @Test("a condition on the second of two equal carries, with a gradient")
  func equalCarries() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let zero = graph.constant(NDArray(Int64(0)))
    let (_, _, y) = graph.whileLoop(zero, zero, x) { _, j, _ in
      j .< 5
    } do: { i, j, x in
      (i + 1, j + 1, x * x)
    }
    let slope = graph.gradient(of: y, withRespectTo: x)
    let (value, gradient) = try Session(graph).run(y, slope, feeding: [x: 1.01])
    #expect(abs(value.doubleValue - 1.3749407) < 1e-3)
    #expect(gradient.doubleValue > 32)
  }

  @Test("loops that differ only two regions down are not merged")
  func deepDifference() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil])
    func twice(_ change: @escaping (Tensor) -> Tensor) -> Tensor {
      graph.mapFunction(x) { row in
        graph.mapFunction(row) { element in
          graph.conditional(element .> 0) {
            change(element)
          } else: {
            element
          }
        }
      }
    }
    let a = twice { $0 + $0 }
    let b = twice { $0 * $0 * $0 }
    let (va, vb) = try Session(graph).run(a, b, feeding: [x: [[3.0, -1.0]]])
    #expect(va.doubles() == [6, -1])
    #expect(vb.doubles() == [27, -1])
  }

  @Test("loops that differ only one region down are not merged")
  func shallowDifference() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil, nil])
    func twice(_ change: @escaping (Tensor) -> Tensor) -> Tensor {
      graph.mapFunction(x) { row in
        graph.mapFunction(row) { element in change(element) }
      }
    }
    let a = twice { $0 + $0 }
    let b = twice { $0 * $0 * $0 }
    let (va, vb) = try Session(graph).run(a, b, feeding: [x: [[3.0, -1.0]]])
    #expect(va.doubles() == [6, -2])
    #expect(vb.doubles() == [27, -1])
  }

  @Test("effects of two equal loops keep program order")
  func effectOrder() throws {
    let graph = Graph()
    let log = EventLog()
    let x = graph.placeholder(.float64, [])
    func loop(_ name: String) -> Tensor {
      graph.whileLoop(x, maximumIterations: 2) {
        $0 .< 100
      } do: { x in
        _ = graph.call(name, [x], resultTypes: [x.type]) { operands in
          log.note(name)
          return operands
        }
        return x * 2
      }
    }
    let (a, b) = (loop("a"), loop("b"))
    let (va, vb) = try Session(graph).run(a, b, feeding: [x: 1.0])
    #expect(va == vb)
    #expect(log.all == ["a", "a", "b", "b"])
  }

  @Test("effects in the conditions of two equal loops")
  func conditionEffects() throws {
    let graph = Graph()
    let log = EventLog()
    let x = graph.placeholder(.float64, [])
    func loop(_ name: String) -> Tensor {
      graph.whileLoop(x, maximumIterations: 2) { x in
        _ = graph.call(name, [x], resultTypes: [x.type]) { operands in
          log.note(name)
          return operands
        }
        return x .< 100
      } do: { x in
        x * 2
      }
    }
    let (a, b) = (loop("a"), loop("b"))
    _ = try Session(graph).run(a, b, feeding: [x: 1.0])
    #expect(log.all == ["a", "a", "b", "b"])
  }

  @Test("reading a variable anew inside a loop body")
  func readInBody() throws {
    let graph = Graph()
    let v = graph.variable(NDArray.full(2.0, dtype: .float64, shape: []), name: "v")
    let x = graph.placeholder(.float64, [])
    let y = graph.whileLoop(x, maximumIterations: 3) {
      $0 .< 1000
    } do: {
      $0 * v.read()
    }
    let slope = graph.gradient(of: y, withRespectTo: x)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (value, gradient) = try session.run(y, slope, feeding: [x: 1.0])
    #expect(value.doubleValue == 8)
    #expect(gradient.doubleValue == 8)
  }

  @Test("reading a variable anew inside a branch")
  func readInBranch() throws {
    let graph = Graph()
    let v = graph.variable(NDArray.full(2.0, dtype: .float64, shape: []), name: "v")
    let x = graph.placeholder(.float64, [])
    let y = graph.conditional(x .> 0) {
      x * v.read()
    } else: {
      x
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.run(y, feeding: [x: 3.0]).doubleValue == 6)
  }

  @Test("a read under a control dependency on an assignment of the same body")
  func readAfterAssign() throws {
    let graph = Graph()
    let v = graph.variable(NDArray.full(2.0, dtype: .float64, shape: []), name: "v")
    let x = graph.placeholder(.float64, [])
    let y = graph.whileLoop(x, maximumIterations: 3) {
      $0 .< 1000
    } do: { x in
      let assign = v.assignAdd(graph.constant(NDArray.full(1.0, dtype: .float64, shape: [])))
      return graph.controlDependencies([assign]) { x + v.read() }
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    #expect(try session.run(y, feeding: [x: 0.0]).doubleValue == 12)
    #expect(try session.value(of: v).doubleValue == 5)
  }

  @Test("an assignment in a condition")
  func assignInCondition() throws {
    let graph = Graph()
    let v = graph.variable(NDArray.full(2.0, dtype: .float64, shape: []), name: "v")
    let x = graph.placeholder(.float64, [])
    let y = graph.whileLoop(x, maximumIterations: 3) { x in
      v.assignAdd(graph.constant(NDArray.full(1.0, dtype: .float64, shape: [])))
      return x .< 1000
    } do: { x in
      x * 2
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    do {
      let value = try session.run(y, feeding: [x: 1.0])
      #expect(value.doubleValue == 8)
      #expect(try session.value(of: v).doubleValue == 5)
    } catch let error as GraphError {
      #expect(!error.diagnostics.isEmpty)
    }
  }

  @Test("an invariant used with and without a check, in a loop in a loop")
  func duplicateInvariants() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [2])
    let w = graph.placeholder(.float64, [])
    let (state, _) = graph.scan(x, initial: w) { h, x in
      let checked = checkNumerics(h, "h")
      let none: [Tensor] = []
      let (inner, _) = graph.scan(
        graph.constant(NDArray([1.0, 2.0] as [Double], shape: [2])), initial: x
      ) { c, t in
        (c * t + h * checked, none)
      }
      return (inner, none)
    }
    let slope = graph.gradient(of: state, withRespectTo: w)
    let session = Session(graph)
    func f(_ w: Double) -> Double {
      var h = w
      for x in [0.3, -0.2] {
        var c = x
        for t in [1.0, 2.0] { c = c * t + h * h }
        h = c
      }
      return h
    }
    let (value, gradient) = try session.run(
      state, slope, feeding: [x: [0.3, -0.2], w: 0.7])
    #expect(abs(value.doubleValue - f(0.7)) < 1e-12)
    let numeric = (f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6
    #expect(abs(gradient.doubleValue - numeric) < 1e-6)
  }

  @Test("a branch that captures a value with and without a check, in a loop")
  func duplicateCaptures() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [2])
    let w = graph.placeholder(.float64, [])
    let none: [Tensor] = []
    let (state, _) = graph.scan(x, initial: w) { h, x in
      let checked = checkNumerics(h, "h")
      return (
        graph.conditional(x .> 0) {
          h * checked + x
        } else: {
          checked - h * 3
        }, none
      )
    }
    let slope = graph.gradient(of: state, withRespectTo: w)
    func f(_ w: Double) -> Double {
      var h = w
      for x in [0.3, -0.2] { h = x > 0 ? h * h + x : h - h * 3 }
      return h
    }
    let (value, gradient) = try Session(graph).run(
      state, slope, feeding: [x: [0.3, -0.2], w: 0.7])
    #expect(abs(value.doubleValue - f(0.7)) < 1e-12)
    let numeric = (f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6
    #expect(abs(gradient.doubleValue - numeric) < 1e-6)
  }

  @Test("a fed constant is what a loop body sees")
  func fedConstant() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let c = graph.constant(NDArray.full(2.0, dtype: .float64, shape: []))
    let y = graph.whileLoop(x, maximumIterations: 2) {
      $0 .< 1000
    } do: {
      $0 * c
    }
    let z = x * c
    let (vy, vz) = try Session(graph).run(y, z, feeding: [x: 1.0, c: 3.0])
    #expect(vz.doubleValue == 3)
    #expect(vy.doubleValue == 9)
  }

  @Test("gradients of an outer loss asked for inside a branch")
  func gradientInBranch() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let p = graph.placeholder(.bool, [])
    let loss = x * x
    let g = graph.conditional(p) {
      graph.gradients(of: [loss], withRespectTo: [x], unconnected: .zeros)[0]!
    } else: {
      x
    }
    #expect(graph.diagnostics.isEmpty)
    #expect(try Session(graph).run(g, feeding: [x: 3.0, p: true]).doubleValue == 6)
  }

  @Test("partial derivatives with stops")
  func partialDerivatives() throws {
    let graph = Graph()
    let a = graph.placeholder(.float64, [])
    let b = a * 2
    let g = graph.gradients(of: [a + b], withRespectTo: [a, b], stoppingAt: [a, b])
    #expect(g.compactMap(\.self).count == 2)
  }

  @Test("signed zeros stay apart")
  func signedZeros() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let a = x / graph.constant(NDArray.full(0.0, dtype: .float64, shape: []))
    let b = x / graph.constant(NDArray.full(-0.0, dtype: .float64, shape: []))
    let (va, vb) = try Session(graph).run(a, b, feeding: [x: 1.0])
    #expect(va.doubleValue == .infinity)
    #expect(vb.doubleValue == -.infinity)
    func loop(_ zero: Double) -> Tensor {
      graph.whileLoop(
        graph.constant(NDArray.full(zero, dtype: .float64, shape: [])), x, maximumIterations: 1
      ) { _, x in
        x .< 100
      } do: { z, x in
        (z, x / z)
      }.1
    }
    let (c, d) = (loop(0.0), loop(-0.0))
    let (vc, vd) = try Session(graph).run(c, d, feeding: [x: 1.0])
    #expect(vc.doubleValue == .infinity)
    #expect(vd.doubleValue == -.infinity)
  }

  @Test("second and third derivatives of a loop of unknown length")
  func higherDerivatives() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let y = graph.whileLoop(x) {
      $0 .< 10
    } do: {
      $0 * $0 * x
    }
    let d1 = graph.gradient(of: y, withRespectTo: x)
    let d2 = graph.gradient(of: d1, withRespectTo: x)
    let d3 = graph.gradient(of: d2, withRespectTo: x)
    let session = Session(graph)
    // x = 1.5: 1.5 → 3.375 → 17.09: x^3 → x^7
    let (v, a) = try session.run(y, d1, feeding: [x: 1.5])
    #expect(abs(v.doubleValue - 17.0859375) < 1e-9)
    #expect(abs(a.doubleValue - 7 * 11.390625) < 1e-9)
    #expect(abs(try session.run(d2, feeding: [x: 1.5]).doubleValue - 42 * 7.59375) < 1e-9)
    #expect(abs(try session.run(d3, feeding: [x: 1.5]).doubleValue - 210 * 5.0625) < 1e-8)
  }

  @Test("the same inside a scan")
  func higherDerivativesNested() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let s = graph.placeholder(.float64, [nil])
    let none: [Tensor] = []
    let y = graph.scan(s, initial: x) { h, t in
      (
        graph.whileLoop(h * t) {
          $0 .< 10
        } do: {
          $0 * $0
        } * 0.1, none
      )
    }.state
    let d1 = graph.gradient(of: y, withRespectTo: x)
    let d2 = graph.gradient(of: d1, withRespectTo: x)
    let session = Session(graph)
    func feeds(_ v: Double) -> Feeds { [x: v, s: [1.2, 1.5, 1.1]] }
    func f(_ x: Double) -> Double {
      var h = x
      for t in [1.2, 1.5, 1.1] {
        var c = h * t
        while c < 10 { c = c * c }
        h = c * 0.1
      }
      return h
    }
    let p = 2.3
    #expect(abs(try session.run(y, feeding: feeds(p)).doubleValue - f(p)) < 1e-9)
    let n1 = (f(p + 1e-5) - f(p - 1e-5)) / 2e-5
    let v1 = try session.run(d1, feeding: feeds(p)).doubleValue
    #expect(abs(v1 - n1) < 1e-4 * abs(n1))
    let n2 =
      (try session.run(d1, feeding: feeds(p + 1e-5)).doubleValue
        - session.run(d1, feeding: feeds(p - 1e-5)).doubleValue) / 2e-5
    #expect(abs(try session.run(d2, feeding: feeds(p)).doubleValue - n2) < 1e-4 * abs(n2))
  }

  @Test("a gradient in a branch through a value computed outside")
  func gradientInBranchThroughOuter() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [])
    let p = graph.placeholder(.bool, [])
    let none: [Tensor] = []
    let h = graph.scan(graph.constant(NDArray([1.0, 2.0] as [Double], shape: [2])), initial: x) {
      ($0 * $0 * $1, none)
    }.state
    let g = graph.conditional(p) {
      graph.gradients(of: [h + x * h], withRespectTo: [x])[0] ?? graph.scalar(-1, .float64)
    } else: {
      x
    }
    #expect(graph.diagnostics.isEmpty)
    // h = 2x⁴: 2x⁴ + 2x⁵
    #expect(try Session(graph).run(g, feeding: [x: 3.0, p: true]).doubleValue == 8 * 27 + 10 * 81)
  }

  @Test("draws in a loop: the gradient sees the same numbers; iterations differ")
  func draws() throws {
    let graph = Graph(seed: 5)
    let x = graph.placeholder(.float64, [])
    let s = graph.placeholder(.float64, [nil])
    func build() -> (Tensor, Tensor) {
      graph.scan(s, initial: x) { h, t in
        let noise = graph.randomUniform([], from: 0.5, to: 1.5, dtype: .float64)
        let next = graph.conditional(t .> 0) {
          h * noise * graph.randomUniform([], from: 0.5, to: 1.5, dtype: .float64)
        } else: {
          h * noise + t
        }
        return (next, next / h)
      }
    }
    let (y, ratios) = build()
    let (z, _) = build()
    let slope = graph.gradient(of: y, withRespectTo: x)
    var expected: [[NDArray]] = []
    for disabled in [[], Set(Compiler.passes.map { type(of: $0).name })] {
      let session = Session(graph, options: SessionOptions(threads: 2, disabledPasses: disabled))
      let feeds: Feeds = [x: 1.25, s: [1.0, 1.0, 1.0]]
      let first: [NDArray] = try session.run([y, ratios, slope, z], feeding: feeds)
      #expect(abs(first[2].doubleValue - first[0].doubleValue / 1.25) < 1e-12)
      #expect(Set(first[1].doubles()).count == 3)
      #expect(first[3] != first[0])
      let second: [NDArray] = try session.run([y, ratios, slope, z], feeding: feeds)
      #expect(second != first)
      #expect(abs(second[2].doubleValue - second[0].doubleValue / 1.25) < 1e-12)
      expected.append(first + second)
    }
    #expect(expected[0] == expected[1])
  }

  @Test("feeding the result of a loop, and fetching its others")
  func fedLoopResult() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil])
    let (state, outputs) = graph.scan(x, initial: graph.scalar(0, .float64)) { ($0 + $1, $0 * $1) }
    let sum = outputs.sum() + state
    let slope = graph.gradients(of: [sum], withRespectTo: [x, state])
    let feeds: Feeds = [x: [1.0, 2.0, 3.0], state: 100.0]
    let r: [NDArray] = try Session(graph).run(
      [state, outputs, sum] + slope.compactMap(\.self), feeding: feeds)
    #expect(r[0].doubleValue == 100)
    #expect(r[1].doubles() == [0, 2, 9])
    #expect(r[2].doubleValue == 111)
    #expect(r[4].doubleValue == 1)
  }

  @Test("assignments in nested loops and branches, read and unread")
  func nestedAssignments() throws {
    let graph = Graph()
    let v = graph.variable(NDArray.full(1, dtype: .float64, shape: []), name: "v")
    let w = graph.variable(NDArray.full(1, dtype: .float64, shape: []), name: "w")
    let s = graph.placeholder(.float64, [nil])
    let one = graph.scalar(1, .float64)
    let (state, outputs) = graph.scan(s, initial: one) { h, t in
      let inner = graph.whileLoop(h, maximumIterations: 2) {
        $0 .< 100
      } do: { c in
        let a = v.assignAdd(c)
        return graph.conditional(t .> 0) {
          w.assign(a.result * t)
          return c + 1
        } else: {
          c + graph.controlDependencies([v.assignSubtract(one)]) { v.read() } * 0
        }
      }
      return (inner, inner)
    }
    for disabled in [[], Set(Compiler.passes.map { type(of: $0).name })] {
      let session = Session(graph, options: SessionOptions(threads: 2, disabledPasses: disabled))
      try session.run(graph.variablesInitializer)
      var (ev, ew, eh) = (1.0, 1.0, 1.0)
      for t in [2.0, -1.0, 3.0] {
        for _ in 0..<2 {
          ev += eh
          if t > 0 { ew = ev * t; eh += 1 } else { ev -= 1 }
        }
      }
      let (h, o) = try session.run(state, outputs, feeding: [s: [2.0, -1.0, 3.0]])
      #expect(h.doubleValue == eh)
      #expect(o.count == 3)
      #expect(try session.value(of: v).doubleValue == ev)
      #expect(try session.value(of: w).doubleValue == ew)
    }
  }

  @Test("a gradient taken inside a loop body, through values of the loops around it")
  func gradientInBody() throws {
    let graph = Graph()
    let w = graph.placeholder(.float64, [])
    let s = graph.placeholder(.float64, [nil])
    let none: [Tensor] = []
    let h = w * w
    // Newton's descent on Σ (w² z − t)², w fixed, z carried: the gradient with respect to w is taken in the inner body.
    let total = graph.scan(s, initial: w) { z, t in
      let k = z * t
      let inner = graph.scan(s, initial: z) { c, u in
        let y = c * k * h + u * w
        let g = graph.gradients(of: [y], withRespectTo: [w])[0]!
        let d = graph.gradients(of: [y], withRespectTo: [z], unconnected: .zeros)[0]!
        return (g * 0.1 + d * 0.01, none)
      }.state
      return (inner, none)
    }.state
    let slope = graph.gradient(of: total, withRespectTo: w)
    func f(_ w: Double) -> Double {
      let s = [0.5, 0.7]
      var z = w
      for t in s {
        var c = z
        for u in s {
          // The carry c is a parameter of the inner body: nothing leads from it to w; k = z t leads to z.
          c = (c * z * t * 2 * w + u) * 0.1 + (c * t * w * w) * 0.01
        }
        z = c
      }
      return z
    }
    let (v, g) = try Session(graph).run(total, slope, feeding: [w: 1.3, s: [0.5, 0.7]])
    #expect(abs(v.doubleValue - f(1.3)) < 1e-12)
    let numeric = (f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6
    #expect(abs(g.doubleValue - numeric) < 1e-7)
  }
}
