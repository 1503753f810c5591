import ExampleSupport
import Jacquard
import JacquardData
import JacquardNN

// The listing of the article, in its order: an LSTM whose last output is taken from all of them, with the shapes on the
// way. The article draws them by hand; Graphs/mnist-tensor-flow.svg is that drawing.

// hyperparameters
let lr = 0.001
let trainingIters = 100_000  // images, one after the other
let batchSize = 128

let nInputs = 28  // MNIST data input (image shape: 28 × 28)
let nSteps = 28  // time steps
let nHiddenUnits = 128  // neurons in hidden layer
let nClasses = 10  // MNIST classes (digits 0 to 9)

func mnistTensorFlow(_ options: MNISTOptions) throws {
  let graph = Graph(seed: options.seed)

  // this is data
  let mnist = try options.loadMNIST()

  // graph input
  let x = graph.placeholder(.float32, [nil, nSteps, nInputs], name: "x")
  let y = graph.placeholder(.float32, [nil, nClasses], name: "y")

  // weights
  let weights = (
    // [28, 128]
    in: graph.variable(.normal(), [nInputs, nHiddenUnits], name: "weights_in"),
    // [128, 10]
    out: graph.variable(.normal(), [nHiddenUnits, nClasses], name: "weights_out")
  )
  let biases = (
    // [128]
    in: graph.variable(.constant(0.1), [nHiddenUnits], name: "biases_in"),
    // [10]
    out: graph.variable(.constant(0.1), [nClasses], name: "biases_out")
  )

  func rnn(_ x: Tensor) -> Tensor {
    // hidden layer for input to cell: [128 batch · 28 steps, 28 inputs]
    let rows = x.reshaped(to: [-1, nInputs])
    // [128 batch · 28 steps, 128 hidden]
    var xIn = matmul(rows, weights.in) + biases.in
    // [128 batch, 28 steps, 128 hidden]
    xIn = xIn.reshaped(to: [-1, nSteps, nHiddenUnits])

    // cell
    let cell = BasicLSTMCell(units: nHiddenUnits)
    print("cell=", cell)
    // c and h, each [128 batch, 128 hidden]; the article fixes the batch, here it is that of x
    let initState = cell.zeroState(like: xIn)
    print("init_state.shape=", initState)
    let (outputs, finalState) = dynamicRNN(cell, xIn, initialState: initState, timeMajor: false)
    print("outputs.shape=", outputs.shape, "final_state.shape=", finalState.tensors.count)
    print("final_state.shape=", finalState)

    // hidden layer for output as the final results: 28 times [128 batch, 128 hidden]
    let steps = outputs.transposed([1, 0, 2]).unstacked(count: nSteps)
    print("outputs after unstacking", steps.count)
    print("now outputs", steps)
    // [128 batch, 10]
    return matmul(steps[nSteps - 1], weights.out) + biases.out
  }

  let pred = rnn(x)
  let cost = softmaxCrossEntropy(logits: pred, labels: y).mean()
  let trainOp = AdamOptimizer(learningRate: lr).minimize(cost)

  let correctPred = pred.argmax(axis: 1) .== y.argmax(axis: 1)
  let accuracy = correctPred.cast(to: .float32).mean()

  let training = try Training(
    graph, options, watching: ["cost": cost, "accuracy": accuracy],
    showing: mnist.test.images, title: "mnist-tensor-flow")
  let session = training.session
  try session.run(graph.variablesInitializer)
  // As many steps as it takes to read trainingIters images
  let trainingSteps = options.steps ?? (trainingIters + batchSize - 1) / batchSize
  try training.steps(trainingSteps, of: mnist.train) { step in
    let batch = mnist.train.nextBatch(batchSize)
    var (batchXs, batchYs) = (batch.images, batch.labels)
    training.report(
      "batch_xs.shape= \(batchXs.shape) batch_ys.shape= \(batchYs.shape) "
        + "len(batch_ys)= \(batchYs.shape[0])")
    batchXs = batchXs.reshaped(to: [batchSize, nSteps, nInputs])
    training.report("after reshaping batch_xs.shape= \(batchXs.shape)")
    try training.step(trainOp, feeding: [x: batchXs, y: batchYs])
    if step % 20 == 0 {
      training.report(try session.run(accuracy, feeding: [x: batchXs, y: batchYs]))
    }
  }
  let test = mnist.test
  try training.test(
    accuracy, feeding: [x: test.images.reshaped(to: [-1, nSteps, nInputs]), y: test.labels])
}
