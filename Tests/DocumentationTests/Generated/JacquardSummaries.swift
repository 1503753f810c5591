// swift-format-ignore-file
// The code of Sources/JacquardSummaries/JacquardSummaries.docc/JacquardSummaries.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func jacquardSummaries_training() throws {
  let graph = Graph(seed: 1)
  let x = graph.placeholder(.float32, [nil, 784], name: "x")
  let labels = graph.placeholder(.int64, [nil], name: "labels")
  let logits = Dense(10)(x)
  let cost = sparseSoftmaxCrossEntropy(logits: logits, labels: labels).mean()
  let trainStep = AdamOptimizer().minimize(cost)

  var summaries = Summaries()
  summaries.add(scalar: cost, named: "cost")
  summaries.add(histogramsOf: graph.trainableVariables)

  let mnist = MNIST.synthetic(oneHot: false, trainCount: 1000)
  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let writer = try EventWriter(directory: "logs/run1")
  try writer.add(graph: graph)
  try writer.add(image: mnist.test.images.reshaped(to: [-1, 28, 28, 1]), named: "digits", step: 0)
  for step in 0..<100 {
    let batch = mnist.train.nextBatch(128)
    let (found, _) = try session.run(
      summaries, trainStep, feeding: [x: batch.images, labels: batch.labels])
    try writer.add(found, step: step)
  }
  try writer.close()

  let model = Sequential(inputShape: [784])
  model.add(Dense(10, activation: .softmax))
  model.compile(optimizer: .adam, loss: .sparseCategoricalCrossentropy, metrics: [.accuracy])
  try model.fit(
    mnist.train.images, mnist.train.labels, callbacks: [TensorBoard(directory: "logs/run2")])
  _ = graph
  _ = x
  _ = labels
  _ = logits
  _ = cost
  _ = trainStep
  _ = summaries
  _ = mnist
  _ = session
  _ = writer
  _ = model
}

let jacquardSummaries_runs: [(name: String, run: @Sendable () throws -> Void)] = []
