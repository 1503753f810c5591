// swift-format-ignore-file
// The code of README.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func readme_code() throws {
  let (steps, inputs, hidden, classes) = (28, 28, 128, 10)
  let graph = Graph(seed: 1)
  let (mnist, isSynthetic) = try MNIST.loadOrSynthesize(from: "MNIST-data", oneHot: true, seed: 1)
  if isSynthetic { print("no MNIST-data/: using synthetic digits") }

  let x = graph.placeholder(.float32, [nil, steps, inputs], name: "x")
  let y = graph.placeholder(.float32, [nil, classes], name: "y")
  let weights = (
    in: graph.variable(.truncatedNormal(), [inputs, hidden]),
    out: graph.variable(.truncatedNormal(), [hidden, classes])
  )
  let biases = (
    in: graph.variable(.constant(0.1), [hidden]), out: graph.variable(.constant(0.1), [classes])
  )

  func rnn(_ x: Tensor) -> Tensor {
    let rows = matmul(x.reshaped(to: [-1, inputs]), weights.in) + biases.in
    let sequence = rows.reshaped(to: [-1, steps, hidden])
    let cell = BasicLSTMCell(units: hidden, forgetBias: 1)
    let (_, state) = dynamicRNN(cell, sequence, initialState: cell.zeroState(like: sequence))
    return matmul(state.h, weights.out) + biases.out
  }

  let prediction = rnn(x)
  let cost = softmaxCrossEntropy(logits: prediction, labels: y).mean()
  let trainStep = AdamOptimizer(learningRate: 0.001).minimize(cost)
  let accuracy = (prediction.argmax(axis: 1) .== y.argmax(axis: 1)).cast(to: .float32).mean()

  try graph.validate()
  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  for step in 0..<100 {
    let batch = mnist.train.nextBatch(128)
    let feeds: Feeds = [x: batch.images.reshaped(to: [128, steps, inputs]), y: batch.labels]
    let (loss, _) = try session.run(cost, trainStep, feeding: feeds)
    if step % 20 == 0 { print(step, loss.scalar(as: Float.self)) }
  }
  _ = steps
  _ = inputs
  _ = hidden
  _ = classes
  _ = graph
  _ = mnist
  _ = isSynthetic
  _ = x
  _ = y
  _ = weights
  _ = biases
  _ = prediction
  _ = cost
  _ = trainStep
  _ = accuracy
  _ = session
}

func readme_keras() throws {
  let (mnist, _) = try MNIST.loadOrSynthesize(from: "MNIST-data")
  let images = mnist.train.images.reshaped(to: [-1, 28, 28])
  let labels = mnist.train.labels

  let model = Sequential([LSTM(128), Dense(10, activation: .softmax)], inputShape: [28, 28])
  model.compile(optimizer: .adam, loss: .categoricalCrossentropy, metrics: [.accuracy])
  try model.fit(images, labels, batchSize: 128, epochs: 10, validationSplit: 0.1)
  _ = mnist
  _ = images
  _ = labels
  _ = model
}

func readme_shipping() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  let y = graph.placeholder(.float32, [nil], name: "y")
  let w = graph.variable(.constant(1), [])
  let prediction = x * w
  let cost = ((prediction - y) * (prediction - y)).mean()
  let trainStep = AdamOptimizer(learningRate: 0.01).minimize(cost)
  let session = Session(graph)
  try session.run(graph.variablesInitializer)
  let feeds: Feeds = [x: [1, 2, 3], y: [2, 4, 6]]
  let array = NDArray([1, 2, 3] as [Float])
  let step = 100

  // Checkpoints: variables, optimizer slots, random counters, values of your own, in safetensors files that Python reads.
  let saver = Saver(keep: 5)
  try saver.save(session, to: "checkpoints", step: step)
  if let newest = try Checkpoint.latest(in: "checkpoints") {
    try saver.restore(session, from: newest)
  }

  // A model in one file, for a program without model code.
  try SavedModel.save(
    session, inputs: ["x": x, "y": y], outputs: ["prediction": prediction],
    training: ["train": trainStep], to: "model.safetensors")
  let model = try SavedModel(contentsOf: "model.safetensors")
  print(model)  // its inputs and outputs as a table
  let result: NDArray = try model.run(["x": array], fetching: "prediction")

  // Scalars, histograms, images and the graph for TensorBoard (import JacquardSummaries).
  let writer = try EventWriter(directory: "logs")
  try writer.add(graph: graph)
  try writer.add(scalar: try session.run(cost, feeding: feeds).scalar(as: Float.self), named: "cost", step: step)
  _ = graph
  _ = x
  _ = y
  _ = w
  _ = prediction
  _ = cost
  _ = trainStep
  _ = session
  _ = feeds
  _ = array
  _ = step
  _ = saver
  _ = model
  _ = result
  _ = writer
}

func readme_look() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  let accuracy = x.mean()
  let feeds: Feeds = [x: [1, 2, 3]]
  let session = Session(graph)

  try graph.writeDot(to: "graph.dot")                   // then: dot -Tsvg graph.dot -o graph.svg
  print(try session.explain(accuracy, feeding: feeds))  // each step: kernel, shapes, bytes, slots
  _ = graph
  _ = x
  _ = accuracy
  _ = feeds
  _ = session
}

let readme_runs: [(name: String, run: @Sendable () throws -> Void)] = []
