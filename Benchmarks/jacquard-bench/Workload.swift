import Foundation
import Jacquard
import JacquardArrays

/// A graph with what is to be fed, fetched and run.
struct Workload {
  let graph: Graph
  let feeds: [(tensor: Tensor, value: NDArray)]
  /// What is fetched first: in training the loss.
  let result: Tensor
  /// What else is fetched.
  var gradients: [Tensor] = []
  /// What else is run.
  var targets: [Jacquard.Operation] = []
  var isTraining = false

  var values: [NDArray] { feeds.map(\.value) }

  /// A session whose variables have their initial values.
  func makeSession(_ options: SessionOptions) throws -> Session {
    let session = Session(graph, options: options)
    try session.run(graph.variablesInitializer)
    return session
  }

  /// A run of what is measured.
  func makeCallable(_ session: Session) throws -> Callable<Tensor, [Tensor], [Jacquard.Operation]> {
    try session.makeCallable(result, gradients, targets, feeding: feeds.map(\.tensor))
  }

  /// The plan of that run.
  func explain(_ session: Session) throws -> String {
    var fed = Feeds()
    for (tensor, value) in feeds { fed = fed.feed(tensor, value) }
    return try session.explain(result, gradients, targets, feeding: fed)
  }
}

extension Report {
  /// Builds and runs a workload, first once, then again and again, and reports everything about it.
  init(
    _ name: String, _ options: [String: OptionValue], _ run: RunOptions, _ build: () -> Workload
  ) throws {
    self.init(name, options, run)
    var outputs: [NDArray] = []
    let ((workload, session, callable), milliseconds) = try timed {
      let workload = build()
      let session = try workload.makeSession(run.session)
      let callable = try workload.makeCallable(session)
      try callable.run(feeding: workload.values, into: &outputs)
      return (workload, session, callable)
    }
    firstRunMilliseconds = milliseconds
    let values = workload.values

    try session.run(workload.graph.variablesInitializer)
    try FixedNumbers.assignWeights(in: session)
    check = try (0..<(workload.isTraining ? 3 : 1)).map { _ in
      try callable.run(feeding: values, into: &outputs)
      let numbers = outputs[0].doubles()
      if workload.isTraining { return numbers[0] }
      return numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)
    }

    timings = try Timings(run) { try callable.run(feeding: values, into: &outputs) }
    allocationsPerRun = try countAllocations {
      try callable.run(feeding: values, into: &outputs)
    }
    let plan = try workload.explain(session)
    planSteps = kernelCount(plan)
    if run.explain { FileHandle.standardError.write(Data((plan + "\n").utf8)) }
    try measureMemory()
  }
}
