import Foundation
import Jacquard
import JacquardArrays
import JacquardNN
import TemporaryFolders
import Testing

@Suite("Checkpoints of models")
struct ModelCheckpointTests {
  private let folder = temporaryPath()

  @discardableResult
  private func fit(
    epochs: Int, _ callbacks: [any Callback], seed: UInt64 = 1
  ) throws -> (model: Sequential, history: History) {
    let data = Points(40)
    let model = classifier(seed: seed, dropout: 0.3)
    let history = try model.fit(
      data.x, data.classes, batchSize: 8, epochs: epochs, callbacks: callbacks, verbosity: .silent)
    return (model, history)
  }

  @Test("three epochs and two after a new beginning are five, dropout and order included")
  func resuming() throws {
    let whole = try fit(epochs: 5, [])
    try fit(epochs: 3, [ModelCheckpoint(in: folder)])
    let resumed = try fit(epochs: 5, [ModelCheckpoint(in: folder)])
    #expect(resumed.history.epochs.count == 2)
    #expect(resumed.history.epochs.map(\.loss) == whole.history.epochs.suffix(2).map(\.loss))
    let weights = (try resumed.model.weights(), try whole.model.weights())
    #expect(weights.0 == weights.1)
    let state = (resumed.model.session.state, whole.model.session.state)
    #expect(state.0.variables.map(\.name) == state.1.variables.map(\.name))
    #expect(state.0.variables.map(\.value) == state.1.variables.map(\.value))
  }

  @Test("a training that is over is not begun again; another with the callback is")
  func theEnd() throws {
    let callback = ModelCheckpoint(in: folder, keep: nil)
    let (model, _) = try fit(epochs: 2, [callback])
    #expect(try fit(epochs: 2, [ModelCheckpoint(in: folder)]).history.epochs.isEmpty)
    let data = Points(40)
    let more = try model.fit(
      data.x, data.classes, epochs: 2, callbacks: [callback], verbosity: .silent)
    #expect(more.epochs.count == 2)
    #expect(try Checkpoint.latest(in: folder)?.step == 4)
    let anew = try fit(epochs: 1, [ModelCheckpoint(in: folder, resume: false)])
    #expect(anew.history.epochs.count == 1)
  }

  @Test("the checkpoint of another model is told, and of no training")
  func otherModels() throws {
    try fit(epochs: 1, [ModelCheckpoint(in: folder)])
    let model = Sequential([Dense(3, activation: .softmax)], inputShape: [6])
    model.compile(optimizer: .sgd, loss: .sparseCategoricalCrossentropy)
    let data = Points(8)
    let error = #expect(throws: CheckpointError.self) {
      try model.fit(
        data.x, data.classes, callbacks: [ModelCheckpoint(in: folder)], verbosity: .silent)
    }
    #expect(error?.description.contains("different: 'dense/kernel' is float32[6, 3]") == true)
    try Saver().save(model.session, to: folder, step: 7)
    #expect(throws: CheckpointError.self) { try fit(epochs: 1, [ModelCheckpoint(in: folder)]) }
    try Saver().save(
      model.session, to: folder, step: 8, values: ["fit": ["epochs": -1, "shuffledEpochs": 0]])
    let forged = #expect(throws: CheckpointError.self) {
      try fit(epochs: 1, [ModelCheckpoint(in: folder)])
    }
    #expect(forged?.description.contains("-1 and 0 are not numbers of epochs") == true)
  }
}
