import Foundation
import JacquardArrays

extension GraphDocument {
  /// Reads what `json(_:)` wrote.
  ///
  /// - Throws: ``GraphDocumentError``
  init(json: String, _ coding: GraphCoding) throws {
    let decoder = JSONDecoder()
    decoder.userInfo[GraphCoding.key] = coding
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(GraphDocument.self, from: Data(json.utf8))
    } catch let error as DecodingError {
      throw GraphDocumentError(error)
    }
  }

  /// The graph.
  ///
  /// - Throws: ``GraphDocumentError`` where the document is not that of a sound graph.
  func graph() throws -> Graph {
    var reader = GraphDocumentReader(self)
    return Graph(seed: seed, state: try reader.read())
  }
}

/// Builds the tables of a graph from a document, and believes nothing it says: every id, and every type, is checked.
private struct GraphDocumentReader {
  let document: GraphDocument
  var state = GraphState()
  var types: [TensorType] = []
  /// What has given each value its source so far.
  var sources: [ValueSource?]
  /// The operation that has taken each region as its own so far.
  var isClosed: [Bool]
  /// How deeply loops and branches nest in each region.
  var heights: [Int]

  /// Loops in loops beyond this depth would take more stack than threads have.
  static let heightLimit = 64

  init(_ document: GraphDocument) {
    self.document = document
    sources = Array(repeating: nil, count: document.values.count)
    isClosed = Array(repeating: false, count: document.regions.count)
    heights = Array(repeating: 0, count: document.regions.count)
  }

  mutating func read() throws -> GraphState {
    types = document.types.map(\.type)
    try readRegions()
    try readValues()
    for index in document.operations.indices { try readOperation(index) }
    try checkOpenRegions()
    try readVariables()
    try readNames()
    state.regularizationLosses = try document.regularizationLosses.map {
      try rootValue($0, "regularisation losses")
    }
    return state
  }

  func damaged(_ place: String, _ reason: String) -> GraphDocumentError {
    .damaged(place: place, reason: reason)
  }

  // MARK: - Tables

  private mutating func readRegions() throws {
    guard let root = document.regions.first, root.parent == nil, root.parameters.isEmpty else {
      throw damaged("regions", "the first one is not the root of a graph")
    }
    state.regions = []
    for (index, entry) in document.regions.enumerated() {
      let place = "region \(index)"
      if index > 0 {
        guard let parent = entry.parent, (0..<index).contains(parent) else {
          throw damaged(place, "it is not inside a region before it")
        }
      }
      for parameter in entry.parameters {
        guard sources.indices.contains(parameter), sources[parameter] == nil else {
          throw damaged(place, "parameter \(parameter) is not a value of its own")
        }
        sources[parameter] = .parameter(of: RegionID(index))
      }
      var record = RegionRecord(parent: entry.parent.map { RegionID($0) })
      record.parameters = entry.parameters.map { ValueID($0) }
      record.isOpen = index == 0
      state.regions.append(record)
    }
  }

  private mutating func readValues() throws {
    for (index, entry) in document.operations.enumerated() {
      for (position, result) in entry.results.enumerated() {
        guard sources.indices.contains(result), sources[result] == nil else {
          throw damaged(place(index), "result \(result) is not a value of its own")
        }
        sources[result] = .result(of: OperationID(index), index: position)
      }
    }
    state.values.reserveCapacity(sources.count)
    for (index, type) in document.values.enumerated() {
      guard let source = sources[index] else {
        throw damaged("value \(index)", "nothing gives it")
      }
      guard types.indices.contains(type) else {
        throw damaged("value \(index)", "there is no type \(type)")
      }
      guard (types[type].shape.dimensions ?? []).allSatisfy({ ($0 ?? 0) >= 0 }) else {
        throw damaged("value \(index)", "its shape \(types[type].shape) has a negative dimension")
      }
      state.values.append(ValueRecord(type: types[type], source: source, isInvalid: false))
    }
  }

  // MARK: - Operations

  func place(_ index: Int) -> String {
    "operation \(index), '\(document.operations[index].name)'"
  }

  private mutating func readOperation(_ index: Int) throws {
    let entry = document.operations[index]
    let place = place(index)
    guard document.regions.indices.contains(entry.region), !isClosed[entry.region] else {
      throw damaged(place, "it is not in a region that comes before it")
    }
    let region = RegionID(entry.region)
    let operands = try entry.operands.map { operand -> ValueID in
      guard isVisible(operand, in: region, before: index) else {
        throw damaged(place, "its operand \(operand) is not to be had there")
      }
      return ValueID(operand)
    }
    for control in entry.controlInputs {
      guard (0..<index).contains(control), document.operations[control].region == entry.region
      else { throw damaged(place, "it waits for operation \(control), which is not before it") }
    }
    guard !entry.name.isEmpty, state.operationsByName[entry.name] == nil else {
      throw damaged(place, "its name is empty or taken")
    }
    try takeRegions(of: index, place)
    let record = OperationRecord(
      op: entry.op, operands: operands, results: entry.results.map { ValueID($0) },
      regions: entry.regions.map { RegionID($0) },
      controlInputs: entry.controlInputs.map { OperationID($0) }, region: region,
      name: entry.name, location: SourceLocation(text: entry.location),
      isGradient: entry.isGradient)
    try checkRegions(of: record, place)
    try checkTypes(of: record, place)
    state.operations.append(record)
    state.operationsByName[entry.name] = OperationID(index)
    state.nameCounts[entry.name] = 1
    state[region: region].operations.append(OperationID(index))
  }

