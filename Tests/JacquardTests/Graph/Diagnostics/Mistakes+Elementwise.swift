import JacquardArrays

@testable import Jacquard

extension Mistake {
  static let elementwise: [Mistake] = [
    Mistake("operator, dtypes", "Add", "float32 and int32", "cast") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.int32, [2])
      return line(of: a + b)
    },
    Mistake("operator, shapes", "Subtract", "[2, 3]", "[4]", "broadcast") { graph in
      let a = graph.placeholder(.float32, [2, 3])
      let b = graph.placeholder(.float32, [4])
      return line(of: a - b)
    },
    Mistake("operator, chained", "Multiply", "[3]", "[4]") { graph in
      let a = graph.placeholder(.float32, [3])
      let b = graph.placeholder(.float32, [4])
      let sum = a + 1
      return line(of: sum * b)
    },
    Mistake("operator, fraction with integers", "1.5", "int32") { graph in
      let a = graph.placeholder(.int32, [2])
      return line(of: a + 1.5)
    },
    Mistake("operator, number before the integers", "Divide", "int64", "0.5") { graph in
      let a = graph.placeholder(.int64, [2])
      return line(of: 0.5 / a)
    },
    Mistake("operator, number out of range", "Multiply", "uint8", "300") { graph in
      let a = graph.placeholder(.uint8, [2])
      return line(of: a * 300)
    },
    Mistake("operator, number with bool", "Add", "the number 1.0", "bool") { graph in
      let a = graph.placeholder(.bool, [2])
      return line(of: a + 1)
    },
    Mistake("operator in a longer expression", "Multiply", "[3]", "[4]") { graph in
      let a = graph.placeholder(.float32, [3])
      let b = graph.placeholder(.float32, [4])
      let place = line(of: a)
      _ =
        a + a
        * b
      return place + 3
    },
    Mistake("prefix operator", "Negate", "bool") { graph in
      let a = graph.placeholder(.bool, [2])
      return line(of: -a)
    },
    Mistake("prefix operator .!", "LogicalNot", "bool", "float32") { graph in
      let a = graph.placeholder(.float32, [2])
      return line(of: .!a)
    },
    Mistake("function, dtype", "Tanh", "floating-point", "int32") { graph in
      line(of: tanh(graph.placeholder(.int32, [2])))
    },
    Mistake("function, dtypes", "Maximum", "float32 and float64") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float64, [2])
      return line(of: maximum(a, b))
    },
    Mistake("function, number", "Power", "int32", "0.5") { graph in
      line(of: pow(graph.placeholder(.int32, [2]), 0.5))
    },
    Mistake("sigmoid cross entropy", "SigmoidCrossEntropy", "[2]", "[3]") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float32, [3])
      return line(of: sigmoidCrossEntropy(logits: a, labels: b))
    },
    Mistake("select, condition", "Select", "bool") { graph in
      let a = graph.placeholder(.float32, [3])
      return line(of: select(a, a, a))
    },
    Mistake("select, dtypes", "Select", "float32 and int32") { graph in
      let a = graph.placeholder(.float32, [3])
      return line(of: select(a .< 1, a, a.cast(to: .int32)))
    },
    Mistake("clipped, bounds", "ClipByValue", "float32 and int32") { graph in
      let a = graph.placeholder(.float32, [3])
      let bound = graph.placeholder(.int32, [])
      return line(of: a.clipped(from: bound, to: bound))
    },
    Mistake("select, number", "Select", "0.5", "int32") { graph in
      let a = graph.placeholder(.int32, [3])
      return line(of: select(a .< 1, a, 0.5))
    },
    Mistake("another graph", "another graph") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = Graph().placeholder(.float32, [2])
      return line(of: x + y)
    },
    Mistake("check of integers", "CheckNumerics", "int32") { graph in
      line(of: checkNumerics(graph.placeholder(.int32, [2]), "finite"))
    },
    Mistake("assertion, condition", "Assert", "float32[2], not bool") { graph in
      line(of: assert(graph.placeholder(.float32, [2]), "holds"))
    },
    Mistake("assertion, its result", "has no result", "control dependency") { graph in
      let check = assert(graph.placeholder(.bool, [2]), "holds")
      return line(of: check.result)
    },
  ]

  /// Each operator, on operands of two dtypes that it does not take together.
  static let operators: [Mistake] = [
    mixed("+", "Add") { a, b in line(of: a + b) },
    mixed("-", "Subtract") { a, b in line(of: a - b) },
    mixed("*", "Multiply") { a, b in line(of: a * b) },
    mixed("/", "Divide") { a, b in line(of: a / b) },
    mixed(".==", "Equal") { a, b in line(of: a .== b) },
    mixed(".!=", "NotEqual") { a, b in line(of: a .!= b) },
    mixed(".<", "Less") { a, b in line(of: a .< b) },
    mixed(".<=", "LessOrEqual") { a, b in line(of: a .<= b) },
    mixed(".>", "Greater") { a, b in line(of: a .> b) },
    mixed(".>=", "GreaterOrEqual") { a, b in line(of: a .>= b) },
    mixed(".&", "LogicalAnd") { a, b in line(of: a .& b) },
    mixed(".|", "LogicalOr") { a, b in line(of: a .| b) },
    mixed(".^", "LogicalXor") { a, b in line(of: a .^ b) },
  ]

  private static func mixed(
    _ symbol: String, _ op: String, make: @escaping @Sendable (Tensor, Tensor) -> UInt
  ) -> Mistake {
    Mistake("operator \(symbol)", "\(op) '", "float32 and int32", "cast") { graph in
      make(graph.placeholder(.float32, [2]), graph.placeholder(.int32, [2]))
    }
  }
}
