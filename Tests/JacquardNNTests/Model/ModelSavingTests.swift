import Foundation
import Jacquard
import JacquardNN
import Testing

@Suite("Models saved and loaded")
struct ModelSavingTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors").path
  }

  /// A network with dropout and batch normalization, whose training differs from its use.
  private static func model() -> Sequential {
    let model = Sequential(
      [
        Dense(12, activation: .relu), BatchNormalization(), Dropout(0.3),
        Dense(3, activation: .softmax),
      ], inputShape: [6], seed: 3)
    model.compile(
      optimizer: .adam(learningRate: 0.02), loss: .sparseCategoricalCrossentropy,
      metrics: [.accuracy, .topKAccuracy(2)])
    return model
  }

  @Test("it predicts, evaluates and fits on like the model that was saved, without its layers")
  func goesOn() throws {
    let (data, test) = (Points(96), Points(40, seed: 2))
    let original = Self.model()
    try original.fit(data.x, data.classes, epochs: 2, verbosity: .silent)
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try original.save(to: path)
    let loaded = try Model(contentsOf: path)
    #expect(loaded.layers.isEmpty)
    #expect(loaded.inputShape == [6])
    #expect(try loaded.predict(test.x) == original.predict(test.x))
    #expect(try loaded.weights() == original.weights())
    let (a, b) = (
      try original.evaluate(test.x, test.classes), try loaded.evaluate(test.x, test.classes)
    )
    #expect(a.names == b.names && a.names == ["loss", "accuracy", "top_2_accuracy"])
    #expect(a.names.map { a[$0] } == b.names.map { b[$0] })
    // Two more epochs, of the same order and with the same dropout.
    let first = try original.fit(
      data.x, data.classes, epochs: 2, validationSplit: 0.25, verbosity: .silent)
    let second = try loaded.fit(
      data.x, data.classes, epochs: 2, validationSplit: 0.25, verbosity: .silent)
    #expect(first["loss"] == second["loss"])
    #expect(first["val_accuracy"] == second["val_accuracy"])
    #expect(try loaded.weights() == original.weights())
    let counts = original.summaryText.split(separator: "\n").suffix(3)
    #expect(loaded.summaryText.split(separator: "\n").suffix(3) == counts)
  }

  @Test("by name it is used without this module, too")
  func byName() throws {
    let data = Points(32)
    let original = Self.model()
    try original.fit(data.x, data.classes, verbosity: .silent)
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try original.save(to: path)
    let model = try SavedModel(contentsOf: path)
    #expect(model.signature.inputs.names == ["input", "labels"])
    #expect(
      model.signature.outputs.names == [
        "output", "training_output", "loss", "accuracy", "top_2_accuracy", "training_loss",
        "training_accuracy", "training_top_2_accuracy",
      ])
    #expect(try model.run(["input": data.x], fetching: "output") == original.predict(data.x))
    let labels = data.classes.converted(to: .int64)
    for _ in 0..<20 { try model.run(["input": data.x, "labels": labels], training: "train_step") }
    let loss = try model.run(["input": data.x, "labels": labels], fetching: "loss").doubleValue
    #expect(try loss < original.evaluate(data.x, data.classes).loss)
  }

  @Test("for predictions alone it is smaller; it may be compiled anew")
  func pruned() throws {
    let data = Points(48)
    let original = Self.model()
    try original.fit(data.x, data.classes, verbosity: .silent)
    let (whole, small) = (Self.path(), Self.path())
    defer {
      for path in [whole, small] { try? FileManager.default.removeItem(atPath: path) }
    }
    try original.save(to: whole)
    try original.save(to: small, pruned: true)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: small)).count * 3
        < Data(contentsOf: URL(fileURLWithPath: whole)).count)
    let loaded = try Model(contentsOf: small)
    #expect(try loaded.predict(data.x) == original.predict(data.x))
    #expect(throws: ModelError.notCompiled(action: "fit")) {
      try loaded.fit(data.x, data.classes)
    }
    loaded.compile(optimizer: .sgd(learningRate: 0.1), loss: .sparseCategoricalCrossentropy)
    let history = try loaded.fit(data.x, data.classes, epochs: 5, verbosity: .silent)
    #expect(history["loss"][4] < history["loss"][0])
  }

  @Test("what cannot be saved or loaded is told")
  func errors() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let unknown = Sequential([Dense(2)])
    let error = #expect(throws: ModelError.self) { try unknown.save(to: path) }
    #expect("\(error!)".contains("inputShape:"))
    let graph = Graph()
    let x = graph.placeholder(.float32, [], name: "x")
    try SavedModel.save(Session(graph), outputs: ["x": x], to: path)
    let other = #expect(throws: ModelError.self) { try Model(contentsOf: path) }
    #expect("\(other!)".contains("'\(path)' was not saved by a Model"))
    #expect(other?.localizedDescription == "\(other!)")
  }
}
