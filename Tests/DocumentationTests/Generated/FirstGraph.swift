// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/FirstGraph.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func firstGraph_building() throws {
  let graph = Graph(seed: 1)
  let a = graph.placeholder(.float32, [nil, 2], name: "a")
  let b = graph.constant([[1, 2], [3, 4]], dtype: .float32)
  let product = matmul(a, b)
  print(product.shape)                    // [?, 2]

  let session = Session(graph)
  let value = try session.run(product, feeding: [a: [[1, 0], [1, 1]]])
  print(value)
  // [[1. 2.]
  //  [4. 6.]]

  let (sum, largest) = try session.run(product.sum(), product.max(), feeding: [a: [[1, 1]]])
  print(sum, largest)                     // 10.0 6.0

  #expect(product.shape == [nil, 2])
  #expect(value == [[1.0, 2.0], [4.0, 6.0]])
  #expect("\(value)" == "[[1. 2.]\n [4. 6.]]")
  #expect("\(product.shape)" == "[?, 2]")
  #expect("\(sum) \(largest)" == "10.0 6.0")
  _ = graph
  _ = a
  _ = b
  _ = product
  _ = session
  _ = value
  _ = sum
  _ = largest
}

func firstGraph_state() throws {
  let graph = Graph()
  let count = graph.variable(.zeros, [], name: "count")
  let increment = count.assignAdd(1)

  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  for _ in 0..<3 { try session.run(increment) }
  print(try session.value(of: count))     // 3.0

  #expect(try session.value(of: count) == NDArray(Float(3)))
  _ = graph
  _ = count
  _ = increment
  _ = session
}

func firstGraph_line() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil], name: "x")
  let y = graph.placeholder(.float32, [nil], name: "y")
  let slope = graph.variable(.zeros, [], name: "slope")
  let offset = graph.variable(.zeros, [], name: "offset")

  let error = square(slope * x + offset - y).mean()
  let gradients = graph.gradients(of: [error], withRespectTo: [slope, offset])
  let steps = zip([slope, offset], gradients).map { variable, gradient in
    variable.assignSubtract(gradient! * 0.1)
  }
  let step = graph.group(steps)

  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let points: Feeds = [x: [0, 1, 2, 3], y: [1, 3, 5, 7]]
  for _ in 0..<200 { try session.run(step, feeding: points) }
  let (fitted, start) = try session.run(slope, offset)
  print(fitted, start)                    // close to 2 and 1

  #expect(fitted.isClose(to: NDArray(Float(2)), relative: 1e-2))
  #expect(start.isClose(to: NDArray(Float(1)), relative: 1e-2))
  _ = graph
  _ = x
  _ = y
  _ = slope
  _ = offset
  _ = error
  _ = gradients
  _ = steps
  _ = step
  _ = session
  _ = points
  _ = fitted
  _ = start
}

func firstGraph_mistakes() throws {
  let graph = Graph()
  let a = graph.placeholder(.float32, [nil, 3], name: "a")
  let b = graph.constant([[1, 2], [3, 4]], dtype: .float32)
  let product = matmul(a, b)
  do {
    try graph.validate()
  } catch {
    print(error)
  }

  let found = #expect(throws: GraphError.self) { try graph.validate() }
  #expect(found?.diagnostics.count == 1)
  #expect(found?.diagnostics[0].line != nil)
  _ = graph
  _ = a
  _ = b
  _ = product
  _ = found
}

let firstGraph_runs: [(name: String, run: @Sendable () throws -> Void)] = [("firstGraph_building", firstGraph_building), ("firstGraph_state", firstGraph_state), ("firstGraph_line", firstGraph_line), ("firstGraph_mistakes", firstGraph_mistakes)]
