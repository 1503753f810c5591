import Foundation
import Jacquard
import JacquardData

/// What surrounds the steps of a training: the drawing, the session, checkpoints, progress, times, and the test at the end.
///
/// ```swift
/// let training = try Training(
///   graph, options, watching: ["cost": cost, "accuracy": accuracy], showing: mnist.test.images, title: "mnist-lstm")
/// try training.session.run(graph.variablesInitializer)
/// try training.steps(781, of: mnist.train) { step in
///   try training.step(trainStep, feeding: [x: …, y: …])
/// }
/// try training.test(accuracy, feeding: [x: …, y: …])
/// ```
public final class Training {
  /// The session that holds the variables.
  public let session: Session

  private let checkpoints: CheckpointOptions
  private var progress = ProgressBar()
  private var clock = StepClock()
  private var record: TrainingRecord
  private var profiling: StepProfiling

  /// Draws `graph` and writes it for TensorBoard if `options` ask for it, and opens a session.
  ///
  /// - Parameters:
  ///   - graph: the whole graph, the training step included.
  ///   - options: what the command line says.
  ///   - curves: what `--log-dir` and `--loss-curve` show of each step, scalars by name, as of before the step.
  ///   - results: what `--dump-forward` draws the way to; the curves, if nothing else is given.
  ///   - images: what `--log-dir` shows the first of, `[count, 784]`.
  ///   - title: the heading of the drawings.
  /// - Throws: what is wrong with the graph, or with a file.
  public init(
    _ graph: Graph, _ options: MNISTOptions, watching curves: KeyValuePairs<String, Tensor>,
    results: [any Fetchable]? = nil, showing images: NDArray, title: String
  ) throws {
    checkpoints = options.checkpoints
    session = try options.example.session(
      graph, results: results ?? curves.map(\.value), title: title)
    record = try TrainingRecord(graph, options, curves: curves, images: images, title: title)
    profiling = StepProfiling(options)
  }

  deinit { progress.clear() }

  /// Takes `count` steps, or what is left of them after the newest checkpoint; saves checkpoints if `--checkpoint` asks for it, and
  /// shows on a terminal how far it has come.
  ///
  /// - Parameters:
  ///   - count: the number of steps, those before the checkpoint included.
  ///   - data: what the batches are taken from.
  ///   - body: takes a step; given its number, from 0 on.
  /// - Throws: what `body` throws, and what is wrong with a checkpoint.
  public func steps(
    _ count: Int, of data: DataSet, _ body: (_ step: Int) throws -> Void
  ) throws {
    var first = 0
    if let found = try checkpoints.resume(session, data) {
      first = found.step
      record.firstStep = first
      report("resumed from step \(first) (\(found.path))")
    }
    for step in first..<max(first, count) {
      progress.show(step - first, of: count - first)
      try body(step)
      try checkpoints.saveIfDue(
        session, step: step + 1, of: count, values: ["data": data.position])
    }
    progress.clear()
  }

  /// Runs one step, and notes its time.
  public func step(_ trainStep: Jacquard.Operation, feeding feeds: Feeds) throws {
    profiling.note(trainStep, feeds)
    guard record.isKept else {
      try clock.measure { try session.run(trainStep, feeding: feeds) }
      return
    }
    try record.beginStep(in: session)
    let found = try clock.measure { try record.run(trainStep, in: session, feeding: feeds) }
    try record.add(found, milliseconds: clock.lastMilliseconds, in: session)
  }

  /// Prints a line, out of the way of the progress.
  public func report(_ line: Any) {
    progress.clear()
    print(line)
    fflush(nil)
  }

  /// Computes the accuracy in a single run, and ends with it.
  ///
  /// - Parameters:
  ///   - accuracy: the share of digits that are read correctly, a scalar.
  ///   - cost: what is minimised, a scalar, if it is to be printed, too.
  ///   - feeds: the whole test set.
  public func test(_ accuracy: Tensor, cost: Tensor? = nil, feeding feeds: Feeds) throws {
    progress.show("testing")
    let results = try session.run([accuracy, cost ?? accuracy], feeding: feeds)
    if cost != nil {
      report("test cost: \(String(format: "%.4f", results[1].scalar(as: Float.self)))")
    }
    try finish(testAccuracy: results[0].scalar())
  }

  /// Prints the time of a step, and the last line of every example on MNIST; ends what is written.
  ///
  /// - Throws: what is wrong with a file.
  public func finish(testAccuracy: Float) throws {
    try record.finish(testAccuracy: testAccuracy, in: session)
    try profiling.finish(in: session) { report($0) }
    progress.clear()
    if let time = clock.medianMilliseconds {
      ProgressBar.write(String(format: "%.2f ms per step (median)\n", time))
    }
    print("test accuracy: \(String(format: "%.4f", testAccuracy))")
  }
}
