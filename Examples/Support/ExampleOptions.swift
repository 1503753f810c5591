import ArgumentParser
import Jacquard
import JacquardSummaries

/// The options of every example that builds and runs a graph.
public struct ExampleOptions: ParsableArguments {
  /// Decides everything that is drawn by chance.
  @Option(help: "Decides everything that is drawn by chance.")
  public var seed: UInt64 = 1

  @Option(help: "The threads to compute with; by default one for each processor.")
  var threads: Int?

  @Option(help: "Write a drawing of the graph, for Graphviz, to this file.")
  var dumpGraph: String?

  @Option(help: "How many levels of scopes the drawing opens; all by default.")
  var dumpDepth: Int?

  @Flag(help: "Draw only what the results need: no gradients, updates and initial values.")
  var dumpForward = false

  /// The folder for TensorBoard; `nil` if nothing is to be written for it.
  @Option(help: "Write the graph, and the course of a training, to this folder for TensorBoard.")
  public var logDir: String?

  /// The options as they are if none is given.
  public init() {}

  /// Tells which option makes no sense.
  public func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads is \(threads); give 1 or more.")
    }
    if let dumpDepth, dumpDepth < 0 {
      throw ValidationError("--dump-depth is \(dumpDepth); give 0 or more.")
    }
  }

  /// A session for `graph`, which is drawn or written first if `--dump-graph` or `--log-dir` ask for it.
  ///
  /// - Parameters:
  ///   - graph: the whole graph.
  ///   - results: what `--dump-forward` draws the way to.
  ///   - title: the heading of the drawing.
  /// - Throws: what is wrong with the graph, or with the file.
  public func session(_ graph: Graph, results: [any Fetchable], title: String) throws -> Session {
    try draw(graph, results: results, title: title)
    return Session(graph, options: sessionOptions)
  }

  /// Draws `graph` if `--dump-graph` asks for it, and writes it for TensorBoard if `--log-dir` does.
  ///
  /// - Parameters:
  ///   - graph: the whole graph.
  ///   - results: what `--dump-forward` draws the way to.
  ///   - title: the heading of the drawing.
  /// - Throws: what is wrong with the graph, or with the file.
  public func draw(_ graph: Graph, results: [any Fetchable], title: String) throws {
    try graph.validate()
    let writer = try eventWriter()
    try writer?.add(graph: graph)
    try writer?.close()
    guard let dumpGraph else { return }
    let drawing = DotOptions(
      maxDepth: dumpDepth, fetches: dumpForward ? results : [], title: title)
    try graph.writeDot(to: dumpGraph, drawing)
  }

  /// A writer to the folder of `--log-dir`, or to one in it; `nil` if nothing is to be written.
  public func eventWriter(_ run: String? = nil) throws -> EventWriter? {
    try logDir.map { folder in
      try EventWriter(directory: run.map { "\(folder)/\($0)" } ?? folder)
    }
  }

  /// What the command line says of sessions.
  public var sessionOptions: SessionOptions {
    var options = SessionOptions()
    if let threads { options.threads = threads }
    return options
  }
}