  /// Whether a value is one of `region`, or a constant, and there before operation `index`.
  private func isVisible(_ value: Int, in region: RegionID, before index: Int) -> Bool {
    guard sources.indices.contains(value), let source = sources[value] else { return false }
    switch source {
    case .parameter(let home): return home == region
    case .result(let producer, _):
      guard producer.index < index else { return false }
      let entry = document.operations[producer.index]
      return entry.region == region.index || entry.op is Constant
    }
  }

  /// Closes the regions of an operation, if it is the first to own them.
  private mutating func takeRegions(of index: Int, _ place: String) throws {
    let entry = document.operations[index]
    for id in entry.regions {
      guard document.regions.indices.contains(id), id > 0, id != entry.region else {
        throw damaged(place, "there is no region \(id) for it")
      }
      // An operation comes after all that is in its regions, so no region can be inside itself.
      heights[entry.region] = max(heights[entry.region], heights[id] + 1)
      guard heights[entry.region] <= Self.heightLimit else {
        throw damaged(place, "it nests loops and branches deeper than \(Self.heightLimit)")
      }
      guard !isClosed[id] else { continue }
      isClosed[id] = true
      state[region: RegionID(id)].results = try results(of: id, before: index)
      adoptCaptures(of: entry, region: id)
    }
  }

  private func results(of region: Int, before index: Int) throws -> [ValueID] {
    try document.regions[region].results.map { result in
      guard isVisible(result, in: RegionID(region), before: index) else {
        throw damaged("region \(region)", "its result \(result) is not to be had there")
      }
      return ValueID(result)
    }
  }

  /// The trailing parameters of a loop body or branch stand for the operands of the same places.
  private mutating func adoptCaptures(of entry: DocumentOperation, region id: Int) {
    let outers =
      switch entry.op {
      case let loop as While:
        entry.operands.dropLast(loop.hasBound ? 1 : 0).suffix(max(loop.invariantCount, 0))
      default: entry.operands.dropFirst()
      }
    let region = RegionID(id)
    let parameters = state[region: region].parameters
    state[region: region].captures = zip(outers, parameters.suffix(outers.count)).map {
      RegionRecord.Capture(outer: ValueID($0), inner: $1)
    }
    if entry.op is While { state[region: region].iteration = parameters.first }
  }

  /// Regions that nobody owns are those of copies that gradients did not need.
  private mutating func checkOpenRegions() throws {
    for index in document.regions.indices where index > 0 && !isClosed[index] {
      state[region: RegionID(index)].results = try results(
        of: index, before: document.operations.count)
      state[region: RegionID(index)].isOpen = false
    }
  }

  // MARK: - Variables and names

  private func rootValue(_ index: Int, _ place: String) throws -> ValueID {
    guard isVisible(index, in: .root, before: document.operations.count) else {
      throw damaged(place, "value \(index) is not one of the root")
    }
    return ValueID(index)
  }

  private mutating func readVariables() throws {
    for (index, entry) in document.variables.enumerated() {
      let id = VariableID(index)
      let place = "variable \(index), '\(entry.name)'"
      let read = try rootValue(entry.read, place)
      let initialValue = try rootValue(entry.initialValue, place)
      let type = state[value: read].type
      guard let reader = state.producer(of: read),
        let op = state[operation: reader].op as? ReadVariable, op.variable == id,
        state[operation: reader].name == entry.name, type.byteCount != nil
      else { throw damaged(place, "value \(entry.read) is not its value") }
      guard document.operations.indices.contains(entry.initializer),
        document.operations[entry.initializer].region == 0
      else { throw damaged(place, "it has no initialiser") }
      let initial = state[value: initialValue].type
      guard initial.dtype == type.dtype, initial.shape.isCompatible(with: type.shape) else {
        throw damaged(place, "its initial value is \(initial), not \(type)")
      }
      state.variables.append(
        VariableRecord(
          name: entry.name, type: type, read: read, initialValue: initialValue,
          initializer: OperationID(entry.initializer), isTrainable: entry.isTrainable,
          location: SourceLocation(text: entry.location)))
      state.variablesByName[entry.key ?? entry.name] = id
    }
    for (index, record) in state.operations.enumerated() {
      let used: (id: VariableID, type: TensorType?)
      switch record.op.effect {
      case .reads(let id): used = (id, (record.op as? ReadVariable)?.type)
      case .assigns(let id): used = (id, (record.op as? Assign)?.type)
      case .none, .random, .external: continue
      }
      guard state.variables.indices.contains(used.id.index),
        used.type == nil || used.type == state.variables[used.id.index].type
      else { throw damaged(place(index), "variable \(used.id.index) is none of its type") }
    }
  }

