import ExampleSupport
import Jacquard
import JacquardData
import JacquardNN

// The first listing of the article, in its order: an LSTM that reads an image row by row.

// Hyperparameters
let batchSize = 128
let inputs = 28  // pixels in a row
let steps = 28  // rows of an image
let hiddenUnits = 128
let classes = 10

func mnistLSTM(_ options: MNISTOptions, _ optimizer: any Optimizer) throws {
  let mnist = try options.loadMNIST()

  let graph = Graph(seed: options.seed)
  let x = graph.placeholder(.float32, [nil, steps, inputs], name: "x")
  let y = graph.placeholder(.float32, [nil, classes], name: "y")

  let weights = (
    in: graph.variable(.truncatedNormal(), [inputs, hiddenUnits]),
    out: graph.variable(.truncatedNormal(), [hiddenUnits, classes])
  )
  let biases = (
    in: graph.variable(.constant(0.1), [hiddenUnits]),
    out: graph.variable(.constant(0.1), [classes])
  )

  func rnn(_ x: Tensor) -> Tensor {
    // [batch, steps, inputs] to [batch · steps, inputs], for the product with a matrix
    let rows = x.reshaped(to: [-1, inputs])
    let hidden = matmul(rows, weights.in) + biases.in
    let sequence = hidden.reshaped(to: [-1, steps, hiddenUnits])
    let cell = BasicLSTMCell(units: hiddenUnits, forgetBias: 1)
    let initialState = cell.zeroState(like: sequence)
    let (_, finalState) = dynamicRNN(cell, sequence, initialState: initialState)
    return matmul(finalState.h, weights.out) + biases.out
  }

  let prediction = rnn(x)
  let cost = softmaxCrossEntropy(logits: prediction, labels: y).mean()
  let trainStep = optimizer.minimize(cost)
  let isCorrect = prediction.argmax(axis: 1) .== y.argmax(axis: 1)
  let accuracy = isCorrect.cast(to: .float32).mean()

  let training = try Training(
    graph, options, watching: ["cost": cost, "accuracy": accuracy],
    showing: mnist.test.images, title: "mnist-lstm")
  try training.session.run(graph.variablesInitializer)
  try training.steps(options.steps ?? 781, of: mnist.train) { step in
    let batch = mnist.train.nextBatch(batchSize)
    let feeds: Feeds = [
      x: batch.images.reshaped(to: [batchSize, steps, inputs]), y: batch.labels,
    ]
    try training.step(trainStep, feeding: feeds)
    if step % 20 == 0 {
      training.report(try training.session.run(accuracy, feeding: feeds).scalar(as: Float.self))
    }
  }
  let test = mnist.test
  try training.test(
    accuracy, feeding: [x: test.images.reshaped(to: [-1, steps, inputs]), y: test.labels])
}
