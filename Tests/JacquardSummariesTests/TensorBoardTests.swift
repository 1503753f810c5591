import Foundation
import Jacquard
import JacquardNN
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("The TensorBoard callback")
struct TensorBoardTests {
  private func fit(_ callback: TensorBoard, epochs: Int = 2) throws -> History {
    let model = Sequential(inputShape: [2], seed: 1)
    model.add(Dense(1))
    model.compile(optimizer: .sgd, loss: .meanSquaredError, metrics: [.meanAbsoluteError])
    let x: NDArray = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    let y: NDArray = [[1.0], [1.0], [2.0], [0.0]]
    return try model.fit(
      x, y, batchSize: 2, epochs: epochs, validationData: (x, y), callbacks: [callback],
      verbosity: .silent)
  }

  @Test("each epoch's numbers go to train and validation, the graph and histograms to train")
  func epochs() throws {
    let folder = temporaryPath()
    let history = try fit(TensorBoard(directory: folder, histogramFrequency: 1))
    func expected(_ name: String, _ key: String) -> [String] {
      history[key].enumerated().map { "epoch_\(name) \($0) \(Float($1))" }
    }
    func curve(_ run: String, _ tag: String) throws -> [String] {
      try scalars(in: "\(folder)/\(run)").filter { $0.hasPrefix("\(tag) ") }
    }
    for name in ["loss", "mean_absolute_error"] {
      #expect(try curve("train", "epoch_\(name)") == expected(name, name))
      #expect(try curve("validation", "epoch_\(name)") == expected(name, "val_\(name)"))
    }
    let events = try events(in: "\(folder)/train")
    #expect(events.filter { !$0.graphDef.isEmpty }.count == 1)
    let histograms = events.flatMap { event in
      event.summary.value.filter { $0.histo.num > 0 }.map { "\($0.tag) \(event.step)" }
    }
    #expect(
      histograms.sorted() == ["dense/bias 0", "dense/bias 1", "dense/kernel 0", "dense/kernel 1"])
  }

  @Test("numbers of batches, on demand; neither graph nor histograms")
  func batches() throws {
    let folder = temporaryPath()
    let callback = TensorBoard(
      directory: folder, writeGraph: false, updateFrequency: .batches(3))
    _ = try fit(callback, epochs: 3)
    let lines = try scalars(in: "\(folder)/train")
    let steps = lines.filter { $0.hasPrefix("batch_loss ") }.map { $0.split(separator: " ")[1] }
    #expect(steps == ["0", "3"])
    #expect(try events(in: "\(folder)/train").allSatisfy { $0.graphDef.isEmpty })
  }
}
