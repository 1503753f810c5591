import JacquardArrays

extension GraphDrawing {
  func style(of id: OperationID) -> DotNodeStyle {
    let record = state[operation: id]
    if isInvalid(id) { return .invalid }
    switch record.op {
    case is Placeholder, is PlaceholderWithDefault: return .placeholder
    case is ReadVariable: return .variable
    case is Constant: return .constant
    case is While: return .loop
    case is Conditional: return .conditional
    default: break
    }
    switch record.op.effect {
    case .assigns: return .assignment
    case .random: return .random
    case .external: return .effect
    case .none, .reads: return record.isGradient ? .gradient : .operation
    }
  }

  /// The name within its box; then the op, its constant operands and its attributes, where they say more.
  func label(of id: OperationID) -> String {
    let record = state[operation: id]
    let name = tree.shownName(of: id)
    switch record.op {
    case is While, is Conditional:
      return summary(of: id)
    case is Placeholder, is PlaceholderWithDefault, is ReadVariable, is Constant:
      var lines = [name] + record.results.prefix(1).map { "\(state[value: $0].type)" }
      if let constant = record.op as? Constant, constant.value.count <= 4 {
        lines.append("\(constant.value)")
      }
      return lines.joined(separator: "\n")
    default:
      let opName = type(of: record.op).name
      let isNamedAfterOp = record.name.pathComponents.last!.isDefaultName(of: opName)
      var label = isNamedAfterOp ? name : "\(name)\n\(opName)"
      let operands = record.operands.map { inlinedConstant($0) }
      if operands.contains(where: { $0 != nil }) {
        label += "(\(operands.map { $0 ?? "·" }.joined(separator: ", ")))"
      }
      let attributes = attributes(of: record.op)
      if !attributes.isEmpty {
        let isShort = label.count + attributes.count <= Self.lineLength
        label += isShort ? " (\(attributes))" : "\n\(attributes)"
      }
      return label + (assignment(of: record).map { "\n→ \($0)" } ?? "")
    }
  }

  /// How much is put on one line.
  private static let lineLength = 32

  /// The variable that an operation assigns to, unless its own name says so.
  private func assignment(of record: OperationRecord) -> String? {
    guard case .assigns(let variable) = record.op.effect else { return nil }
    let name = state.variables[variable.index].name
    return record.name.hasPrefix(name + "/") ? nil : name
  }

  /// The variables that operations in `box` assign to, trainable ones first: `assigns W and 3 more`.
  func assignments(in box: ScopeTree.Box) -> String? {
    var names: (trainable: [String], other: [String]) = ([], [])
    for id in box.operations {
      let record = state[operation: id]
      guard case .assigns(let variable) = record.op.effect, let name = assignment(of: record),
        !names.trainable.contains(name), !names.other.contains(name)
      else { continue }
      if state.variables[variable.index].isTrainable {
        names.trainable.append(name)
      } else {
        names.other.append(name)
      }
    }
    let all = names.trainable + names.other
    guard all.count > 2 else { return all.isEmpty ? nil : "assigns \(all.joined(separator: ", "))" }
    return "assigns \(all[0]) and \(all.count - 1) more"
  }

  /// The attributes that are set, shortened.
  private func attributes(of op: any Op) -> String {
    // What a draw draws is its name; its key says nothing to a person.
    if op is any DrawOp || op is DrawCounter { return "" }
    let set = op.attributeDescription.withoutOptionals.split(
      separator: ",", omittingEmptySubsequences: false
    )
    .filter { !$0.hasSuffix(": false") && !$0.hasSuffix(": nil") }
    .map { $0.hasSuffix(": true") ? String($0.dropLast(": true".count)) : String($0) }
    let text = set.joined(separator: ",").trimmingSpaces
    let limit = 40
    return text.count <= limit ? text : text.prefix(limit - 1) + "…"
  }

  /// `While rnn/while`, and below it `carries 2, scans 1, stacks 1, body 23 operations`.
  func summary(of id: OperationID) -> String {
    let record = state[operation: id]
    var parts: [String] = []
    if let loop = record.op as? While {
      if loop.carriedCount > 0 { parts.append("carries \(loop.carriedCount)") }
      if !loop.scans.isEmpty { parts.append("scans \(loop.scans.count)") }
      if !loop.stacks.isEmpty { parts.append("stacks \(loop.stacks.count)") }
      let count = record.regions.last.map { operationCount(of: $0) } ?? 0
      parts.append("body \(count.counted("operation"))")
      if let maximum = loop.maximumIterations { parts.append("at most \(maximum) times") }
    } else {
      for (name, region) in zip(["then", "else"], record.regions) {
        parts.append("\(name) \(operationCount(of: region).counted("operation"))")
      }
    }
    return "\(type(of: record.op).name) \(record.name)\n\(parts.joined(separator: ", "))"
  }

  private func operationCount(of region: RegionID) -> Int {
    state[region: region].operations.reduce(0) { count, id in
      count + 1 + state[operation: id].regions.reduce(0) { $0 + operationCount(of: $1) }
    }
  }
}

extension String {
  /// `axis: 0` for `axis: Optional(0)`.
  fileprivate var withoutOptionals: String {
    guard let wrapper = firstRange(of: "Optional(") else { return self }
    var depth = 1
    let rest = self[wrapper.upperBound...]
    let end = rest.firstIndex { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return depth == 0
    }
    guard let end else { return self }
    let unwrapped = self[..<wrapper.lowerBound] + rest[..<end] + rest[rest.index(after: end)...]
    return String(unwrapped).withoutOptionals
  }

  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
