import Jacquard
import JacquardArrays

extension Model {
  /// The loss and the metrics of the model on examples, as means over all of them.
  ///
  /// - Parameters:
  ///   - x: the examples, `[count] + inputShape`.
  ///   - y: their labels.
  ///   - batchSize: how many examples are computed at once; the last batch may be smaller, and counts accordingly.
  /// - Throws: ``ModelError``, `GraphError`, `SessionError`.
  public func evaluate(_ x: NDArray, _ y: NDArray, batchSize: Int = 32) throws -> Logs {
    let training = try prepared(for: x, action: "evaluate")
    try Self.requirePositive(batchSize, "batchSize")
    let examples = try Examples(x, y, for: input, training)
    guard examples.count > 0 else { throw ModelError.noExamples(action: "evaluate") }
    try initializeVariables()
    return try test(examples, training, batchSize: batchSize)
  }

  /// The output of the model for examples, `[count, …]`.
  ///
  /// - Parameters:
  ///   - x: the examples, `[count] + inputShape`; any number of them.
  ///   - batchSize: how many examples are computed at once; the last batch may be smaller.
  /// - Throws: ``ModelError``, `GraphError`, `SessionError`.
  public func predict(_ x: NDArray, batchSize: Int = 32) throws -> NDArray {
    adoptInput(TensorType(of: x))
    try Self.requirePositive(batchSize, "batchSize")
    let output = output
    try graph.validate()
    let examples = try Examples(x, for: input)
    try initializeVariables()
    var results: [NDArray] = []
    // No examples are one batch, too: the shape of its result is wanted.
    for range in examples.count == 0 ? [0..<0] : batchRanges(count: examples.count, size: batchSize)
    {
      results.append(try session.run(output, feeding: examples[range].feeds(input, nil)))
    }
    return results.count == 1 ? results[0] : NDArray.concatenate(results)
  }

  /// The values of ``variables``, in their order.
  ///
  /// - Throws: `GraphError`, `SessionError`.
  public func weights() throws -> [NDArray] {
    _ = builtNetwork
    try initializeVariables()
    return try variables.map { try session.value(of: $0) }
  }

  /// Gives ``variables`` values, in their order.
  ///
  /// - Throws: ``ModelError`` if there are more or fewer; `SessionError` if a type differs.
  public func setWeights(_ values: [NDArray]) throws {
    _ = builtNetwork
    let variables = variables
    guard values.count == variables.count else {
      throw ModelError.invalidArgument(
        name: "weights", value: "an array of \(values.count)",
        remedy: "the model has \(variables.count) of them; give as many, in the order of variables")
    }
    for (variable, value) in zip(variables, values) { try session.assign(variable, value) }
  }

  /// Gives initial values to all variables of the graph that have none.
  ///
  /// - Throws: `GraphError`, `SessionError`.
  public func initializeVariables() throws {
    try graph.validate()
    let missing = try graph.variables.filter { try !session.isInitialized($0) }
    if !missing.isEmpty { try session.run(graph.initializer(of: missing)) }
  }

  /// What is needed for training or testing on `x`.
  func prepared(for x: NDArray, action: String) throws -> CompiledTraining {
    guard isCompiled else { throw ModelError.notCompiled(action: action) }
    guard !x.shape.isEmpty else { throw ModelError.noExamples(action: action) }
    adoptInput(TensorType(of: x))
    guard let training = compiledTraining else { throw ModelError.notCompiled(action: action) }
    try graph.validate()
    return training
  }

  /// The means over all examples.
  func test(_ examples: Examples, _ training: CompiledTraining, batchSize: Int) throws -> Logs {
    var means = RunningMean()
    for range in batchRanges(count: examples.count, size: batchSize) {
      let (loss, metrics) = try session.run(
        training.loss, training.metrics,
        feeding: examples[range].feeds(input, training.labels))
      means.add([loss.doubleValue] + metrics.map(\.doubleValue), rows: range.count)
    }
    return means.logs(training.names)
  }

  static func requirePositive(_ value: Int, _ name: String, orZero: Bool = false) throws {
    guard value > 0 || (orZero && value == 0) else {
      throw ModelError.invalidArgument(
        name: name, value: "\(value)", remedy: "give \(orZero ? 0 : 1) or more")
    }
  }
}
