/// Reads the JSON of a header, of which only one form is allowed; knows at which byte it is.
///
/// It does not recurse, and refuses what JSON readers disagree about: names that occur twice.
struct SafeTensorsHeaderParser {
  /// A tensor as the header describes it, with the places of what may turn out to be wrong.
  struct DescribedTensor {
    var name: String
    var dtype: DType
    var shape: [Int]
    var shapeByte: Int
    /// Where the elements start and end, in bytes from the end of the header.
    var start: Int
    var end: Int
    var offsetsByte: Int
  }

  private(set) var metadata: [String: String] = [:]
  private(set) var checksum: SafeTensorsChecksum?
  private(set) var declinesChecksum = false
  private(set) var tensors: [DescribedTensor] = []
  private var scanner: JSONScanner

  /// A parser for `bytes`, which are at `offset` of the file.
  init(_ bytes: [UInt8], offset: Int, file: String) {
    scanner = JSONScanner(bytes, offset: offset, file: file)
  }

  /// Reads the header.
  ///
  /// - Throws: ``SafeTensorsError``.
  mutating func parse() throws {
    guard scanner.next == UInt8(ascii: "{") else {
      throw scanner.failure(
        "the header starts with \(scanner.nextText), not '{': this is not a safetensors file")
    }
    var names: Set<String> = []
    var hasMetadata = false
    try scanner.object { scanner, name, byte in
      if name == SafeTensorsHeader.metadataName {
        guard !hasMetadata else { throw scanner.failure("a second \(name)", at: byte) }
        hasMetadata = true
        try scanner.object { scanner, key, byte in
          if key == SafeTensorsChecksum.key {
            guard checksum == nil, !declinesChecksum else {
              throw scanner.failure("a second \(key.quotedForMessage) in \(name)", at: byte)
            }
            checksum = try Self.checksum(&scanner)
            declinesChecksum = checksum == nil
            return
          }
          let value = try scanner.string()
          guard metadata.updateValue(value, forKey: key) == nil
          else {
            throw scanner.failure(
              "a second \(key.quotedForMessage) in \(SafeTensorsHeader.metadataName)", at: byte)
          }
        }
        return
      }
      guard names.insert(name).inserted else {
        throw scanner.failure("a second tensor called \(name.quotedForMessage)", at: byte)
      }
      tensors.append(try Self.tensor(named: name, at: byte, &scanner))
    }
    try scanner.end()
  }

  private static func tensor(
    named name: String, at byte: Int, _ scanner: inout JSONScanner
  ) throws -> DescribedTensor {
    var dtype: DType?
    var shape: (lengths: [Int], byte: Int)?
    var offsets: (numbers: [Int], byte: Int)?
    try scanner.object { scanner, field, byte in
      let isNew: Bool
      switch field {
      case "dtype":
        isNew = dtype == nil
        dtype = try self.dtype(of: name, &scanner)
      case "shape":
        isNew = shape == nil
        shape = (try scanner.integers(), scanner.tokenByte)
      case "data_offsets":
        isNew = offsets == nil
        offsets = (try scanner.integers(), scanner.tokenByte)
      default:
        throw scanner.failure(
          "\(name.quotedForMessage) has an unknown field \(field.quotedForMessage)", at: byte)
      }
      guard isNew else {
        throw scanner.failure("\(name.quotedForMessage) has a second \(field)", at: byte)
      }
    }
    func required<T>(_ value: T?, _ field: String) throws -> T {
      guard let value else {
        throw scanner.failure("\(name.quotedForMessage) has no \(field)", at: byte)
      }
      return value
    }
    let knownShape = try required(shape, "shape")
    let knownOffsets = try required(offsets, "data_offsets")
    guard knownOffsets.numbers.count == 2 else {
      throw scanner.failure(
        "\(name.quotedForMessage) has \(knownOffsets.numbers.count) data_offsets, not 2",
        at: knownOffsets.byte)
    }
    return DescribedTensor(
      name: name, dtype: try required(dtype, "dtype"), shape: knownShape.lengths,
      shapeByte: knownShape.byte, start: knownOffsets.numbers[0], end: knownOffsets.numbers[1],
      offsetsByte: knownOffsets.byte)
  }

  private static func checksum(_ scanner: inout JSONScanner) throws -> SafeTensorsChecksum? {
    let text = try scanner.string()
    if text == SafeTensorsChecksum.none { return nil }
    let start = scanner.tokenByte + 1
    // Spelt without escapes, as they would change its length.
    guard text.utf8.count == SafeTensorsChecksum.blank.utf8.count,
      scanner.byte == start + text.utf8.count + 1,
      text.allSatisfy({ "0123456789abcdef".contains($0) }),
      let value = UInt32(text, radix: 16)
    else { throw scanner.failure("the checksum is not 8 hexadecimal digits", at: start - 1) }
    return SafeTensorsChecksum(recorded: value, digits: start..<start + text.utf8.count)
  }

  private static func dtype(of name: String, _ scanner: inout JSONScanner) throws -> DType {
    let text = try scanner.string()
    if let dtype = DType(safeTensorsName: text) { return dtype }
    let known = DType.allCases.map(\.safeTensorsName).joined(separator: ", ")
    throw scanner.failure(
      "\(name.quotedForMessage) has elements of type \(text.quotedForMessage)",
      remedy: "convert it to one of \(known)", at: scanner.tokenByte)
  }
}