  private mutating func readNames() throws {
    for name in document.nameCounts.keys.sorted() {
      let count = document.nameCounts[name]!
      guard (1...1_000_000_000).contains(count) else {
        throw damaged("nameCounts", "'\(name)' was asked for \(count) times")
      }
      state.nameCounts[name] = count
    }
  }
}

extension GraphDocumentReader {
  // MARK: - Types

  /// Checks that loops and branches, and no others, have the regions, operands and results that their attributes say.
  fileprivate func checkRegions(of record: OperationRecord, _ place: String) throws {
    func types(_ values: some Sequence<ValueID>) -> [TensorType] {
      values.map { state[value: $0].type }
    }
    func require(_ condition: Bool, _ reason: String) throws {
      guard condition else { throw damaged(place, reason) }
    }
    let operands = types(record.operands)
    let regions = record.regions.map { state[region: $0] }
    switch record.op {
    case let loop as While:
      try require(loop.isConsistent(operandCount: operands.count), "its operands do not fit it")
      try require(
        regions.count == (loop.hasCondition ? 2 : 1)
          && record.results.count == loop.tripCountIndex + 1, "its regions do not fit it")
      let counter = TensorType(.int64, .scalar)
      let carried = Array(operands[..<loop.carriedCount])
      let invariants = Array(operands[loop.invariantRange])
      let slices = zip(loop.scans, operands[loop.scanRange]).map { scan, type in
        TensorType(type.dtype, type.shape.removing(axis: scan.axis))
      }
      let body = regions[regions.count - 1]
      try require(
        types(body.parameters).agrees(with: [counter] + carried + slices + invariants),
        "the parameters of its body do not fit its operands")
      try require(
        body.results.count == loop.carriedCount + loop.stacks.count,
        "its body returns \(body.results.count) values")
      if loop.hasBound {
        try require([operands[operands.count - 1]].agrees(with: [counter]), "its bound is no count")
      }
      if loop.hasCondition {
        try require(
          types(regions[0].parameters).agrees(with: [counter] + carried + invariants),
          "the parameters of its condition do not fit its operands")
        try require(regions[0].results.count == 1, "its condition is not one value")
      }
    case is Conditional:
      try require(operands.count >= 1 && regions.count == 2, "it has not two branches")
      for region in regions {
        try require(
          types(region.parameters).agrees(with: Array(operands.dropFirst())),
          "the parameters of a branch do not fit its operands")
      }
    default:
      try require(regions.isEmpty, "only loops and branches have regions")
    }
  }

  /// Checks that the op's own rule gives results of the recorded types.
  fileprivate func checkTypes(of record: OperationRecord, _ place: String) throws {
    let input = TypeRuleInput(
      record.operands.map { state[value: $0].type },
      regions: record.regions.map(state.regionSignature),
      constants: record.operands.map { state.constant($0) })
    let inferred: [TensorType]
    do {
      inferred = try record.op.resultTypes(input)
    } catch {
      throw damaged(place, (error as? TypeRuleError)?.message ?? "\(error)")
    }
    let recorded = record.results.map { state[value: $0].type }
    guard recorded.agrees(with: inferred) else {
      throw damaged(place, "its results are \(recorded), but the op gives \(inferred)")
    }
  }
}

extension [TensorType] {
  /// Whether each could be the same as that of `others` in its place.
  fileprivate func agrees(with others: [TensorType]) -> Bool {
    count == others.count
      && zip(self, others).allSatisfy {
        $0.dtype == $1.dtype && $0.shape.isCompatible(with: $1.shape)
      }
  }
}

extension While {
  /// Whether its counts make sense, for so many operands.
  fileprivate func isConsistent(operandCount count: Int) -> Bool {
    let parts = [carriedCount, scans.count, invariantCount, hasBound ? 1 : 0]
    guard parts.allSatisfy({ (0...count).contains($0) }), parts.reduce(0, +) == count else {
      return false
    }
    return (scans + stacks).allSatisfy { $0.axis >= 0 } && (maximumIterations ?? 0) >= 0
      && parallelIterations >= 1
  }
}

extension GraphDocumentError {
  /// What was wrong with the JSON, and where in it.
  fileprivate init(_ error: DecodingError) {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.reduce("graph") { path, key in
        key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
      }
    }
    switch error {
    case .keyNotFound(let key, let context):
      self = .damaged(place: place(context), reason: "'\(key.stringValue)' is missing")
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      self = .damaged(place: place(context), reason: context.debugDescription)
    @unknown default:
      self = .damaged(place: "graph", reason: "\(error)")
    }
  }
}
