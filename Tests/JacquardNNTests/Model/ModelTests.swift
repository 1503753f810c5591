import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Points of three classes in 6 dimensions, which a small network tells apart.
struct Points {
  let x: NDArray
  let classes: NDArray
  let oneHot: NDArray

  init(_ count: Int, seed: Int = 1) {
    let values = noise([count, 6], seed: seed).doubles()
    let rows = stride(from: 0, to: values.count, by: 6).map { Array(values[$0..<$0 + 6]) }
    x = NDArray(values, shape: [count, 6]).converted(to: .float32)
    let numbers = rows.map { row in
      let sums = [row[0] + row[3], row[1] + row[4], row[2] + row[5]]
      return sums.indices.max { sums[$0] < sums[$1] } ?? 0
    }
    classes = NDArray(numbers.map(Int32.init))
    oneHot = NDArray(numbers.map { n in (0..<3).map { $0 == n ? Float(1) : 0 } })
  }
}

func classifier(seed: UInt64 = 1, dropout: Double = 0) -> Sequential {
  let model = Sequential(
    [Dense(16, activation: .relu), Dropout(dropout), Dense(3, activation: .softmax)],
    inputShape: [6], seed: seed)
  model.compile(
    optimizer: .adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy,
    metrics: [.accuracy])
  return model
}

@Suite("Models")
struct ModelTests {
  @Test("fit learns; the same seed gives the same weights, another seed others")
  func learning() throws {
    let (data, test) = (Points(300), Points(90, seed: 2))
    func train(_ seed: UInt64) throws -> (Sequential, History) {
      let model = classifier(seed: seed, dropout: 0.1)
      let history = try model.fit(
        data.x, data.classes, batchSize: 32, epochs: 12, verbosity: .silent)
      return (model, history)
    }
    let (model, history) = try train(1)
    #expect(history.epochs.count == 12)
    #expect(history.epochs[0].names == ["loss", "accuracy"])
    let losses = history["loss"]
    #expect(losses[11] < losses[0] * 0.6)
    let found = try model.evaluate(test.x, test.classes)
    #expect(try #require(found.accuracy) > 0.8, "\(found)")

    let (again, _) = try train(1)
    let (other, _) = try train(2)
    let (a, b, c) = (try model.weights(), try again.weights(), try other.weights())
    #expect(a == b)
    #expect(a != c)
  }

