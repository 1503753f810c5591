import ExampleSupport
import Jacquard
import JacquardData
import JacquardNN

/// What each of the three networks is trained and measured with.
private struct Classifier {
  let cost: Tensor
  let accuracy: Tensor

  init(_ scope: String, _ x: Tensor, _ y: Tensor, _ network: (Tensor) -> Tensor) {
    let logits = x.graph.variableScope(scope) { network(x) }
    cost = softmaxCrossEntropy(logits: logits, labels: y).mean()
    accuracy = (logits.argmax(axis: 1) .== y.argmax(axis: 1)).cast(to: .float32).mean()
  }
}

/// Trains a plain, a convolutional and a recurrent network on the same images; the article shows what each makes of them.
func nnCNNRNN(_ options: MNISTOptions) throws {
  let mnist = try options.loadMNIST()
  print("training data:", mnist.train.images.shape)

  let graph = Graph(seed: options.seed)
  let x = graph.placeholder(.float32, [nil, 784], name: "x")
  let y = graph.placeholder(.float32, [nil, 10], name: "y")

  let nn = Classifier("nn", x, y, plainNetwork)
  let cnn = Classifier("cnn", x, y, convolutionalNetwork)
  let rnn = Classifier("rnn", x, y, recurrentNetwork)

  // No two of them share a weight, so the sum trains each as if it were alone.
  let cost = nn.cost + cnn.cost + rnn.cost
  let train = AdamOptimizer(learningRate: 0.001).minimize(cost)

  let training = try Training(
    graph, options,
    watching: [
      "nn/cost": nn.cost, "cnn/cost": cnn.cost, "rnn/cost": rnn.cost, "nn/accuracy": nn.accuracy,
      "cnn/accuracy": cnn.accuracy, "rnn/accuracy": rnn.accuracy,
    ],
    results: [nn.accuracy, cnn.accuracy, rnn.accuracy], showing: mnist.test.images,
    title: "nn-cnn-rnn")
  let session = training.session
  try session.run(graph.variablesInitializer)
  try training.steps(options.steps ?? 500, of: mnist.train) { step in
    let batch = mnist.train.nextBatch(128)
    let feeds: Feeds = [x: batch.images, y: batch.labels]
    try training.step(train, feeding: feeds)
    if (step + 1) % 100 == 0 {
      let (a, b, c) = try session.run(nn.accuracy, cnn.accuracy, rnn.accuracy, feeding: feeds)
      training.report("step \(step + 1): accuracy of NN \(a), CNN \(b), RNN \(c)")
    }
  }
  let (a, b, c) = try session.run(
    nn.accuracy, cnn.accuracy, rnn.accuracy,
    feeding: [x: mnist.test.images, y: mnist.test.labels])
  training.report("on the test images: accuracy of NN \(a), CNN \(b), RNN \(c)")
  try training.finish(testAccuracy: c.scalar())
}
