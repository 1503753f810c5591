import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Gradients in and through loops and branches")
struct RegionGradientTests {
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
