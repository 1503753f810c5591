import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Models against Keras")
struct KerasModelGoldenTests {
  @Test(
    "ten steps of fit, evaluate and predict, from the same weights",
    arguments: Goldens.load("keras_models"))
  func training(_ golden: GoldenCase) throws {
    let model = try Self.model(golden)
    let labels: [NDArray] = try ["y", "testY"].map { key in
      let y = try golden[key]
      return golden.name.contains("sparse") ? y.converted(to: .int32) : y
    }
    let count = golden.arrays.keys.filter { $0.hasPrefix("w") }.count
    try model.setWeights(try (0..<count).map { try golden["w\($0)"] })
    let history = try model.fit(
      try golden["x"], labels[0], batchSize: 8, epochs: 2,
      validationData: (try golden["testX"], labels[1]), shuffle: false, verbosity: .silent)

    let weights = try model.weights()
    #expect(weights.count == count)
    for (index, weight) in weights.enumerated() {
      expectClose(weight, try golden["trained\(index)"], tolerance: 1e-4, "weight \(index)")
    }
    for (key, values) in golden.arrays where key.hasPrefix("history_") {
      let name = String(key.dropFirst("history_".count)).replacing(
        "mae", with: "mean_absolute_error")
      #expect(history[name].count == 2, "\(name)")
      expectClose(NDArray(history[name]), values, tolerance: 1e-4, name)
    }
    let found = try model.evaluate(try golden["testX"], labels[1], batchSize: 5)
    expectClose(NDArray(found.values), try golden["evaluation"], tolerance: 1e-4, "evaluation")
    let prediction = try model.predict(try golden["testX"], batchSize: 5)
    expectClose(prediction, try golden["prediction"], tolerance: 1e-4, "prediction")
  }

  private static func model(_ golden: GoldenCase) throws -> Sequential {
    let classifier: [any Layer] = [LSTM(6), Dense(4, activation: .softmax)]
    switch try golden.text("model") {
    case "classifier_adam":
      let model = Sequential(classifier, inputShape: [5, 3])
      model.compile(
        optimizer: .adam(learningRate: 0.01), loss: .categoricalCrossentropy, metrics: [.accuracy])
      return model
    case "classifier_sparse_sgd":
      let model = Sequential(classifier, inputShape: [5, 3])
      model.compile(
        optimizer: .sgd(learningRate: 0.5), loss: .sparseCategoricalCrossentropy,
        metrics: [.accuracy])
      return model
    case "regression_sgd":
      let model = Sequential(
        [Dense(6, activation: .relu), BatchNormalization(momentum: 0.8), Dense(2)],
        inputShape: [4])
      model.compile(
        optimizer: .sgd(learningRate: 0.1), loss: .meanSquaredError, metrics: [.meanAbsoluteError])
      return model
    case "binary_adam":
      let model = Sequential(
        [Bidirectional(GRU(4, returnSequences: true)), LSTM(3), Dense(1, activation: .sigmoid)],
        inputShape: [5, 3])
      model.compile(
        optimizer: .adam(learningRate: 0.01), loss: .binaryCrossentropy, metrics: [.accuracy])
      return model
    default: throw GoldenError("unknown model \(golden.name)")
    }
  }
}
