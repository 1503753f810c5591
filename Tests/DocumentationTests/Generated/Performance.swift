// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/Performance.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func performance_callable() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil, 3], name: "x")
  let weights = graph.variable(.glorotUniform, [3, 2], name: "weights")
  let y = matmul(x, weights)
  let session = Session(graph)
  try session.run(graph.variablesInitializer)

  let predict = try session.makeCallable(y, feeding: [x])
  let once = try predict([[1.0, 2.0, 3.0]])

  var outputs = [once]
  for _ in 0..<10 { try predict.run(feeding: [[[1.0, 2.0, 3.0]]], into: &outputs) }

  #expect(outputs[0] == once)
  _ = graph
  _ = x
  _ = weights
  _ = y
  _ = session
  _ = predict
  _ = once
  _ = outputs
}

func performance_options() throws {
  let graph = Graph()
  let session = Session(graph, options: SessionOptions(threads: 1))
  print(session.options.threads)                              // 1
  _ = graph
  _ = session
}

func performance_explain() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil, 64], name: "x")
  let hidden = relu(matmul(x, graph.variable(.glorotUniform, [64, 64], name: "w")))
  let session = Session(graph, options: SessionOptions(isProfiling: true))
  try session.run(graph.variablesInitializer)
  let feeds: Feeds = [x: NDArray.ones(.float32, [32, 64])]
  for _ in 0..<10 { _ = try session.run(hidden, feeding: feeds) }
  print(try session.explain(hidden, feeding: feeds))
  _ = graph
  _ = x
  _ = hidden
  _ = session
  _ = feeds
}

let performance_runs: [(name: String, run: @Sendable () throws -> Void)] = [("performance_callable", performance_callable), ("performance_options", performance_options), ("performance_explain", performance_explain)]
