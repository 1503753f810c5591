import Foundation
import Jacquard
import JacquardSummaries

/// What is kept of a training's course: for TensorBoard (`--log-dir`), and for a drawing of its curves (`--loss-curve`).
struct TrainingRecord {
  private let title: String
  private let names: [String]
  private let summaries: Summaries
  private let weights: [Variable]
  private let writer: EventWriter?
  private let curvesPath: String?
  private var curves: [[Double]]

  /// The number of the first step that is kept: those before were taken by another process.
  var firstStep = 0

  /// How many steps there are from one histogram of the weights to the next.
  private static let histogramInterval = 100

  /// - Parameters:
  ///   - graph: the graph that is trained.
  ///   - curves: what is computed with each step, scalars by name.
  ///   - images: images to show, `[count, 784]` or `[count, 28, 28]`.
  ///   - title: the heading of the drawing.
  init(
    _ graph: Graph, _ options: MNISTOptions, curves: KeyValuePairs<String, Tensor>,
    images: NDArray, title: String
  ) throws {
    self.title = title
    names = curves.map(\.key)
    var summaries = Summaries()
    for (name, tensor) in curves { summaries.add(scalar: tensor, named: name) }
    self.summaries = summaries
    weights = graph.trainableVariables
    writer = try options.example.eventWriter()
    try writer?.add(digits: images)
    curvesPath = options.lossCurve
    self.curves = curves.map { _ in [] }
  }

  /// Whether anything is kept: if not, steps need not compute what is watched.
  var isKept: Bool { writer != nil || curvesPath != nil }

  /// How many steps have been taken.
  private var steps: Int { firstStep + (curves.first?.count ?? 0) }

  /// Keeps the weights as they are before a step, if it is time.
  func beginStep(in session: Session) throws {
    guard let writer, steps % Self.histogramInterval == 0 else { return }
    try addWeights(to: writer, session, steps)
  }

  /// Takes one step; what is found is as of before it.
  func run(
    _ trainStep: Jacquard.Operation, in session: Session, feeding feeds: Feeds
  ) throws -> SummaryValues {
    let (found, _) = try session.run(summaries, trainStep, feeding: feeds)
    return found
  }

  /// Keeps what a step has found, and how long it took.
  mutating func add(_ found: SummaryValues, milliseconds: Double, in session: Session) throws {
    let step = steps
    for (index, name) in names.enumerated() {
      curves[index].append(found[name]?.doubleValue ?? .nan)
    }
    guard let writer else { return }
    try writer.add(found, step: step)
    try writer.add(scalar: milliseconds, named: "milliseconds per step", step: step)
  }

  /// Keeps what was found with the test images, and writes everything.
  mutating func finish(testAccuracy: Float, in session: Session) throws {
    if let writer {
      try writer.add(scalar: testAccuracy, named: "test/accuracy", step: steps)
      try addWeights(to: writer, session, steps)
      try writer.close()
    }
    if let curvesPath {
      let accuracy = String(format: "%.4f", testAccuracy)
      try LossCurves(
        title: title, subtitle: "\(steps) steps; accuracy on the test images: \(accuracy)",
        curves: zip(names, curves).map { (name: $0, values: $1) }
      ).write(to: curvesPath)
    }
  }

  private func addWeights(to writer: EventWriter, _ session: Session, _ step: Int) throws {
    for weight in weights {
      try writer.add(histogram: session.value(of: weight), named: weight.name, step: step)
    }
  }
}

extension EventWriter {
  /// Adds the first of images `[count, 784]` or `[count, 28, 28]`.
  func add(digits images: NDArray) throws {
    try add(
      image: images.reshaped(to: [-1, 28, 28, 1]), named: "test images", step: 0, maximumCount: 10)
  }
}
