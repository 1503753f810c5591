import JacquardArrays

@testable import Jacquard

/// An op of a user's who has written no more than its type rule, which takes a pair of one dtype.
private struct Untaught: Op {
  struct OddPair: Error, CustomStringConvertible {
    var description: String { "an odd pair" }
  }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    guard operands[0].dtype == operands[1].dtype else { throw OddPair() }
    return [operands[0]]
  }
}

private struct Unwilling: Error, CustomStringConvertible {
  var description: String { "it will not be differentiated" }
}

/// The operand, by way of the host.
private func passed(_ x: Tensor) -> Tensor {
  x.graph.call("pass", [x], resultType: { $0[0] }, gradient: { _, _, dy in [dy] }) { $0[0] }
}

extension Mistake {
  /// Gradients, closures of the user's, and ops of the user's.
  static let gradients: [Mistake] = [
    Mistake("gradients of integers", "int32", "no gradient") { graph in
      let x = graph.placeholder(.int32, [2])
      return line(of: graph.gradients(of: [x * x], withRespectTo: [x]))
    },
    Mistake("gradients in another graph", "of another graph is to be differentiated") { graph in
      let x = Graph().placeholder(.float32, [2])
      return line(of: graph.gradients(of: [x * x], withRespectTo: [x]))
    },
    Mistake("unconnected gradient", "does not depend on") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.placeholder(.float32, [2])
      return line(of: graph.gradient(of: x * 2, withRespectTo: y))
    },
    Mistake("upstream gradients, count", "0 upstream gradients", "1 tensors") { graph in
      let x = graph.placeholder(.float32, [2])
      return line(of: graph.gradients(of: [x * x], withRespectTo: [x], gradientsOf: []))
    },
    Mistake("upstream gradients, type", "float32[3]", "float32[2]") { graph in
      let x = graph.placeholder(.float32, [2])
      let dy = graph.placeholder(.float32, [3])
      return line(of: graph.gradients(of: [x * x], withRespectTo: [x], gradientsOf: [dy]))
    },
    Mistake("gradient through an assignment", "Assign' stands on the path", "the assigned value") {
      graph in
      let x = graph.placeholder(.float32, [2])
      let v = graph.variable(.zeros, [2])
      let assigned = v.assign(x).result
      return line(of: graph.gradients(of: [assigned], withRespectTo: [x]))
    },
    Mistake("gradient that is prevented", "but it is frozen", "stopGradient") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = preventGradient(x, reason: "it is frozen")
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("gradient of an op without", "Untaught has no gradient", "stopGradient") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.insert(Untaught(), x, x)
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("gradient of a closure without", "'twice' was given no gradient") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.call("twice", [x], resultType: { $0[0] }) { $0[0] }
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("gradient of a closure, count", "returns 2 tensors for 1 operands") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.call("twice", [x], resultType: { $0[0] }, gradient: { [$2, $1] }) { $0[0] }
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("gradient of a closure, thrown", "it will not be differentiated") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.call(
        "twice", [x], resultType: { $0[0] }, gradient: { _, _, _ in throw Unwilling() }
      ) { $0[0] }
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("gradient of a closure in a loop", "has an effect", "stopGradient") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.whileLoop(x, maximumIterations: 3) {
        $0.sum() .< 3
      } do: {
        passed($0)
      }
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("custom gradient, count", "returns 2 gradients for 1 operands") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = customGradient([x]) {
        $0
      } backward: { _, _, dy in
        dy + dy
      }
      return line(of: graph.gradients(of: y, withRespectTo: [x]))
    },
    Mistake("custom gradient, type", "float32[] as the gradient of operand 0, float32[2]") {
      graph in
      let x = graph.placeholder(.float32, [2])
      let y = customGradient(x) {
        round($0)
      } backward: { _, _, dy in
        dy.sum()
      }
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("closure, type rule", "twice", "it will not be differentiated") { graph in
      let x = graph.placeholder(.float32, [2])
      return lineBelow(
        of: graph.call("twice", [x], resultType: { _ in throw Unwilling() }) { $0[0] })
    },
    Mistake("op, number of operands", "Untaught", "takes 2 operands, not 1") { graph in
      line(of: graph.insert(Untaught(), graph.placeholder(.float32, [2])))
    },
    Mistake("op, error of its type rule", "Untaught", "an odd pair") { graph in
      let x = graph.placeholder(.float32, [2])
      return line(of: graph.insert(Untaught(), x, x.cast(to: .int32)))
    },
  ]
}
