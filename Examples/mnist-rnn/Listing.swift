import ExampleSupport
import Jacquard
import JacquardData
import JacquardNN

/// Classifies MNIST with the network `flag`, 1 to 4.
func mnistRNNClassification(_ flag: Int, _ options: MNISTOptions) throws {
  // 1 The data
  let mnist = try options.loadMNIST()
  print(type(of: mnist))
  print("Training data shape:", mnist.train.images.shape)
  print("Test data shape:", mnist.test.images.shape)
  print("Validation data shape:", mnist.validation.images.shape)
  print("Training label shape:", mnist.train.labels.shape)

  // 2 The parameters and the network
  let nInput = 28  // pixels in a row
  let nSteps = 28  // rows of an image
  let nHidden = 128  // units of the hidden layer
  let nClasses = 10
  let batchSize = 128
  let trainingStep = options.steps ?? 5000
  let displayStep = 200
  let learningRate = 1e-4

  let graph = Graph(seed: options.seed)
  let inputX = graph.placeholder(.float32, [nil, nSteps, nInput], name: "input_x")
  let inputY = graph.placeholder(.float32, [nil, nClasses], name: "input_y")

  let hidden: Tensor
  switch flag {
  case 1:
    print("Single-layer static LSTM network:")
    hidden = singleLayerStaticLSTM(inputX, nSteps, nHidden)
  case 2:
    print("Single-layer static GRU network:")
    hidden = singleLayerStaticGRU(inputX, nSteps, nHidden)
  case 3:
    print("Single-layer dynamic LSTM network:")
    hidden = singleLayerDynamicLSTM(inputX, nSteps, nHidden)
  default:
    print("Single-layer dynamic GRU network:")
    hidden = singleLayerDynamicGRU(inputX, nSteps, nHidden)
  }
  print("hidden:", hidden.shape)

  let output = Dense(nClasses, activation: .softmax, name: "fully_connected")(hidden)

  // 3 The cost, a negative log-likelihood
  let cost = (-(inputY * log(output)).sum(along: [1])).mean()

  // 4 The training
  let train = AdamOptimizer(learningRate: learningRate).minimize(cost)
  let correct = output.argmax(axis: 1) .== inputY.argmax(axis: 1)
  let accuracy = correct.cast(to: .float32).mean()

  let training = try Training(
    graph, options, watching: ["cost": cost, "accuracy": accuracy],
    showing: mnist.test.images, title: "mnist-rnn --network \(flag)")
  let session = training.session
  try session.run(graph.variablesInitializer)
  try training.steps(trainingStep, of: mnist.train) { i in
    let batch = mnist.train.nextBatch(batchSize)
    let feeds: Feeds = [
      inputX: batch.images.reshaped(to: [-1, nSteps, nInput]), inputY: batch.labels,
    ]
    try training.step(train, feeding: feeds)
    if (i + 1) % displayStep == 0 {
      let (accuracy, cost) = try session.run(accuracy, cost, feeding: feeds)
      training.report("Step \(i + 1):Training set accuracy \(accuracy),cost \(cost).")
    }
  }

  // The article tests 50 images at a time, since more ran out of memory; here are all at once.
  let test = mnist.test
  try training.test(
    accuracy, cost: cost,
    feeding: [inputX: test.images.reshaped(to: [-1, nSteps, nInput]), inputY: test.labels])
}
