import JacquardArrays
import Testing

@testable import Jacquard

/// A mistake in building, what it should be told, and where it stands.
struct Mistake: Sendable, CustomTestStringConvertible {
  var name: String
  /// Words that the description has to contain.
  var words: [String]
  /// Makes the mistake; returns its line.
  var make: @Sendable (Graph) -> UInt

  init(_ name: String, _ words: String..., make: @escaping @Sendable (Graph) -> UInt) {
    self.name = name
    self.words = words
    self.make = make
  }

  var testDescription: String { name }
}

/// The line of the call: the mistake stands in the arguments.
private func line<T>(of _: T, line: UInt = #line) -> UInt { line }

/// The line below that of the call, for mistakes that take more than one line.
private func lineBelow<T>(of _: T, line: UInt = #line) -> UInt { line + 1 }

@Suite("Building diagnostics")
struct DiagnosticTests {
  static let mistakes: [Mistake] = [
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
    Mistake("prefix operator", "Negate", "bool") { graph in
      let a = graph.placeholder(.bool, [2])
      return line(of: -a)
    },
    Mistake("comparison operator", "Less", "float32 and float64") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float64, [2])
      return line(of: a .< b)
    },
    Mistake("function, dtype", "Tanh", "floating-point", "int32") { graph in
      line(of: tanh(graph.placeholder(.int32, [2])))
    },
    Mistake("matmul, inner dimensions", "MatMul", "28", "30") { graph in
      let a = graph.placeholder(.float32, [nil, 28])
      let b = graph.placeholder(.float32, [30, 128])
      return line(of: matmul(a, b))
    },
    Mistake("matmul, rank", "MatMul", "[5]") { graph in
      let a = graph.placeholder(.float32, [5])
      let b = graph.placeholder(.float32, [5, 2])
      return line(of: matmul(a, b))
    },
    Mistake("reshape", "Reshape", "[2, 3]", "[2, 2]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).reshaped(to: [2, 2]))
    },
    Mistake("transpose", "Transpose", "permutation") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).transposed([0, 0]))
    },
    Mistake("sum, axis", "Sum", "axis 2") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).sum(along: [2]))
    },
    Mistake("argmax, axis", "axis 5") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).argmax(axis: 5))
    },
    Mistake("concatenate", "Concatenate", "[2, 3]", "[3, 4]") { graph in
      let a = graph.placeholder(.float32, [2, 3])
      let b = graph.placeholder(.float32, [3, 4])
      return line(of: concatenate([a, b], axis: 1))
    },
    Mistake("unstack", "Unstack", "3", "4") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).unstacked(count: 4, axis: 0))
    },
    Mistake("gather, float indices", "Gather", "float32") { graph in
      let a = graph.placeholder(.float32, [3, 2])
      return line(of: a.gathered(at: graph.placeholder(.float32, [2])))
    },
    Mistake("select, condition", "Select", "bool") { graph in
      let a = graph.placeholder(.float32, [3])
      return line(of: select(a, a, a))
    },
    Mistake("cross entropy, shapes", "[?, 10]", "[?, 9]") { graph in
      let logits = graph.placeholder(.float32, [nil, 10])
      let labels = graph.placeholder(.float32, [nil, 9])
      return line(of: softmaxCrossEntropy(logits: logits, labels: labels))
    },
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
    Mistake("scan, lengths", "5 and 6 steps") { graph in
      let x = [graph.placeholder(.float32, [5]), graph.placeholder(.float32, [6])]
      let zero = graph.scalar(0, .float32)
      return line(of: graph.scan(x, initial: zero) { ($0 + $1[0], $1[1]) })
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
    Mistake("conditional, predicate", "predicate", "float32") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.conditional(x) {
          x
        } else: {
          x
        })
    },
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
    Mistake("assign to what is no variable", "not a variable") { graph in
      let x = graph.placeholder(.float32, [2])
      return line(of: (x + 1).assign(x))
    },
    Mistake("assign, shape", "float32[3]", "float32[2]") { graph in
      let v = graph.variable(.zeros, [2])
      return line(of: v.assign(graph.placeholder(.float32, [3])))
    },
    Mistake("gradients of integers", "int32", "no gradient") { graph in
      let x = graph.placeholder(.int32, [2])
      return line(of: graph.gradients(of: [x * x], withRespectTo: [x]))
    },
    Mistake("unconnected gradient", "does not depend on") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = graph.placeholder(.float32, [2])
      return line(of: graph.gradient(of: x * 2, withRespectTo: y))
    },
    Mistake("another graph", "another graph") { graph in
      let x = graph.placeholder(.float32, [2])
      let y = Graph().placeholder(.float32, [2])
      return line(of: x + y)
    },
  ]

  @Test("names what is wrong, and the line", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let graph = Graph()
    let expectedLine = mistake.make(graph)
    let diagnostics = graph.diagnostics
    #expect(diagnostics.count == 1, "\(diagnostics.map(\.description))")
    let diagnostic = try #require(diagnostics.first)
    for word in mistake.words {
      #expect(diagnostic.description.contains(word), "\(diagnostic)")
    }
    #expect(diagnostic.line == Int(expectedLine), "\(diagnostic)")
    #expect(diagnostic.file?.hasSuffix("DiagnosticTests.swift") == true, "\(diagnostic)")
    #expect(throws: GraphError.self) { try graph.validate() }
    #expect(throws: GraphError.self) { try Session(graph).run(graph.constant(1.0)) }
  }

  @Test("five mistakes are reported in one throw, in program order")
  func fiveMistakes() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil, 3], name: "x")
    let y = graph.placeholder(.int32, [nil, 3], name: "y")
    let lines = [
      line(of: x + y), line(of: x.reshaped(to: [2, -1, -1])),
      line(of: matmul(x, x.transposed([1, 0]).reshaped(to: [4, -1]))), line(of: x.sum(along: [7])),
      line(of: tanh(y)),
    ]
    // What depends on a mistake is quiet.
    _ = tanh(matmul(x, x, transposeB: true)) + 1
    let error = #expect(throws: GraphError.self) { try graph.validate() }
    #expect(
      error?.diagnostics.map { $0.line } == lines.map { Int($0) }, "\(error?.description ?? "")")
  }

  @Test("operations on invalid tensors are quiet")
  func quiet() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    let bad = x + graph.placeholder(.int32, [2])
    let parts = (tanh(bad) * 2).unstacked(count: 3, axis: 0)
    _ = graph.whileLoop(parts[0]) {
      $0 .< 3
    } do: {
      $0 + parts[1]
    }
    _ = graph.gradients(of: [parts[2]], withRespectTo: [x])
    #expect(parts.count == 3)
    #expect(graph.diagnostics.count == 1, "\(graph.diagnostics.map(\.description))")
  }
}
