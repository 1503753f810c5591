import Dispatch
import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Building does not trap")
struct BuildingTrapTests {
  @Test func foreignGradients() async {
    await #expect(processExitsWith: .success) {
      let a = Graph(), b = Graph()
      let x = a.placeholder(.float64, [])
      let y = x * x
      _ = b.gradients(of: [y], withRespectTo: [x])
    }
  }
  @Test func foreignControl() async {
    await #expect(processExitsWith: .success) {
      let a = Graph(), b = Graph()
      let x = a.placeholder(.float64, [])
      let y = x * x
      b.controlDependencies([y.operation!]) { _ = b.scalar(1, .float32) }
    }
  }
  @Test func negativeAxis() async {
    await #expect(processExitsWith: .success) {
      let a = Graph()
      let x = a.placeholder(.float64, [3, 2])
      let none: [Tensor] = []
      let y = a.scan(x, initial: a.placeholder(.float64, [3]), axis: -1) { ($0 + $1, none) }.state
      do {
        print(try Session(a).run(y, feeding: [x: [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]]))
      } catch { print("error \(error)") }
    }
  }
  @Test func scalarScan() async {
    await #expect(processExitsWith: .success) {
      let a = Graph()
      let x = a.placeholder(.float64, .unknown)
      let none: [Tensor] = []
      let y = a.scan(x, initial: a.scalar(1, .float64), axis: 0) { s, x in (s, none) }.state
      do { print(try Session(a).run(y, feeding: [x: 1.0])) } catch { print("error \(error)") }
      let z = a.scan(x, initial: a.scalar(1, .float64), axis: 3) { s, x in (s + x.sum(), none) }
        .state
      do { print(try Session(a).run(z, feeding: [x: [1.0, 2.0]])) } catch {
        print("error \(error)")
      }
    }
  }
  @Test func axisOut() async {
    await #expect(processExitsWith: .success) {
      let a = Graph()
      let x = a.placeholder(.float64, [2, 2])
      let none: [Tensor] = []
      let z = a.scan(x, initial: a.scalar(1, .float64), axis: 3) { s, x in (s + x.sum(), none) }
        .state
      do { print(try Session(a).run(z, feeding: [x: [[1.0, 2.0], [1.0, 2.0]]])) } catch {
        print("error \(error)")
      }
    }
  }
  @Test func nothingToScan() async {
    await #expect(processExitsWith: .success) {
      let a = Graph()
      let none: [Tensor] = []
      let z = a.scan(none, initial: none) { s, x in (s, [a.scalar(1, .float32)]) }
      print(z.outputs[0].type, a.diagnostics.count)
    }
  }
  @Test func branchCounts() async {
    await #expect(processExitsWith: .success) {
      let a = Graph()
      let p = a.placeholder(.bool, [])
      let x = a.scalar(1, .float32)
      let z = a.conditional(p) {
        [x, x]
      } else: {
        [x]
      }
      print(z[1], a.diagnostics)
      let w = a.conditional(p) {
        [x]
      } else: {
        [x, x]
      }
      print(w[0], a.diagnostics)
      let states = a.whileLoop([x, x]) {
        $0[1] .< 3
      } do: {
        [$0[0]]
      }
      print(states[1])
    }
  }
  @Test func unboundVariables() async throws {
    let graph = Graph()
    async let a: Void = { for i in 0..<300 { _ = graph.variable(.zeros, [2], name: "v\(i)") } }()
    async let b: [Bool] = {
      (0..<3000).map { _ in graph.variables.allSatisfy(\.isVariable) }
    }()
    await a
    let ok = await b
    #expect(!ok.contains(false))
  }
  @Test("several threads that ask for the same variables get the same ones")
  func sharedVariables() {
    for round in 0..<100 {
      let graph = Graph()
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        graph.variableScope("s", reuse: .automatic) {
          for i in 0..<20 { _ = graph.getVariable("v\(i)", [2]) }
        }
      }
      #expect(graph.variables.count == 20, "round \(round)")
      #expect(graph.diagnostics.isEmpty)
    }
  }
  @Test func extremeWindows() async {
    await #expect(processExitsWith: .success) {
      for extreme in [Int.min, -1, 0, 1, 3, 1 << 40, Int.max] {
        let graph = Graph()
        for shape: PartialShape in [
          [2, 5, 5, 1], [nil, nil, nil, nil], [0, 1 << 60, 0, 1], .unknown,
        ] {
          let x = graph.placeholder(.float32, shape)
          let filter = graph.constant(NDArray.zeros(.float32, [3, 2, 1, 1]))
          for padding in [Padding.same, .valid] {
            let results = [
              convolution2D(x, filter, strides: (extreme, 1), padding: padding),
              convolution2D(x, filter, padding: padding, dilations: (1, extreme)),
              maxPooling2D(x, size: (extreme, 2), padding: padding),
              averagePooling2D(x, size: (2, extreme), strides: (1, extreme), padding: padding),
              x.flattened(),
            ]
            _ = graph.gradients(of: results, withRespectTo: [x, filter])
          }
        }
        for initializer in [
          Initializer.orthogonal(), .identity(), .glorotNormal, .uniformUnitScaling(),
        ] {
          _ = initializer(graph, [extreme, 2])
          _ = initializer(graph, [1, 0, extreme, 2])
        }
        // Those that can be built can be planned and run.
        let x = graph.placeholder(.float32, [nil, nil, 1])
        let y = averagePooling1D(x, size: 2, stride: extreme, padding: .same)
        _ = try? Session(graph).run(y, feeding: [x: NDArray.zeros(.float32, [2, 5, 1])])
      }
    }
  }
}
