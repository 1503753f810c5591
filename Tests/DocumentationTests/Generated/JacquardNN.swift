// swift-format-ignore-file
// The code of Sources/JacquardNN/JacquardNN.docc/JacquardNN.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func jacquardNN_graph() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil, nil, 4], name: "x")        // [batch, steps, features]
  let y = graph.placeholder(.int64, [nil], name: "y")
  let (_, state) = dynamicRNN(BasicLSTMCell(units: 8), x)
  let logits = matmul(state.h, graph.variable(.glorotUniform, [8, 3], name: "weights"))
  let cost = sparseSoftmaxCrossEntropy(logits: logits, labels: y).mean()
  let step = AdamOptimizer(learningRate: 0.01).minimize(cost)

  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let feeds: Feeds = [x: NDArray.ones(.float32, [2, 5, 4]), y: NDArray([0, 2] as [Int64])]
  for _ in 0..<10 { try session.run(step, feeding: feeds) }
  _ = graph
  _ = x
  _ = y
  _ = state
  _ = logits
  _ = cost
  _ = step
  _ = session
  _ = feeds
}

func jacquardNN_model() throws {
  let model = Sequential([LSTM(8), Dense(3, activation: .softmax)], inputShape: [5, 4])
  model.compile(optimizer: .adam, loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
  let x = NDArray.ones(.float32, [16, 5, 4])
  let y = NDArray.zeros(.int64, [16])
  let history = try model.fit(x, y, batchSize: 8, epochs: 2, verbosity: .silent)
  print(history["loss"].count)                                          // 2

  #expect(history["loss"].count == 2)
  _ = model
  _ = x
  _ = y
  _ = history
}

let jacquardNN_runs: [(name: String, run: @Sendable () throws -> Void)] = [("jacquardNN_graph", jacquardNN_graph), ("jacquardNN_model", jacquardNN_model)]
