import JacquardArrays
import Synchronization

/// What the parts of a graph need to know of the whole while they are written or read: coders carry it along.
final class GraphCoding: Sendable {
  /// The ops that may be read, by name.
  let opTypes: [String: any Op.Type]
  /// The new index of each variable; those not written have none.
  private let variables: [Int?]
  /// The arrays read from the file, or written to it, by name.
  private let arrays: Mutex<[(name: String, array: NDArray)]>
  private let arraysByName: [String: NDArray]

  static let key = CodingUserInfoKey(rawValue: "jacquard.graph-coding")!
  /// What the names of constants in the file begin with.
  static let constantPrefix = "jacquard.constant."
  /// Constants of more bytes than this are arrays of the file.
  static let inlineByteLimit = 256

  /// For writing a graph of which `variables` are kept.
  init(writing variables: [Int?]) {
    opTypes = [:]
    self.variables = variables
    arrays = Mutex([])
    arraysByName = [:]
  }

  /// For reading a graph that consists of `opTypes`, and whose large constants are among `arrays`.
  init(reading arrays: [String: NDArray], opTypes: [String: any Op.Type]) {
    self.opTypes = opTypes
    variables = []
    self.arrays = Mutex([])
    arraysByName = arrays
  }

  /// Keeps `array` for the file, and returns its name there.
  func store(_ array: NDArray) -> String {
    arrays.withLock { arrays in
      let name = "\(Self.constantPrefix)\(arrays.count)"
      arrays.append((name, array))
      return name
    }
  }

  /// The arrays kept so far, in order.
  var stored: [(name: String, array: NDArray)] { arrays.withLock { $0 } }

  /// The array of that name in the file.
  func array(named name: String) -> NDArray? { arraysByName[name] }

  /// The index of a variable among those that are written.
  func index(of variable: VariableID) -> Int? {
    variables.indices.contains(variable.index) ? variables[variable.index] : nil
  }
}

extension Encoder {
  var graphCoding: GraphCoding? { userInfo[GraphCoding.key] as? GraphCoding }
}

extension Decoder {
  var graphCoding: GraphCoding? { userInfo[GraphCoding.key] as? GraphCoding }
}

extension VariableID {
  /// Encodes the index; in a graph, that among the variables that are written.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let coding = encoder.graphCoding else { return try container.encode(rawValue) }
    guard let index = coding.index(of: self) else {
      throw EncodingError.invalidValue(
        self,
        EncodingError.Context(
          codingPath: encoder.codingPath,
          debugDescription: "it uses a variable that is not part of what is saved"))
    }
    try container.encode(index)
  }

  /// Decodes an index.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let index = try container.decode(Int32.self)
    guard index >= 0 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(index) is not the index of a variable")
    }
    self.init(Int(index))
  }
}

extension Constant {
  private enum CodingKeys: String, CodingKey { case value, array }

  /// Encodes the value, or the name of an array of the file that holds it.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let coding = encoder.graphCoding, value.byteCount > GraphCoding.inlineByteLimit {
      try container.encode(coding.store(value), forKey: .array)
    } else {
      try container.encode(value, forKey: .value)
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard let name = try container.decodeIfPresent(String.self, forKey: .array) else {
      value = try container.decode(NDArray.self, forKey: .value)
      return
    }
    guard let array = decoder.graphCoding?.array(named: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .array, in: container, debugDescription: "the file has no array '\(name)'")
    }
    value = array
  }
}
