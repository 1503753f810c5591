import JacquardArrays

@testable import Jacquard

extension Mistake {
  /// Variables, their initializers, and random numbers.
  static let state: [Mistake] = [
    Mistake("variable, exists", "'w' exists already", "reuse") { graph in
      _ = graph.getVariable("w", [2])
      return line(of: graph.getVariable("w", [2]))
    },
    Mistake("variable, nothing to reuse", "no variable 'a/w'") { graph in
      graph.variableScope("a", reuse: .always) { line(of: graph.getVariable("w", [2])) }
    },
    Mistake("variable, other shape", "float32[2]", "float32[3]") { graph in
      _ = graph.getVariable("w", [2])
      return graph.variableScope("", reuse: .automatic) {
        line(of: graph.getVariable("w", [3]))
      }
    },
    Mistake("variable, negative dimension", "[2, -1]", "negative dimension") { graph in
      line(of: graph.variable(.zeros, [2, -1]))
    },
    Mistake("variable, beyond memory", "more elements than can be counted", "smaller") { graph in
      line(of: graph.variable(.zeros, [.max, 4]))
    },
    Mistake("control dependency of another graph", "operation of another graph") { graph in
      let other = Graph().group([])
      return line(of: graph.group([other]))
    },
    Mistake("variable, too many elements", "3 elements", "int32[3]", "shape [2]") { graph in
      let elements = NDArray([1, 2, 3] as [Int32])
      return line(of: graph.variable(.constant(elements), [2], dtype: .int32))
    },
    Mistake("variable, distribution", "cannot draw normal int32") { graph in
      line(of: graph.variable(.normal(), [2], dtype: .int32))
    },
    Mistake("variable, initializer of another shape", "Assign", "float32[3]", "float32[2]") {
      graph in
      let initializer = Initializer { graph, _, dtype in graph.zeros(dtype, [3]) }
      return line(of: graph.variable(initializer, [2]))
    },
    Mistake("assign to what is no variable", "not a variable") { graph in
      let x = graph.placeholder(.float32, [2])
      return line(of: (x + 1).assign(x))
    },
    Mistake("read what is no variable", "not a variable", "read again") { graph in
      line(of: graph.placeholder(.float32, [2]).read())
    },
    Mistake("assign, shape", "float32[3]", "float32[2]") { graph in
      let v = graph.variable(.zeros, [2])
      return line(of: v.assign(graph.placeholder(.float32, [3])))
    },
    Mistake("assign, add another dtype", "float64[2]", "float32[2]") { graph in
      let v = graph.variable(.zeros, [2])
      return line(of: v.assignAdd(graph.placeholder(.float64, [2])))
    },
    Mistake("assign a fraction to whole numbers", "0.5", "int32") { graph in
      line(of: graph.variable(.zeros, [2], dtype: .int32).assignAdd(0.5))
    },
    Mistake("assign rows, shape", "updates of shape [2]", "give updates of shape [4, 2]") { graph in
      let v = graph.variable(.zeros, [3, 2])
      return line(of: v.assign(graph.placeholder(.float32, [2]), at: graph.constant([0, 1, 1, 2])))
    },
    Mistake("add rows, dtype", "updates are float64", "tensor is float32") { graph in
      let v = graph.variable(.zeros, [3, 2])
      let rows = graph.placeholder(.float64, [1, 2])
      return line(of: v.assignAdd(rows, at: graph.constant([0])))
    },
    Mistake("subtract rows, indices", "indices are float32", ".int64") { graph in
      let v = graph.variable(.zeros, [3, 2])
      let rows = graph.placeholder(.float32, [1, 2])
      return line(of: v.assignSubtract(rows, at: graph.placeholder(.float32, [1])))
    },
    Mistake("assign rows to what is no variable", "not a variable") { graph in
      let x = graph.placeholder(.float32, [2])
      return line(of: (x + 1).assign(x, at: graph.constant([0, 1])))
    },
    Mistake("uniform, dtype", "cannot draw int32 from 0.0..<0.5", "whole bounds") { graph in
      line(of: graph.randomUniform([2], from: 0, to: 0.5, dtype: .int32))
    },
    Mistake("uniform, bounds", "no uniform distribution over 1.0..<0.0") { graph in
      line(of: graph.randomUniform([2], from: 1, to: 0))
    },
    Mistake("uniform, shape", "[2, -1]", "negative dimension", "like:") { graph in
      line(of: graph.randomUniform([2, -1]))
    },
    Mistake("uniform, dtype of the shape", "float32[2]", "not an integer vector") { graph in
      line(of: graph.randomUniform(shape: graph.placeholder(.float32, [2])))
    },
    Mistake("uniform, constant shape", "[-3]", "negative dimension") { graph in
      line(of: graph.randomUniform(shape: graph.constant(NDArray([-3] as [Int32]))))
    },
    Mistake("whole numbers, dtype", "cannot draw whole numbers as float32") { graph in
      line(of: graph.randomUniform([2], in: 0..<3, dtype: .float32))
    },
    Mistake("whole numbers, none", "no numbers in 3..<3") { graph in
      line(of: graph.randomUniform([2], in: 3..<3))
    },
    Mistake("whole numbers, range", "uint8 cannot hold", "0..<300", ".int64") { graph in
      line(of: graph.randomUniform([2], in: 0..<300, dtype: .uint8))
    },
    Mistake("normal, dtype", "cannot draw normal bool", "floating-point") { graph in
      line(of: graph.randomNormal([2], dtype: .bool))
    },
    Mistake("normal, deviation", "standard deviation -1.0", "0 or more") { graph in
      line(of: graph.randomNormal([2], standardDeviation: -1))
    },
    Mistake("truncated normal, mean", "mean nan", "finite") { graph in
      line(of: graph.truncatedNormal([2], mean: .nan))
    },
  ]
}
