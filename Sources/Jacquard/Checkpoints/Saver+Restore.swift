import Foundation

extension Saver {
  /// Gives the variables of `session` the values of a checkpoint, all at once or, if it throws, none.
  ///
  /// - Parameters:
  ///   - session: the session; its variables need no values yet.
  ///   - path: a checkpoint, or a folder of which the latest is taken.
  ///   - mapping: see ``restore(_:from:mapping:partial:)-(_,Checkpoint,_,_)``.
  ///   - partial: whether what fits is restored where others are missing or differ.
  /// - Throws: as for a ``Checkpoint``; ``CheckpointError/noCheckpoint(folder:)``.
  @discardableResult
  public func restore(
    _ session: Session, from path: String, mapping: [String: String] = [:], partial: Bool = false
  ) throws -> RestoreReport {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else {
      return try restore(
        session, from: Checkpoint(path: path), mapping: mapping, partial: partial)
    }
    guard let latest = try Checkpoint.latest(in: path) else {
      throw CheckpointError.noCheckpoint(folder: path)
    }
    return try restore(session, from: latest, mapping: mapping, partial: partial)
  }

  /// Gives the variables of `session` the values of `checkpoint`, all at once or, if it throws, none.
  ///
  /// Random streams go on as they would have; but if the checkpoint and the graph differ, they stay as they are.
  ///
  /// - Parameters:
  ///   - session: the session; its variables need no values yet.
  ///   - checkpoint: where the values come from.
  ///   - mapping: names in the checkpoint, and the variables they are for; others are for the variable of the same name. If both
  ///     end in `/`, they stand for all names that begin so.
  ///   - partial: whether what fits is restored where variables or tensors are missing, or have other types.
  /// - Returns: what was restored, and what was not.
  /// - Throws: ``CheckpointError/differentVariables(_:)`` unless `partial`, and others; `FileReadError`; `SafeTensorsError`;
  ///   ``SessionError``.
  @discardableResult
  public func restore(
    _ session: Session, from checkpoint: Checkpoint, mapping: [String: String] = [:],
    partial: Bool = false
  ) throws -> RestoreReport {
    let (report, matches) = try match(checkpoint, session.graph, mapping)
    guard report.isComplete || partial else { throw CheckpointError.differentVariables(report) }
    var state = SessionState()
    state.variables = try matches.map { ($0.variable, try checkpoint.file.array(of: $0.entry)) }
    if report.isComplete, let counts = checkpoint.metadata.drawCounts {
      // Streams that had not been drawn from start anew.
      let known = Set(counts.map(\.key))
      let others = session.state.drawCounts.filter { !known.contains($0.key) }
      state.drawCounts = counts + others.map { ($0.key, 0) }
    }
    try session.restore(state)
    return report
  }

  private typealias Match = (variable: String, entry: SafeTensorsFile.Entry)

  /// Finds the tensor of each variable.
  private func match(
    _ checkpoint: Checkpoint, _ graph: Graph, _ mapping: [String: String]
  ) throws -> (RestoreReport, [Match]) {
    var mapping = NameMapping(mapping)
    var entries: [String: SafeTensorsFile.Entry] = [:]
    for entry in checkpoint.file.entries {
      let name = mapping.name(for: entry.name)
      if let other = entries.updateValue(entry, forKey: name) {
        throw CheckpointError.mappedTwice(
          path: checkpoint.path, variable: name, names: [other.name, entry.name])
      }
    }
    guard mapping.unused.isEmpty else {
      throw CheckpointError.unknownMapping(path: checkpoint.path, names: mapping.unused.sorted())
    }

    var report = RestoreReport(path: checkpoint.path)
    var matches: [Match] = []
    for record in graph.read({ $0.variables }) {
      guard let entry = entries.removeValue(forKey: record.name) else {
        report.missing.append(record.name)
        continue
      }
      let saved = TensorType(entry.dtype, PartialShape(known: entry.shape))
      if saved == record.type {
        report.restored.append(record.name)
        matches.append((record.name, entry))
      } else {
        report.mismatched.append(
          .init(name: record.name, declared: record.type, saved: saved))
      }
    }
    report.extra = entries.values.map(\.name).sorted()
    return (report, matches)
  }
}

/// Which variables the tensors of a checkpoint are for.
private struct NameMapping {
  private let exact: [String: String]
  /// The longest first.
  private let scopes: [(from: String, to: String)]
  /// The names that no tensor has had so far.
  private(set) var unused: Set<String>

  init(_ mapping: [String: String]) {
    func isScope(_ pair: (key: String, value: String)) -> Bool {
      pair.key.hasSuffix("/") && pair.value.hasSuffix("/")
    }
    exact = mapping.filter { !isScope($0) }
    scopes = mapping.filter { isScope($0) }.map { ($0.key, $0.value) }
      .sorted { $0.from.count > $1.from.count }
    unused = Set(mapping.keys)
  }

  mutating func name(for name: String) -> String {
    if let mapped = exact[name] {
      unused.remove(name)
      return mapped
    }
    guard let scope = scopes.first(where: { name.hasPrefix($0.from) }) else { return name }
    unused.remove(scope.from)
    return scope.to + name.dropFirst(scope.from.count)
  }
}
