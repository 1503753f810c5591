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
struct LoopStateTests {
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
}
