import JacquardArrays

/// A graph as it is written to a file: the tables of ``GraphState``, with dense ids and without what follows from the rest.
struct GraphDocument: Codable {
  var seed: UInt64
  /// The types that occur, each once.
  var types: [DocumentType]
  /// The type of each value, as an index into `types`.
  var values: [Int]
  var operations: [DocumentOperation]
  /// Region 0 is the root.
  var regions: [DocumentRegion]
  var variables: [DocumentVariable]
  /// How often names have been asked for, where that is not once for the name of an operation.
  var nameCounts: [String: Int]
  /// The values that are regularisation terms.
  var regularizationLosses: [Int]
}

/// The type of values: `{"dtype": "float32", "shape": [null, 28]}`, without a shape if the rank is unknown.
struct DocumentType: Codable, Hashable {
  var dtype: DType
  var shape: [Int?]?

  init(_ type: TensorType) {
    dtype = type.dtype
    shape = type.shape.dimensions
  }

  var type: TensorType { TensorType(dtype, PartialShape(shape)) }
}

/// One operation. What is left out is empty, the root, or false.
struct DocumentOperation {
  var name: String
  var op: any Op
  var operands: [Int] = []
  var results: [Int] = []
  var regions: [Int] = []
  var controlInputs: [Int] = []
  var region = 0
  /// `Module/File.swift:12`; of operators it is not known without looking up a stack, which takes a tenth of a second.
  var location: String?
  var isGradient = false
}

/// One region; its operations follow from theirs.
struct DocumentRegion: Codable {
  var parent: Int?
  var parameters: [Int] = []
  var results: [Int] = []
}

/// One variable; its type is that of the value at the start of the run.
struct DocumentVariable: Codable {
  var name: String
  /// What `getVariable` finds it by, if that is not its name.
  var key: String?
  /// The value at the start of the run.
  var read: Int
  var initialValue: Int
  var initializer: Int
  var isTrainable: Bool
  var location: String?
}

extension DocumentOperation: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, op, attributes, operands, results, regions, controlInputs, region, location
    case isGradient
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    let opType = type(of: op)
    try container.encode(opType.name, forKey: .op)
    func unwritable(_ reason: String) -> GraphDocumentError {
      .unwritable(op: opType.name, operation: name, location: location, reason: reason)
    }
    if let known = OpCatalogue.byName[opType.name], known != opType {
      throw unwritable("an op of the library has that name; give yours another one")
    }
    do {
      try op.encode(to: container.superEncoder(forKey: .attributes))
    } catch EncodingError.invalidValue(_, let context) {
      throw unwritable(context.debugDescription)
    }
    func encode(_ ids: [Int], _ key: CodingKeys) throws {
      if !ids.isEmpty { try container.encode(ids, forKey: key) }
    }
    try encode(operands, .operands)
    try encode(results, .results)
    try encode(regions, .regions)
    try encode(controlInputs, .controlInputs)
    if region != 0 { try container.encode(region, forKey: .region) }
    try container.encodeIfPresent(location, forKey: .location)
    if isGradient { try container.encode(true, forKey: .isGradient) }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    location = try container.decodeIfPresent(String.self, forKey: .location)
    let opName = try container.decode(String.self, forKey: .op)
    guard let type = decoder.graphCoding?.opTypes[opName] else {
      throw GraphDocumentError.unknownOp(op: opName, operation: name, location: location)
    }
    op = try type.init(from: container.superDecoder(forKey: .attributes))
    func ids(_ key: CodingKeys) throws -> [Int] {
      try container.decodeIfPresent([Int].self, forKey: key) ?? []
    }
    operands = try ids(.operands)
    results = try ids(.results)
    regions = try ids(.regions)
    controlInputs = try ids(.controlInputs)
    region = try container.decodeIfPresent(Int.self, forKey: .region) ?? 0
    isGradient = try container.decodeIfPresent(Bool.self, forKey: .isGradient) ?? false
  }
}

/// Why a graph could not be written or read.
enum GraphDocumentError: Error {
  /// The graph has an operation whose op is not known here.
  case unknownOp(op: String, operation: String, location: String?)
  /// The attributes of an operation cannot be written.
  case unwritable(op: String, operation: String, location: String?, reason: String)
  /// The graph is not sound; `place` is where: `operation 12, 'rnn/MatMul'`.
  case damaged(place: String, reason: String)
}
