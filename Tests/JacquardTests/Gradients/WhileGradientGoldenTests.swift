import JacquardArrays
import Testing

@testable import Jacquard

/// The loops of `while_gradients.json`, written with the public builder.
enum GoldenLoops {
  typealias Program = @Sendable (Graph, [Tensor]) -> [Tensor]

  static func program(_ name: String) -> Program? {
    switch name {
    case "square":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 100
          } do: {
            $0 * $0
          }
        ]
      }
    case "mul_parallel1", "mul_parallel10":
      let parallel = name.hasSuffix("10") ? 10 : 1
      return { graph, x in
        [
          graph.whileLoop(x[0], parallelIterations: parallel) {
            $0 .< 100
          } do: {
            $0 * x[1]
          }
        ]
      }
    case "two_state_both": return { graph, x in twoState(graph, x) }
    case "two_state_first": return { graph, x in [twoState(graph, x)[0]] }
    case "stop_gradient_x": return { graph, x in [stopLoop(graph, x).0] }
    case "stop_gradient_y": return { graph, x in [stopLoop(graph, x).1] }
    case "stop_gradient_stopped_x": return { graph, x in [stopGradient(stopLoop(graph, x).0)] }
    case "stop_gradient_stopped_y": return { graph, x in [stopGradient(stopLoop(graph, x).1)] }
    case "stop_gradient_sum":
      return { graph, x in
        let (rx, ry) = stopLoop(graph, x)
        return [rx + ry]
      }
    case "stop_gradient_sum_stopped_x":
      return { graph, x in
        let (rx, ry) = stopLoop(graph, x)
        return [stopGradient(rx) + ry]
      }
    case "stop_gradient_sum_stopped_y":
      return { graph, x in
        let (rx, ry) = stopLoop(graph, x)
        return [rx + stopGradient(ry)]
      }
    case "stop_gradient_of_gradient":
      return { graph, x in
        let v = graph.whileLoop(x[0]) {
          $0 .< 100
        } do: {
          $0 * x[1]
        }
        let dv = graph.gradient(of: v, withRespectTo: x[1])
        return [x[1] * x[1] + v + stopGradient(dv)]
      }
    case "zero_iterations":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 1
          } do: {
            $0 * x[1]
          }
        ]
      }
    case "conditional":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 100
          } do: { v in
            graph.conditional(v .< 10) {
              v * v
            } else: {
              v * x[1]
            }
          }
        ]
      }
    case "conditional_true":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 100
          } do: { v in
            graph.conditional(graph.constant(true)) {
              v * v
            } else: {
              v - 1
            }
          }
        ]
      }
    case "nested_simple":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 2
          } do: { v in
            2
              * graph.whileLoop(v) {
                $0 .< 4
              } do: {
                2 * $0
              }
          }
        ]
      }
    case "nested_serial":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 128
          } do: {
            doubledFourTimes(graph, doubledFourTimes(graph, $0))
          }
        ]
      }
    case "nested_parallel":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 128
          } do: {
            doubledFourTimes(graph, $0) * doubledFourTimes(graph, $0)
          }
        ]
      }
    case "map_in_loop":
      return { graph, x in
        let zero = graph.constant(NDArray(Int32(0)))
        let (_, y) = graph.whileLoop(zero, x[1]) { i, _ in
          i .< 10
        } do: { i, y in
          (i + 1, graph.mapFunction(y) { $0 * x[0] })
        }
        return [y]
      }
    case "nested_invariant":
      return { graph, x in
        let zero = graph.constant(NDArray(Int32(0)))
        let (_, r) = graph.whileLoop(zero, zeros(like: x[0])) { i, _ in
          i .< 2
        } do: { i, r in
          let (_, inner) = graph.whileLoop(zero, r) { j, _ in
            j .< 2
          } do: { j, r in
            (j + 1, r + x[0])
          }
          return (i + 1, inner)
        }
        return [r]
      }
    case "matrix_recurrence", "second_order_matrix_recurrence":
      return { graph, x in [recurrence(graph, x).state] }
    case "array_recurrence":
      return { graph, x in
        let (last, all) = recurrence(graph, x)
        return [all, last]
      }
    case "matrix_powers":
      return { graph, x in
        let zero = graph.constant(NDArray(Int32(0)))
        let (_, h) = graph.whileLoop(zero, x[0]) { i, _ in
          i .< 3
        } do: { i, h in
          (i + 1, matmul(h, x[1]))
        }
        return [h]
      }
    case "cumulative_product":
      return { graph, x in
        let one = graph.scalar(1, x[0].dtype)
        return [graph.scan(x[0], initial: one) { p, x in (p * x, p * x) }.outputs]
      }
    case "second_order_power4":
      return { graph, x in
        [
          graph.whileLoop(x[0]) {
            $0 .< 8
          } do: {
            $0 * $0
          }
        ]
      }
    default: return nil
    }
  }

  private static func twoState(_ graph: Graph, _ x: [Tensor]) -> [Tensor] {
    let (rx, ry) = graph.whileLoop(x[0], x[1]) { x, _ in
      x .< 100
    } do: { x, y in
      let sum = x + y
      return (x * sum, sum)
    }
    return [rx, ry]
  }

  private static func stopLoop(_ graph: Graph, _ x: [Tensor]) -> (Tensor, Tensor) {
    graph.whileLoop(x[0], x[1]) { x, _ in
      x .< 100
    } do: { x, y in
      let square = y * y
      return (x * x + square, square)
    }
  }

  private static func doubledFourTimes(_ graph: Graph, _ x: Tensor) -> Tensor {
    let zero = graph.constant(NDArray(Int32(0)))
    return graph.whileLoop(zero, x) { i, _ in
      i .< 4
    } do: { i, x in
      (i + 1, 2 * x)
    }.1
  }

  private static func recurrence(_ graph: Graph, _ x: [Tensor]) -> (state: Tensor, outputs: Tensor)
  {
    graph.scan(x[0], initial: x[1]) { h, slice in
      let next = tanh(matmul(slice, x[2]) + matmul(h, x[3]))
      return (next, next)
    }
  }
}

