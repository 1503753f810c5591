/// The header of a safetensors file: what its tensors are called, and where their elements are.
///
/// The format: 8 bytes, the length of the header as a little-endian integer; the header, a JSON
/// object that may end in spaces; the elements of all tensors without a gap, row-major and
/// little-endian. <https://github.com/huggingface/safetensors#format>
struct SafeTensorsHeader: Sendable {
  /// The tensors in the order of their elements.
  var entries: [SafeTensorsFile.Entry] = []
  /// Strings by name.
  var metadata: [String: String] = [:]
  /// The checksum, if there is one; it is not in ``metadata``.
  var checksum: SafeTensorsChecksum?
  /// Whether the file says that it has no checksum on purpose.
  var declinesChecksum = false

  /// The size of the integer that says how long the header is.
  static let lengthByteCount = 8
  /// The longest header that the reference implementation reads.
  static let byteLimit = 100_000_000
  /// The name of the object that holds ``metadata``; no tensor can have it.
  static let metadataName = "__metadata__"
}

extension DType {
  /// What safetensors files call this element type.
  var safeTensorsName: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  /// The element type that safetensors files call `name`, if there is one here.
  init?(safeTensorsName name: String) {
    guard let match = DType.allCases.first(where: { $0.safeTensorsName == name }) else {
      return nil
    }
    self = match
  }

  /// The order in which the reference implementation writes element types: larger ones first, so that
  /// all elements are aligned.
  var safeTensorsRank: Int {
    switch self {
    case .int64: 0
    case .float64: 1
    case .float32: 2
    case .int32: 3
    case .uint8: 4
    case .bool: 5
    }
  }
}

// MARK: Writing

extension SafeTensorsHeader {
  /// The header for `tensors`, and the tensors in the order in which their elements are to follow.
  ///
  /// - Parameters:
  ///   - tensors: what is to be written.
  ///   - metadata: strings by name.
  ///   - checksum: whether the file gets a checksum.
  ///   - file: the name for errors.
  /// - Throws: ``SafeTensorsError`` for names that a file cannot have.
  static func arrange(
    _ tensors: [(name: String, value: NDArray)], metadata: [String: String], checksum: Bool,
    file: String
  ) throws -> (bytes: [UInt8], ordered: [NDArray]) {
    func failure(_ problem: String, _ remedy: String) -> SafeTensorsError {
      SafeTensorsError(file: file, byte: nil, problem: problem, remedy: remedy)
    }
    var names: Set<String> = []
    for (name, _) in tensors {
      guard name != metadataName else {
        throw failure("no tensor can be called \(metadataName)", "choose another name")
      }
      guard names.insert(name).inserted else {
        throw failure(
          "there are two tensors called \(name.quotedForMessage)", "give each its own name")
      }
    }
    let given = metadata[SafeTensorsChecksum.key]
    guard checksum || given == nil || given == SafeTensorsChecksum.none else {
      throw failure(
        "the metadata has \(SafeTensorsChecksum.key.quotedForMessage), which is for a checksum",
        "choose another name, or have a checksum written")
    }
    let ordered = tensors.sorted { a, b in
      let (rankA, rankB) = (a.value.dtype.safeTensorsRank, b.value.dtype.safeTensorsRank)
      return rankA != rankB ? rankA < rankB : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    var metadata = metadata
    if checksum { metadata[SafeTensorsChecksum.key] = SafeTensorsChecksum.blank }
    var json = JSONObjectWriter()
    if !metadata.isEmpty {
      var strings = JSONObjectWriter()
      for (key, value) in metadata.sorted(by: {
        $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
      }) {
        strings.add(key, JSONObjectWriter.quoted(value))
      }
      json.add(metadataName, strings.text)
    }
    var offset = 0
    for (name, value) in ordered {
      let shape = value.shape.map(String.init).joined(separator: ",")
      let end = offset + value.byteCount
      json.add(
        name,
        """
        {"dtype":"\(value.dtype.safeTensorsName)","shape":[\(shape)],"data_offsets":[\(offset),\(end)]}
        """)
      offset = end
    }
    var header = Array(json.text.utf8)
    // Elements start at a multiple of 8.
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    guard header.count <= byteLimit else {
      throw failure(
        "the header would be \(header.count) bytes long, and \(byteLimit) are allowed",
        "put the tensors in several files")
    }
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    header.insert(contentsOf: length, at: 0)
    if checksum { SafeTensorsChecksum.fill(&header, elements: ordered.map(\.value)) }
    return (header, ordered.map(\.value))
  }
}

/// The text of a JSON object without spaces, its members in the order they are added.
package struct JSONObjectWriter {
  private var members = ""

  var text: String { "{\(members)}" }

  /// Adds a member.
  ///
  /// - Parameters:
  ///   - key: its name.
  ///   - json: its value as JSON.
  mutating func add(_ key: String, _ json: String) {
    if !members.isEmpty { members += "," }
    members += "\(Self.quoted(key)):\(json)"
  }

  /// `text` as a JSON string, escaped where it has to be.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
