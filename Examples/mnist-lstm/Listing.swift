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

struct Listing {
  let graph: Graph
  let x: Tensor
  let y: Tensor
  let cost: Tensor
  let trainStep: Operation
  let accuracy: Tensor

  init(seed: UInt64, optimizer: any Optimizer) {
    graph = Graph(seed: seed)
    x = graph.placeholder(.float32, [nil, steps, inputs], name: "x")
    y = graph.placeholder(.float32, [nil, classes], name: "y")

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
    cost = softmaxCrossEntropy(logits: prediction, labels: y).mean()
    trainStep = optimizer.minimize(cost)
    let isCorrect = prediction.argmax(axis: 1) .== y.argmax(axis: 1)
    accuracy = isCorrect.cast(to: .float32).mean()
  }

  /// Trains for `count` steps, and reports the accuracy on the batch of every 20th.
  func train(
    _ session: Session, on data: DataSet, steps count: Int, clock: inout StepClock,
    report: (_ step: Int, _ accuracy: Float) -> Void
  ) throws {
    try session.run(graph.variablesInitializer)
    for step in 0..<count {
      let batch = data.nextBatch(batchSize)
      let feeds: Feeds = [
        x: batch.images.reshaped(to: [batchSize, steps, inputs]), y: batch.labels,
      ]
      try clock.measure { try session.run(trainStep, feeding: feeds) }
      if step % 20 == 0 {
        report(step, try session.run(accuracy, feeding: feeds).scalar())
      }
    }
  }

  /// The accuracy on all of `data`, in one run.
  func accuracy(_ session: Session, on data: DataSet) throws -> Float {
    try session.run(
      accuracy,
      feeding: [
        x: data.images.reshaped(to: [data.count, steps, inputs]), y: data.labels,
      ]
    ).scalar()
  }
}
