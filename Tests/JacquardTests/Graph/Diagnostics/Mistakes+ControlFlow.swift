import JacquardArrays

@testable import Jacquard

extension Mistake {
  static let controlFlow: [Mistake] = [
    Mistake("loop, carried dtype", "carried value 0", "int32", "float32") { graph in
      let i = graph.constant(NDArray(Int32(0)))
      return lineBelow(
        of: graph.whileLoop(i) {
          $0 .< 3
        } do: {
          $0.cast(to: .float32)
        })
    },
    Mistake("loop, carried shape", "carried value 0", "[2]", "[2, 2]") { graph in
      let x = graph.placeholder(.float32, [2])
      return lineBelow(
        of: graph.whileLoop(x) {
          $0.sum() .< 3
        } do: {
          stack([$0, $0], axis: 0)
        })
    },
    Mistake("loop, condition", "condition", "float32", "bool scalar") { graph in
      let x = graph.placeholder(.float32, [2])
      return lineBelow(
        of: graph.whileLoop(x) {
          $0
        } do: {
          $0 + 1
        })
    },
    Mistake("loop, parallelIterations", "parallelIterations is 0") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.whileLoop(x, parallelIterations: 0) {
          $0 .< 3
        } do: {
          $0 + 1
        })
    },
    Mistake("loop, maximumIterations", "maximumIterations is -1", "0 or more") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.whileLoop(x, maximumIterations: -1) {
          $0 .< 3
        } do: {
          $0 + 1
        })
    },
    Mistake("loop, nothing carried", "something to carry", "at least one tensor") { graph in
      let none: [Tensor] = []
      let flag = graph.placeholder(.bool, [])
      return lineBelow(
        of: graph.whileLoop(none) { _ in
          flag
        } do: {
          $0
        })
    },
    Mistake("loop, number of results", "returns 2 tensors", "1 are carried") { graph in
      let x = [graph.placeholder(.float32, [])]
      return lineBelow(
        of: graph.whileLoop(x) {
          $0[0] .< 3
        } do: {
          [$0[0], $0[0]]
        })
    },
    Mistake("loop, inner tensor outside", "made inside a loop body or branch that has ended") {
      graph in
      let x = graph.placeholder(.float32, [])
      var leaked = x
      _ = graph.whileLoop(x) {
        $0 .< 3
      } do: { x in
        leaked = x + 1
        return leaked
      }
      return line(of: tanh(leaked))
    },
    Mistake("loop, tensor of an ended branch", "another loop body or branch", "return it") {
      graph in
      let x = graph.placeholder(.float32, [])
      var leaked = x
      let (zero, place) = located(graph.placeholder(.float32, []))
      _ = graph.conditional(
        x .< 3,
        then: {
          leaked = zero + 1
          return zero
        }, else: { leaked })
      return place + 1
    },
    Mistake("loop, value of another graph", "value of another graph", "one graph") { graph in
      let x = graph.placeholder(.float32, [])
      let y = Graph().placeholder(.float32, [])
      return lineBelow(
        of: graph.whileLoop(x) {
          $0 .< 3
        } do: { _ in
          y
        })
    },
    Mistake("loop, mistake in the body", "MatMul", "[?, 3]", "[4, 4]") { graph in
      let x = graph.placeholder(.float32, [nil, 3])
      let w = graph.placeholder(.float32, [4, 4])
      var place: UInt = 0
      _ = graph.whileLoop(x) {
        $0.sum() .< 3
      } do: { x in
        place = line(of: x)
        return tanh(matmul(x, w))
      }
      return place + 1
    },
    Mistake("loop, operator in the condition", "Less", "float32 and int32") { graph in
      let x = graph.placeholder(.float32, [])
      let limit = graph.placeholder(.int32, [])
      var place: UInt = 0
      _ = graph.whileLoop(x) {
        place = line(of: $0)
        return $0 .< limit
      } do: {
        $0 + 1
      }
      return place + 1
    },
    Mistake("scan, lengths", "5 and 6 steps") { graph in
      let x = [graph.placeholder(.float32, [5]), graph.placeholder(.float32, [6])]
      let zero = graph.scalar(0, .float32)
      return line(of: graph.scan(x, initial: zero) { ($0 + $1[0], $1[1]) })
    },
    Mistake("scan, axis", "float32[5] has no axis 1", "at least 2 axes") { graph in
      let x = graph.placeholder(.float32, [5])
      let zero = graph.scalar(0, .float32)
      return line(of: graph.scan(x, initial: zero, axis: 1) { state, _ in (state, state) })
    },
    Mistake("scan, axis of the outputs", "cannot stack slices of shape []", "axis 1") { graph in
      let x = graph.placeholder(.float32, [5, 6])
      let zero = graph.scalar(0, .float32)
      return line(of: graph.scan(x, initial: zero, axis: 1) { ($0, $1.sum()) })
    },
    Mistake("scan, number of states", "returns 2 tensors", "1 are carried") { graph in
      let x = graph.placeholder(.float32, [5])
      let zero = [graph.scalar(0, .float32)]
      return line(of: graph.scan(x, initial: zero) { ($0 + $0, $1) })
    },
    Mistake("scan, operator in the step", "Add", "[3]", "[4]") { graph in
      let x = graph.placeholder(.float32, [5, 3])
      let start = graph.placeholder(.float32, [4])
      return line(of: graph.scan(x, initial: start) { ($0 + $1, $1) })
    },
    Mistake("map, function in the transform", "Tanh", "int32") { graph in
      let x = graph.placeholder(.int32, [5])
      return line(of: graph.mapFunction(x) { tanh($0) })
    },
    Mistake("fold, carried dtype", "carried value 0", "float32[]", "float64[]") { graph in
      let x = graph.placeholder(.float32, [5])
      let zero = graph.scalar(0, .float32)
      return line(of: graph.foldLeft(x, initial: zero) { ($0 + $1).cast(to: .float64) })
    },
    Mistake("conditional, dtypes", "result 0 is float32", "int32") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.conditional(x .< 3) {
          x
        } else: {
          x.cast(to: .int32)
        })
    },
    Mistake("conditional, number of results", "return 1 and 2 tensors", "as many") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.conditional(x .< 3) {
          [x]
        } else: {
          [x, x]
        })
    },
    Mistake("conditional, predicate", "predicate", "float32") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.conditional(x) {
          x
        } else: {
          x
        })
    },
    Mistake("conditional, mistake in a branch", "Multiply", "[2]", "[3]") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float32, [3])
      var place: UInt = 0
      _ = graph.conditional(graph.placeholder(.bool, [])) {
        place = line(of: a)
        return a * b
      } else: {
        a
      }
      return place + 1
    },
  ]
}
