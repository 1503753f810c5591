extension SavedModel: CustomStringConvertible {
  /// A table of inputs, outputs and training steps: their names, types, and the inputs they need.
  public var description: String {
    var lines = ["model '\(file)'"]
    func section(_ title: String, _ rows: [[String]]) {
      guard !rows.isEmpty else { return }
      lines.append(title)
      let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
      for row in rows {
        let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        var line = "  " + cells.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        lines.append(line)
      }
    }
    section("inputs", signature.inputs.map { [$0.name, "\($0.value.type)"] })
    section(
      "outputs",
      signature.outputs.map { name, tensor in
        [name, "\(tensor.type)", from(inputsNeeded { $0.add(tensor.id) })]
      })
    section(
      "training",
      signature.training.map { name, operation in
        [name, from(inputsNeeded { $0.add(operation.id) })]
      })
    lines.append(contents)
    for key in metadata.keys.sorted() { lines.append("\(key): \(metadata[key]!)") }
    return lines.joined(separator: "\n")
  }

  private func from(_ inputs: [String]) -> String {
    inputs.isEmpty ? "" : "from " + inputs.joined(separator: ", ")
  }

  private var contents: String {
    let (records, operations) = graph.read { ($0.variables, $0.operations.count) }
    let numbers = records.reduce(0) { $0 + ($1.type.shape.elementCount ?? 0) }
    let trainable = records.filter(\.isTrainable)
      .reduce(0) { $0 + ($1.type.shape.elementCount ?? 0) }
    return
      "\(records.count.counted("variable")) of \(numbers.counted("number")), \(trainable) of them trainable; \(operations.counted("operation"))"
  }

  /// The inputs that are to be fed for what `add` adds.
  func inputsNeeded(_ add: (inout InputSearch) -> Void) -> [String] {
    let needed = graph.read { state in
      var search = InputSearch(state, inputs: signature.inputs.map(\.value.id))
      add(&search)
      return search.found()
    }
    return signature.inputs.filter { needed.contains($0.value.id) }.map(\.name)
  }
}

/// Looks for the inputs on the way to results; beyond an input it does not look.
struct InputSearch {
  private let state: GraphState
  private let inputs: Set<ValueID>
  private var pending: [OperationID] = []
  private var reached: Set<ValueID> = []

  init(_ state: borrowing GraphState, inputs: [ValueID]) {
    self.state = copy state
    self.inputs = Set(inputs)
  }

  mutating func add(_ value: ValueID) {
    if inputs.contains(value) {
      reached.insert(value)
    } else if let producer = state.producer(of: value) {
      add(producer)
    }
  }

  mutating func add(_ operation: OperationID) { pending.append(operation) }

  mutating func found() -> Set<ValueID> {
    var isSeen = Array(repeating: false, count: state.operations.count)
    while let id = pending.popLast() {
      guard !isSeen[id.index] else { continue }
      isSeen[id.index] = true
      let record = state[operation: id]
      pending += record.controlInputs
      // What stands in bodies uses values from outside through operands.
      for operand in record.operands { add(operand) }
    }
    return reached
  }
}
