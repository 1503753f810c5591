import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("What models say of misuse")
struct ModelErrorTests {
  private func expect(
    _ words: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation,
    from body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as ModelError {
      for word in words {
        #expect(
          error.description.contains(word), "'\(word)' is not in '\(error)'",
          sourceLocation: sourceLocation)
      }
    } catch {
      Issue.record("another error was thrown: \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test("fit and evaluate before compile, or after a layer was added")
  func notCompiled() {
    let (data, model) = (Points(4), Sequential([Dense(3)], inputShape: [6]))
    expect("fit", "compile(") { try model.fit(data.x, data.classes) }
    expect("evaluate", "compile(") { _ = try model.evaluate(data.x, data.classes) }
    model.compile(optimizer: .sgd, loss: .sparseCategoricalCrossentropy(fromLogits: true))
    model.add(Dense(3))
    expect("fit", "compile(") { try model.fit(data.x, data.classes) }
  }

  @Test("wrong shapes, types and numbers of examples and labels, and senseless options")
  func wrongOperands() {
    let (data, model) = (Points(4), classifier())
    let empty = data.x[0..<0]
    expect("no examples", "fit") { try model.fit(empty, data.classes[0..<0]) }
    expect("no examples", "evaluate") { _ = try model.evaluate(empty, data.classes[0..<0]) }
    expect("no examples", "validation") {
      try model.fit(data.x, data.classes, validationData: (empty, data.classes[0..<0]))
    }
    expect("4 examples and 3 labels") { try model.fit(data.x, data.classes[0..<3]) }
    expect("float32[2, 12]", "float32[?, 6]", "reshape") {
      try model.fit(data.x.reshaped(to: [2, 12]), data.classes[0..<2])
    }
    expect("float64[4, 6]", "float32[?, 6]", "converted(to: .float32)") {
      _ = try model.predict(data.x.converted(to: .float64))
    }
    expect("float32[4, 3]", "int64[?]", "categoricalCrossentropy") {
      try model.fit(data.x, data.oneHot)
    }
    expect("int32[4, 3]", "one number for each example") {
      try model.fit(data.x, data.oneHot.converted(to: .int32))
    }
    let oneHot = classifier()
    oneHot.compile(optimizer: .sgd, loss: .categoricalCrossentropy)
    expect("int32[4]", "float32[?, 3]", "sparseCategoricalCrossentropy") {
      try oneHot.fit(data.x, data.classes)
    }
    expect("batchSize is 0", "1 or more") { try model.fit(data.x, data.classes, batchSize: 0) }
    expect("epochs is -1") { try model.fit(data.x, data.classes, epochs: -1) }
    expect("validationSplit is 1.0", "less than 1") {
      try model.fit(data.x, data.classes, validationSplit: 1)
    }
    expect("weights", "array of 1", "4 of them") { try model.setWeights([data.x]) }
  }

  @Test("a column of labels will do for a vector, a vector for a column")
  func labelColumns() throws {
    let (data, model) = (Points(8), classifier())
    let column = data.classes.reshaped(to: [8, 1])
    let (a, b) = (
      try model.evaluate(data.x, data.classes), try model.evaluate(data.x, column)
    )
    #expect(a == b)
    let number = Sequential([Dense(1)], inputShape: [6])
    number.compile(optimizer: .sgd, loss: .meanSquaredError)
    try number.fit(data.x, data.classes, verbosity: .silent)
    #expect(number.labels?.shape == [nil, 1])
  }

  @Test("NaN names epoch and batch; the weights are as of the last good step")
  func notFinite() throws {
    let data = Points(24)
    var values = data.x.elements(as: Float.self)
    values[6 * 16] = .nan  // the first of the third batch
    let broken = NDArray(values, shape: [24, 6])
    let model = classifier()
    expect("epoch 1, batch 3", "not taken") {
      try model.fit(
        broken, data.classes, batchSize: 8, epochs: 2, shuffle: false, verbosity: .silent)
    }
    let good = classifier()
    try good.fit(
      data.x[0..<16], data.classes[0..<16], batchSize: 8, shuffle: false, verbosity: .silent)
    let (a, b) = (try model.weights(), try good.weights())
    #expect(a == b)
    #expect(a.allSatisfy { $0.doubles().allSatisfy(\.isFinite) })
  }

  @Test("an infinite gradient of a finite loss is found, too")
  func infiniteGradient() throws {
    let model = Model(inputShape: [1]) { x, _ in
      sqrt(abs(Dense(1, useBias: false, kernelInitializer: .zeros)(x)))
    }
    model.compile(optimizer: .sgd, loss: .meanAbsoluteError)
    let x = NDArray([[1]] as [[Float]])
    expect("gradient of 'dense/kernel'", "epoch 1, batch 1") {
      try model.fit(x, x, verbosity: .silent)
    }
    #expect(try model.weights().map { $0.doubles() } == [[0]])
  }

  @Test("a class that there is not names epoch, batch and the operation's error")
  func labelOutOfRange() throws {
    let data = Points(16)
    var classes = data.classes.elements(as: Int32.self)
    classes[9] = 7
    expect("epoch 1, batch 2", "7") {
      try classifier().fit(
        data.x, NDArray(classes), batchSize: 8, shuffle: false, verbosity: .silent)
    }
  }

  @Test("what is wrong with the network is thrown by its first use, with the line of the layer")
  func brokenNetwork() throws {
    let model = Sequential([LSTM(3)], inputShape: [6]); let line = #line
    model.compile(optimizer: .sgd, loss: .meanSquaredError)
    let error = #expect(throws: GraphError.self) { try model.predict(Points(2).x) }
    #expect(error?.diagnostics.count == 1, "\(String(describing: error))")
    #expect(error?.diagnostics.first?.line == line)
    #expect(error?.diagnostics.first?.file?.hasSuffix("ModelErrorTests.swift") == true)
  }

  @Test("parts of a model whose input is not known are a diagnostic, not a trap")
  func unknownInput() throws {
    let model = Sequential([Dense(3)])
    #expect(model.output.isInvalid)
    let error = #expect(throws: GraphError.self) { try model.graph.validate() }
    #expect(error?.description.contains("inputShape:") == true)
  }
}
