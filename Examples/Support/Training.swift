import Foundation
import Jacquard

/// What surrounds the steps of a training: the drawing, the session, progress, times, and the test at the end.
///
/// ```swift
/// let training = try Training(graph, options, results: [cost, accuracy], title: "mnist-lstm")
/// try training.session.run(graph.variablesInitializer)
/// for step in training.steps(781) {
///   try training.step(trainStep, feeding: [x: …, y: …])
/// }
/// try training.test(accuracy, feeding: [x: …, y: …])
/// ```
public final class Training {
  /// The session that holds the variables.
  public let session: Session

  private let progress = ProgressLine()
  private var clock = StepClock()

  /// Draws `graph` if `options` ask for it, and opens a session.
  ///
  /// - Parameters:
  ///   - graph: the whole graph, the training step included.
  ///   - options: what the command line says.
  ///   - results: what `--dump-forward` draws the way to.
  ///   - title: the heading of the drawing.
  /// - Throws: what is wrong with the graph, or with the file of the drawing.
  public init(
    _ graph: Graph, _ options: MNISTOptions, results: [any Fetchable], title: String
  ) throws {
    session = try options.example.session(graph, results: results, title: title)
  }

  deinit { progress.clear() }

  /// The numbers of `count` steps from 0 on; shows on a terminal how far they have come.
  public func steps(_ count: Int) -> some Sequence<Int> {
    var remaining = (0..<count).makeIterator()
    return AnyIterator { [self] in
      progress.clear()
      guard let step = remaining.next() else { return nil }
      progress.show("step \(step) of \(count)")
      return step
    }
  }

  /// Runs one step, and notes its time.
  public func step(_ trainStep: Jacquard.Operation, feeding feeds: Feeds) throws {
    try clock.measure { try session.run(trainStep, feeding: feeds) }
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
    finish(testAccuracy: results[0].scalar())
  }

  /// Prints the time of a step, and the last line of every example on MNIST.
  public func finish(testAccuracy: Float) {
    progress.clear()
    if let time = clock.medianMilliseconds {
      ProgressLine.write(String(format: "%.2f ms per step (median)\n", time))
    }
    print("test accuracy: \(String(format: "%.4f", testAccuracy))")
  }
}
