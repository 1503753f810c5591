import JacquardArrays

/// How the body of a backward loop reaches the values of its forward twin.
///
/// Gradient rules use operands and results of the forward operations. Inside the backward body each such use becomes: the outer
/// value itself, for what the twin captures; a backward scan of the same array, for a slice; otherwise a
/// residual, stacked by the twin and scanned backwards.
struct BackwardLink: Sendable {
  /// The body of the forward twin.
  var twin: RegionID
  /// The twin's parameters for slices, in order of its scans.
  var slices: [ValueID]
  /// Values of the twin that are stacked, each with the parameter of the backward body that stands for it.
  var residuals: [(value: ValueID, parameter: ValueID)] = []
  /// Scanned operands of the twin that are scanned again, by position.
  var rescans: [(position: Int, parameter: ValueID)] = []
  /// Operations of the twin that are repeated in the backward body, since their results have no fixed shape to stack.
  var repeated: [ValueID: ValueID] = [:]
}

extension GraphState {
  /// The value that stands in the backward body `region` for `value`, a value of its forward twin.
  mutating func residual(of value: ValueID, in region: RegionID) throws -> ValueID {
    guard let link = self[region: region].backward else { throw OutOfRegion(value: value) }
    if let capture = self[region: link.twin].captures.first(where: { $0.inner == value }) {
      return try resolve(capture.outer, in: region)
    }
    if let known = link.residuals.first(where: { $0.value == value }) { return known.parameter }
    if let known = link.repeated[value] { return known }
    let type = self[value: value].type
    if let position = link.slices.firstIndex(of: value) {
      if let known = link.rescans.first(where: { $0.position == position }) {
        return known.parameter
      }
      let parameter = addParameter(type, to: region)
      self[region: region].backward?.rescans.append((position, parameter))
      return parameter
    }
    if isStackOfUnknownLength(value), let producer = producer(of: value) {
      return try repeatOperation(producer, in: region, for: value)
    }
    let parameter = addParameter(type, to: region)
    self[region: region].backward?.residuals.append((value, parameter))
    return parameter
  }

  /// Whether only a run can tell how long the leading dimension of `value` is.
  func isStackOfUnknownLength(_ value: ValueID) -> Bool {
    guard case .result(let id, let index) = self[value: value].source,
      let loop = self[operation: id].op as? While, loop.stackRange.contains(index)
    else { return false }
    return hasUnknownLength(self[operation: id])
  }

  /// Whether only a run can tell how often the loop iterates at most.
  func hasUnknownLength(_ record: OperationRecord) -> Bool {
    guard let loop = record.op as? While else { return false }
    if loop.scans.isEmpty { return loop.maximumIterations == nil }
    return record.operands[loop.scanRange].contains { isStackOfUnknownLength($0) }
  }

  /// Inserts `operation` of the twin, as it is, into the backward body: its regions are closed, so only operands change.
  private mutating func repeatOperation(
    _ operation: OperationID, in region: RegionID, for value: ValueID
  ) throws -> ValueID {
    let record = self[operation: operation]
    var operands: [ValueID] = []
    for operand in record.operands { operands.append(try resolve(operand, in: region)) }
    var context = BuildContext()
    context.region = region
    context.isGradient = true
    context.scope = record.name.split(separator: "/").dropLast().joined(separator: "/")
    let id = insert(
      record.op, operands, regions: record.regions, name: "\(type(of: record.op).name)Again",
      resultCount: record.results.count, location: record.location, context: context)
    for (old, new) in zip(record.results, self[operation: id].results) {
      self[region: region].backward?.repeated[old] = new
    }
    return self[region: region].backward?.repeated[value] ?? value
  }
}
