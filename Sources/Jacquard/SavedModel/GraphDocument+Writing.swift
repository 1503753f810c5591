import Foundation
import JacquardArrays

extension GraphDocument {
  /// The document for the selected part of a graph.
  ///
  /// - Throws: ``GraphDocumentError/damaged(place:reason:)`` if a body is still being built, or an operation could not be.
  init(_ selection: GraphSelection, seed: UInt64) throws {
    let state = selection.state
    self.seed = seed
    types = []
    values = []
    var typeIndices: [DocumentType: Int] = [:]
    for (index, record) in state.values.enumerated() where selection.values[index] != nil {
      let type = DocumentType(record.type)
      guard !record.isInvalid else {
        throw GraphDocumentError.damaged(
          place: "'\(state.displayName(of: ValueID(index)))'", reason: "it could not be built")
      }
      let known = typeIndices[type] ?? types.count
      if known == types.count {
        typeIndices[type] = known
        types.append(type)
      }
      values.append(known)
    }
    func ids(_ list: [ValueID], of what: @autoclosure () -> String) throws -> [Int] {
      try list.map { id in
        guard let new = selection.values[id.index] else {
          throw GraphDocumentError.damaged(
            place: what(), reason: "it uses a value of a loop body or branch that is being built")
        }
        return new
      }
    }
    func ids(_ list: [OperationID]) -> [Int] {
      list.compactMap { selection.operations[$0.index] }
    }
    operations = []
    for (index, record) in state.operations.enumerated()
    where selection.operations[index] != nil {
      operations.append(
        DocumentOperation(
          name: record.name, op: record.op,
          operands: try ids(record.operands, of: "operation '\(record.name)'"),
          results: try ids(record.results, of: "operation '\(record.name)'"),
          regions: record.regions.compactMap { selection.regions[$0.index] },
          controlInputs: ids(record.controlInputs),
          region: selection.regions[record.region.index] ?? 0,
          location: record.location.text, isGradient: record.isGradient))
    }
    regions = []
    for (index, record) in state.regions.enumerated() where selection.regions[index] != nil {
      let isRoot = index == RegionID.root.index
      guard isRoot || !record.isOpen else {
        throw GraphDocumentError.damaged(
          place: "region \(index)", reason: "it is still being built")
      }
      regions.append(
        DocumentRegion(
          parent: record.parent.flatMap { selection.regions[$0.index] },
          parameters: try ids(record.parameters, of: "region \(index)"),
          // Of a region kept only because another is inside, the results may be gone.
          results: record.results.compactMap { selection.values[$0.index] }))
    }
    variables = []
    let keys = Dictionary(
      uniqueKeysWithValues: state.variablesByName.map { ($0.value, $0.key) })
    for (index, record) in state.variables.enumerated() {
      guard selection.variables[index] != nil, let read = selection.values[record.read.index],
        let reader = state.producer(of: record.read)
      else { continue }
      // Without its initialiser, a variable starts as what it is.
      let initializer =
        selection.contains(record.initializer) && selection.contains(record.initialValue)
        ? (record.initialValue, record.initializer) : (record.read, reader)
      let key = keys[VariableID(index)]
      variables.append(
        DocumentVariable(
          name: record.name, key: key == record.name ? nil : key, read: read,
          initialValue: selection.values[initializer.0.index] ?? read,
          initializer: selection.operations[initializer.1.index] ?? 0,
          isTrainable: record.isTrainable, location: record.location.text))
    }
    nameCounts = selection.nameCounts
    regularizationLosses = state.regularizationLosses.compactMap {
      selection.values[$0.index]
    }
  }

  /// The document as JSON, always the same for the same graph; large constants go to `coding`.
  ///
  /// - Throws: ``GraphDocumentError/unwritable(op:operation:location:reason:)``
  func json(_ coding: GraphCoding) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.userInfo[GraphCoding.key] = coding
    encoder.nonConformingFloatEncodingStrategy = Self.floatNames
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  private static let floatNames = JSONEncoder.NonConformingFloatEncodingStrategy.convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
}