@Suite("Loop gradients of TensorFlow")
struct WhileGradientGoldenTests {
  static let cases = (try? GoldenFile.load("while_gradients").cases) ?? []

  @Test("values, gradients and gradients of gradients", arguments: cases)
  func golden(_ golden: GoldenCase) throws {
    let suffix = golden.text("dtype") ?? ""
    let name = String(golden.name.dropLast(suffix.count + 1))
    let program = try #require(GoldenLoops.program(name), "no program for \(name)")
    let tolerance = suffix == "float32" ? 1e-5 : 1e-12

    let graph = Graph()
    let arrays = golden.series("x")
    let inputs = arrays.map { graph.placeholder($0.dtype, PartialShape(known: $0.shape)) }
    let outputs = program(graph, inputs)
    var feeds = Feeds()
    for (input, array) in zip(inputs, arrays) { feeds = feeds.feed(input, array) }
    let weights = outputs.indices.map { golden.array("dy\($0)").map { graph.constant($0) } }
    let gradients = graph.gradients(of: outputs, withRespectTo: inputs, gradientsOf: weights)

    let session = Session(graph)
    let values: [NDArray] = try session.run(outputs, feeding: feeds)
    for (index, value) in values.enumerated() {
      let expected = try #require(golden.array("y\(index)"))
      #expect(goldenMismatch(value, expected, tolerance: tolerance) == nil, "y\(index)")
    }
    for (index, gradient) in gradients.enumerated() {
      guard let expected = golden.array("dx\(index)") else {
        #expect(gradient == nil, "dx\(index) should be disconnected")
        continue
      }
      guard let tensor = gradient else {
        // TensorFlow 1 gives zeros for one exit of a loop where another exit has a gradient.
        #expect(expected.doubles().allSatisfy { $0 == 0 }, "dx\(index) is disconnected")
        continue
      }
      let value: NDArray = try session.run(tensor, feeding: feeds)
      #expect(goldenMismatch(value, expected, tolerance: tolerance) == nil, "dx\(index)")
    }
    guard golden.array("v0") != nil else { return }
    let directions = inputs.indices.map { graph.constant(golden.array("v\($0)")!) }
    let second = graph.gradients(
      of: gradients.compactMap(\.self), withRespectTo: inputs, gradientsOf: directions)
    for (index, gradient) in second.enumerated() {
      let expected = try #require(golden.array("ddx\(index)"))
      let tensor = try #require(gradient, "ddx\(index) is disconnected")
      let value: NDArray = try session.run(tensor, feeding: feeds)
      #expect(goldenMismatch(value, expected, tolerance: 10 * tolerance) == nil, "ddx\(index)")
    }
  }
}
