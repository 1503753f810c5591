extension Session {
  /// A failure of the plan in the user's terms.
  func sessionError(_ error: PlanError) -> SessionError {
    switch error {
    case .arenaAllocation(let bytes): .arenaAllocation(bytes: bytes)
    case .memoryLimit(let bytes, let limit): .memoryLimit(bytes: bytes, limit: limit)
    case .scratchFile(let bytes, let directory, let reason, let operation):
      .scratchFile(
        operation: place(of: operation.index)?.name ?? While.name, bytes: bytes,
        directory: directory, reason: reason)
    case .tooLarge(_, let op, let operation), .shapeDependsOnData(_, let op, let operation),
      .cannotLower(_, let op, let operation):
      place(of: operation.index).map {
        .cannotCompile(
          operation: $0.name, op: op, location: $0.location, reason: error.description)
      } ?? .cannotCompile(operation: op, op: op, location: nil, reason: error.description)
    }
  }

  /// A failure of a kernel in the user's terms.
  func sessionError(_ failure: RunFailure) -> SessionError {
    let place = place(of: Int(failure.location.operation))
    return .runFailure(
      operation: place?.name ?? "unknown", op: place?.op ?? "an operation",
      location: place?.location, message: failure.sentence)
  }

  func uninitialized(_ reads: [Int]) -> SessionError {
    let missing = store.uninitialized(among: reads)
    return .uninitializedVariables(
      names: graph.read { state in missing.map { state.variables[$0].name } })
  }

  private func place(of index: Int) -> (name: String, op: String, location: String?)? {
    let record = graph.read {
      $0.operations.indices.contains(index) ? $0.operations[index] : nil
    }
    guard let record else { return nil }
    let location = record.location.resolved().map { "\($0.file):\($0.line)" }
    return (record.name, type(of: record.op).name, location)
  }
}

extension RunFailure {
  /// What was found, with the row and the iterations.
  var sentence: String {
    var words: String
    switch code {
    case .indexOutOfRange: words = "the index \(detail) is outside 0..<\(limit)\(atRow)"
    case .writtenTwice: words = "the index \(detail) of the tensor array has been written before"
    case .lengthOutOfRange: words = "the length \(detail) is outside 0...\(limit)\(atRow)"
    case .notFinite: words = "found a NaN or an infinity\(atRow)"
    case .assertionFailed: words = "the assertion does not hold\(atRow)"
    case .closureFailed: words = "the closure failed"
    case .outOfMemory: words = "there is no memory for the stack of a loop of unknown length"
    case .outOfScratchSpace: words = "what a loop of unknown length stacks has left memory"
    case .invalidValue: words = "found an invalid value\(atRow)"
    }
    let loops = iterations.reversed().map { "in iteration \($0)" }
    if !loops.isEmpty { words += " " + loops.joined(separator: " of the loop ") }
    if !message.isEmpty { words += ": \(message)" }
    return words
  }

  private var atRow: String { " at element \(row)" }
}
