import Foundation
import JacquardArrays

/// What a file says of a model.
struct SavedModelContent {
  var graph: Graph
  var signature: ModelSignature
  var state: SessionState
  var metadata: [String: String]

  /// The names under which the metadata of the file has the parts.
  private enum Key {
    static let prefix = "jacquard."
    static let format = "jacquard.format"
    static let graph = "jacquard.graph"
    static let signature = "jacquard.signature"
    static let draws = "jacquard.draw_counts"
  }

  // MARK: - Writing

  /// The file for a session and a signature.
  ///
  /// - Throws: ``GraphError``, ``SavedModelError``
  static func file(
    _ session: Session, _ signature: ModelSignature, isPruned: Bool, metadata: [String: String]
  ) throws -> SafeTensors {
    let graph = session.graph
    try graph.validate()
    if let mistake = signature.mistake(in: graph) {
      throw SavedModelError.invalidSignature(reason: mistake)
    }
    if let name = metadata.keys.sorted().first(where: { $0.hasPrefix(Key.prefix) }) {
      throw SavedModelError.invalidSignature(
        reason: "the name '\(name)' in the metadata is taken; choose one without '\(Key.prefix)'")
    }
    let selection = graph.read { state in
      isPruned
        ? GraphSelection(
          copy state,
          tensors: (Array(signature.inputs) + Array(signature.outputs)).map(\.value.id),
          operations: signature.training.map(\.value.id))
        : GraphSelection(all: copy state)
    }
    let coding = GraphCoding(writing: selection.variables)
    let state = session.state
    do {
      let document = try GraphDocument(selection, seed: graph.seed)
      var strings = metadata
      strings[Key.format] = SavedModel.format
      strings[Key.graph] = try document.json(coding)
      strings[Key.signature] = try json(SignatureDocument(signature))
      strings[Key.draws] = try json(selection.draws(of: state))
      return SafeTensors(
        tensors: try selection.values(of: state) + coding.stored.map { (name: $0, value: $1) },
        metadata: strings)
    } catch let error as GraphDocumentError { throw SavedModelError(writing: error) }
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  // MARK: - Reading

  /// - Throws: ``SavedModelError``
  init(_ contents: SafeTensors, file: String, ops: [any Op.Type]) throws {
    let strings = contents.metadata
    func damaged(_ place: String, _ reason: String) -> SavedModelError {
      .damaged(file: file, place: place, reason: reason)
    }
    guard let format = strings[Key.format], let graphText = strings[Key.graph] else {
      throw SavedModelError.noGraph(file: file)
    }
    guard format == SavedModel.format else {
      throw SavedModelError.unsupportedFormat(file: file, format: format)
    }
    func decoded<Part: Decodable>(_ type: Part.Type, _ key: String) throws -> Part {
      guard let text = strings[key] else { throw damaged(key, "it is missing") }
      do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
        throw damaged(key, "it is not what it should be: \(error)")
      }
    }
    let arrays = Dictionary(contents.tensors.map { ($0.name, $0.value) }) { first, _ in first }
    let opTypes = ops.reduce(into: OpCatalogue.byName) { $0[$1.name] = $0[$1.name] ?? $1 }
    do {
      let document = try GraphDocument(
        json: graphText, GraphCoding(reading: arrays, opTypes: opTypes))
      graph = try document.graph()
      signature = try decoded(SignatureDocument.self, Key.signature).signature(in: graph)
    } catch let error as GraphDocumentError {
      throw SavedModelError(reading: error, file: file)
    }
    state = SessionState()
    let known = Set(graph.read { $0.variables.map(\.name) })
    for (name, value) in contents.tensors where !name.hasPrefix(GraphCoding.constantPrefix) {
      guard known.contains(name) else {
        throw damaged("array '\(name)'", "the graph has no such variable")
      }
      state.variables.append((name, value))
    }
    for (key, count) in try decoded([String: Int64].self, Key.draws) {
      guard let key = UInt64(key, radix: 16), (0...Int64.max / 2).contains(count) else {
        throw damaged(Key.draws, "a stream '\(key)' was drawn from \(count) times")
      }
      state.drawCounts.append((key, count))
    }
    state.drawCounts.sort { $0.key < $1.key }
    metadata = strings.filter { !$0.key.hasPrefix(Key.prefix) }
  }
}

extension GraphSelection {
  /// The values of the variables that are kept, those that have one.
  ///
  /// - Throws: ``SavedModelError/invalidSignature(reason:)`` if a pruned graph has a variable without a value: nothing could give it one.
  fileprivate func values(of session: SessionState) throws -> [(name: String, value: NDArray)] {
    let names = keptVariables.map(\.name)
    let wanted = Set(names)
    let values = session.variables.filter { wanted.contains($0.name) }
    if isPruned, values.count < names.count {
      let known = Set(values.map(\.name))
      let missing = names.filter { !known.contains($0) }.map { "'\($0)'" }
      throw SavedModelError.invalidSignature(
        reason:
          "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "has" : "have") no value yet, and initialisers are left out; initialise the variables, or save the whole graph"
      )
    }
    return values
  }

  /// How often the random streams that are kept have been drawn from, by their keys.
  fileprivate func draws(of session: SessionState) -> [String: Int64] {
    var keys: Set<UInt64> = []
    for (index, record) in state.operations.enumerated() where operations[index] != nil {
      if let counter = record.op as? DrawCounter { keys.insert(counter.key) }
    }
    var counts: [String: Int64] = [:]
    for (key, count) in session.drawCounts where count > 0 && keys.contains(key) {
      counts[String(key, radix: 16)] = count
    }
    return counts
  }
}