  @Test("layers added one by one, and inputs that the first arrays describe, give the same model")
  func deferred() throws {
    let data = Points(40)
    let model = Sequential(seed: 1)
    model.add(Dense(16, activation: .relu))
    model.add(Dropout(0))
    model.add(Dense(3, activation: .softmax))
    model.compile(
      optimizer: .adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy])
    #expect(model.inputShape == nil)
    #expect(model.labels == nil)
    let history = try model.fit(data.x, data.classes, verbosity: .silent)
    #expect(model.inputShape == [6])
    #expect(model.input.shape == [nil, 6])
    let expected = try classifier().fit(data.x, data.classes, verbosity: .silent)
    #expect(history == expected)
  }

  @Test("metrics and losses are means over examples, whatever the batches")
  func unevenBatches() throws {
    let (data, model) = (Points(33), classifier())
    let whole = try model.evaluate(data.x, data.classes, batchSize: 33)
    let accuracy = try #require(whole.accuracy)
    #expect(whole.names == ["loss", "accuracy"])
    for size in [1, 7, 32] {
      let parts = try model.evaluate(data.x, data.classes, batchSize: size)
      #expect(abs(parts.loss - whole.loss) < 1e-6)
      #expect(abs(try #require(parts.accuracy) - accuracy) < 1e-6)
    }
    let hits = try model.predict(data.x).argmaxRows()
    let share = zip(hits, data.classes.elements(as: Int32.self)).filter { $0 == Int($1) }.count
    #expect(abs(Double(share) / 33 - accuracy) < 1e-6)
  }

  @Test(
    "predictions of any number of examples, in batches, without dropout", arguments: [0, 1, 5, 33])
  func predict(_ count: Int) throws {
    let (data, model) = (Points(33), classifier(dropout: 0.5))
    #expect(model.trainingOutput != model.output)
    let x = data.x[0..<count]
    let parts = try model.predict(x, batchSize: 4)
    let whole = try model.predict(x, batchSize: 100)
    #expect(parts.shape == [count, 3])
    expectClose(parts, whole, tolerance: 1e-6)
  }

  @Test("the last part of the examples validates, as if given by itself")
  func validationSplit() throws {
    let data = Points(50)
    let split = try classifier().fit(
      data.x, data.classes, batchSize: 8, epochs: 2, validationSplit: 0.2, verbosity: .silent)
    let given = try classifier().fit(
      data.x[0..<40], data.classes[0..<40], batchSize: 8, epochs: 2,
      validationData: (data.x[40..<50], data.classes[40..<50]), verbosity: .silent)
    #expect(split == given)
    #expect(split.epochs[1].names == ["loss", "accuracy", "val_loss", "val_accuracy"])
  }

  @Test(
    "each epoch has its own order, also over several calls of fit; without shuffling, that of the arrays"
  )
  func shuffling() throws {
    let x = NDArray((0..<12).map { Float($0) }, shape: [12, 1])
    func orders(shuffle: Bool) throws -> [[Double]] {
      let model = Sequential([Dense(1)], inputShape: [1], seed: 4)
      // The mean of the examples in a batch of one is the example.
      model.compile(
        optimizer: .sgd(learningRate: 0), loss: .meanSquaredError,
        metrics: [Metric("label") { labels, _ in labels }])
      var seen: [[Double]] = []
      let watch = LambdaCallback(
        onEpochBegin: { _, _ in seen.append([]) },
        onBatchEnd: { _, logs, _ in seen[seen.count - 1].append(logs["label"] ?? .nan) })
      for _ in 0..<2 {
        try model.fit(
          x, x, batchSize: 1, epochs: 2, shuffle: shuffle, callbacks: [watch], verbosity: .silent)
      }
      return seen
    }
    let file = (0..<12).map(Double.init)
    #expect(try orders(shuffle: false) == [file, file, file, file])
    let shuffled = try orders(shuffle: true)
    #expect(Set(shuffled).count == 4)
    for order in shuffled { #expect(order.sorted() == file) }
    #expect(try orders(shuffle: true) == shuffled)
  }

  @Test("a network of branches, built by a function, trains like a chain")
  func branches() throws {
    let data = Points(200)
    let (left, right, last) = (
      Dense(8, activation: .relu), Dense(8, activation: .tanh, name: "right"),
      Dense(3, activation: .softmax)
    )
    let model = Model(inputShape: [6], seed: 2) { x, _ in
      last(concatenate([left(x), right(x), x], axis: 1))
    }
    #expect(model.output.shape == [nil, 3])
    #expect(
      model.variables.map(\.name).prefix(3) == ["dense/kernel", "dense/bias", "right/kernel"])
    #expect(model.layers.count == 3)
    model.compile(
      optimizer: .adam(learningRate: 0.02), loss: .categoricalCrossentropy, metrics: [.accuracy])
    let history = try model.fit(data.x, data.oneHot, epochs: 8, verbosity: .silent)
    #expect(history["loss"][7] < history["loss"][0] * 0.7)
  }

  @Test("the parts are public: going on by hand with session, loss and step")
  func byHand() throws {
    let (data, model) = (Points(64), classifier())
    let (step, loss) = (try #require(model.trainStep), try #require(model.trainingLoss))
    let labels = try #require(model.labels)
    #expect(model.metrics.map(\.name) == ["accuracy"])
    try model.initializeVariables()
    let feeds: Feeds = [model.input: data.x, labels: data.classes.converted(to: .int64)]
    let before = try model.session.run(loss, feeding: feeds).doubleValue
    for _ in 0..<20 { try model.session.run(step, feeding: feeds) }
    let after = try model.session.run(loss, feeding: feeds).doubleValue
    #expect(after < before * 0.8)
  }

  @Test("penalties of regularizers are part of the loss")
  func regularizer() throws {
    let x = NDArray([[1]] as [[Float]])
    let model = Model(inputShape: [1]) { x, _ in
      x.graph.variableScope("all", regularizer: Regularizers.l2(2)) {
        Dense(1, useBias: false, kernelInitializer: .constant(3))(x)
      }
    }
    model.compile(optimizer: .sgd, loss: .meanSquaredError)
    let loss = try model.evaluate(x, x).loss
    // (3 − 1)² + 3²
    #expect(abs(loss - 13) < 1e-5)
  }
}

extension NDArray {
  /// The column of the largest element of each row.
  func argmaxRows() -> [Int] {
    let (values, columns) = (doubles(), shape[1])
    return (0..<shape[0]).map { row in
      (0..<columns).max { values[row * columns + $0] < values[row * columns + $1] } ?? 0
    }
  }
}
