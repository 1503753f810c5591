import JacquardArrays

extension SavedModel {
  /// Computes the output called `output`.
  ///
  /// - Parameters:
  ///   - inputs: values by the names of the inputs; those that the output does not need can be left out.
  ///   - output: the name of an output.
  ///   - training: the name of a training step to run as well; the output is that before the step.
  /// - Throws: ``SavedModelError`` for names the model does not have, and inputs that are missing; ``SessionError``, ``GraphError``.
  public func run(
    _ inputs: Named<any FeedValue> = [:], fetching output: String, training: String? = nil
  ) throws -> NDArray {
    try run(inputs, fetching: [output], training: training)[0]
  }

  /// Computes the outputs called `outputs`, in their order.
  ///
  /// - Parameters:
  ///   - inputs: values by the names of the inputs; those that the outputs do not need can be left out.
  ///   - outputs: names of outputs.
  ///   - training: the name of a training step to run as well; the outputs are those before the step.
  /// - Throws: ``SavedModelError`` for names the model does not have, and inputs that are missing; ``SessionError``, ``GraphError``.
  public func run(
    _ inputs: Named<any FeedValue> = [:], fetching outputs: [String], training: String? = nil
  ) throws -> [NDArray] {
    try run(
      inputs, fetches: try outputs.map(output), operation: try training.map(operation))
  }

  /// Runs the training step called `training`.
  ///
  /// - Parameters:
  ///   - inputs: values by the names of the inputs; those that the step does not need can be left out.
  ///   - training: the name of a training step.
  /// - Throws: ``SavedModelError`` for names the model does not have, and inputs that are missing; ``SessionError``, ``GraphError``.
  public func run(_ inputs: Named<any FeedValue> = [:], training: String) throws {
    _ = try run(inputs, fetches: [], operation: try operation(training))
  }

  private func run(
    _ inputs: Named<any FeedValue>, fetches: [Tensor], operation: Operation?
  ) throws -> [NDArray] {
    var feeds = Feeds()
    if let name = inputs.duplicate { throw SavedModelError.duplicateInput(name: name) }
    for (name, value) in inputs { feeds.add(try input(name), value) }
    do {
      return try session.run(fetches, operation, feeding: feeds).0
    } catch let error as SessionError { throw inUserTerms(error, given: inputs.names) }
  }

  /// `error` about inputs, which the user knows by other names than the graph.
  private func inUserTerms(_ error: SessionError, given: [String]) -> any Error {
    func name(_ tensor: String) -> String {
      signature.inputs.first { $0.value.name == tensor }?.name ?? tensor
    }
    switch error {
    case .missingFeed(let placeholder, let type, _):
      guard signature.inputs.contains(where: { $0.value.name == placeholder }) else { return error }
      return SavedModelError.missingInput(name: name(placeholder), type: type, given: given)
    case .feedDType(let tensor, let declared, let fed):
      return SessionError.feedDType(tensor: name(tensor), declared: declared, fed: fed)
    case .feedShape(let tensor, let declared, let fed):
      return SessionError.feedShape(tensor: name(tensor), declared: declared, fed: fed)
    case .feedRange(let tensor, let declared, let number):
      return SessionError.feedRange(tensor: name(tensor), declared: declared, number: number)
    case .raggedFeed(let tensor): return SessionError.raggedFeed(tensor: name(tensor))
    default: return error
    }
  }
}
