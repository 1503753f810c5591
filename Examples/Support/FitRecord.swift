import Jacquard
import JacquardNN
import JacquardSummaries

extension MNISTOptions {
  /// What `--log-dir` and `--loss-curve` want to be called while a model is trained.
  ///
  /// - Parameters:
  ///   - images: what `--log-dir` shows the first of, `[count, 784]` or `[count, 28, 28]`.
  ///   - title: the heading of the drawing.
  /// - Throws: what is wrong with a file.
  public func callbacks(showing images: NDArray, title: String) throws -> [any Callback] {
    var callbacks: [any Callback] = []
    if let folder = example.logDir {
      let writer = try example.eventWriter()
      try writer?.add(digits: images)
      try writer?.close()
      // The graph is written with its drawing.
      callbacks.append(
        TensorBoard(
          directory: folder, histogramFrequency: 1, writeGraph: false, updateFrequency: .batches(1))
      )
    }
    if let lossCurve { callbacks.append(CurveRecorder(path: lossCurve, title: title)) }
    return callbacks
  }
}

/// Draws what a model finds for each batch, at the end of its training.
private final class CurveRecorder: Callback {
  private let path: String
  private let title: String
  private var logs: [Logs] = []

  init(path: String, title: String) {
    self.path = path
    self.title = title
  }

  func onBatchEnd(_ batch: Int, logs: Logs, _ model: Model) { self.logs.append(logs) }

  func onTrainEnd(_ model: Model) throws {
    let names = logs.first?.names ?? []
    try LossCurves(
      title: title, subtitle: "\(logs.count) steps",
      curves: names.map { name in (name: name, values: logs.map { $0[name] ?? .nan }) }
    ).write(to: path)
  }
}
