/// What an `.npy` file says about its array, before the elements.
///
/// The format is that of NumPy's `numpy/lib/format.py`: the magic bytes, a version, the length of
/// the header, and the header, a Python dictionary with the keys `descr`, `fortran_order`, `shape`.
struct NPYHeader: Hashable {
  let dtype: DType
  let shape: [Int]
  /// Whether the first axis varies fastest.
  var isFortranOrder = false
  var isBigEndian = false

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Longer than any header of an array of Jacquard's element types.
  private static let maximumLength = 1 << 20

  /// The size of all elements in bytes.
  var byteCount: Int { shape.reduce(dtype.byteCount, *) }
}

// MARK: - Reading

extension NPYHeader {
  /// Reads everything before the elements.
  init(from stream: some ByteStream) throws {
    let start = stream.position
    let found = try stream.next(min(Self.magic.count, stream.count - start), "the magic bytes")
    guard found == Self.magic else {
      throw stream.errors.error(
        "it does not begin with \\x93NUMPY, as every .npy file does", at: start,
        remedy: "write it with numpy.save or writeNPY(to:)")
    }
    let version = try stream.next(2, "the version")
    let lengthSize: Int
    switch (version[0], version[1]) {
    case (1, 0): lengthSize = 2
    case (2, 0), (3, 0): lengthSize = 4
    default:
      throw stream.errors.error(
        "version \(version[0]).\(version[1]) of the format is unknown", at: stream.position - 2,
        remedy: "write it in version 1.0, 2.0 or 3.0")
    }
    let length = try stream.next(lengthSize, "the header's length")
      .reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.maximumLength else {
      throw stream.errors.error(
        "a header of \(length) bytes is longer than that of any array Jacquard has",
        at: stream.position - lengthSize,
        remedy: "save one plain array of numbers, not one of records")
    }
    let headerStart = stream.position
    let text = try stream.next(length, "the header")
    do throws(PythonLiteralError) {
      self = try Self.parse(text)
    } catch {
      throw stream.errors.error(
        error.problem, at: headerStart + error.offset,
        remedy: "write the file again with numpy.save or writeNPY(to:)")
    }
  }

  private static func parse(_ text: [UInt8]) throws(PythonLiteralError) -> NPYHeader {
    guard case .dictionary(let entries) = try PythonLiteral(parsing: text) else {
      throw PythonLiteralError(problem: "the header is not a dictionary", offset: 0)
    }
    let expected = ["descr", "fortran_order", "shape"]
    for (index, entry) in entries.enumerated() {
      guard case .string(let key) = entry.key, expected.contains(key) else {
        throw PythonLiteralError(
          problem: "the header has a key other than descr, fortran_order and shape",
          offset: entry.keyOffset)
      }
      guard !entries[..<index].contains(where: { $0.key == entry.key }) else {
        throw PythonLiteralError(problem: "'\(key)' is there twice", offset: entry.keyOffset)
      }
    }
    func value(_ key: String) throws(PythonLiteralError) -> PythonLiteral.Entry {
      guard let entry = entries.first(where: { $0.key == .string(key) }) else {
        throw PythonLiteralError(problem: "the header has no '\(key)'", offset: 0)
      }
      return entry
    }
    let (dtype, isBigEndian) = try elementType(value("descr"))
    let order = try value("fortran_order")
    guard case .boolean(let isFortranOrder) = order.value else {
      throw PythonLiteralError(
        problem: "'fortran_order' is neither True nor False", offset: order.valueOffset)
    }
    return NPYHeader(
      dtype: dtype, shape: try shape(value("shape"), of: dtype), isFortranOrder: isFortranOrder,
      isBigEndian: isBigEndian)
  }

  private static func elementType(
    _ entry: PythonLiteral.Entry
  ) throws(PythonLiteralError) -> (DType, isBigEndian: Bool) {
    func failure(_ problem: String) -> PythonLiteralError {
      PythonLiteralError(problem: problem, offset: entry.valueOffset)
    }
    guard case .string(let text) = entry.value else {
      throw failure(
        "'descr' describes records; Jacquard reads arrays of one of "
          + DType.allCases.map(\.name).joined(separator: ", "))
    }
    let hasOrder = text.first.map { "<>=|".contains($0) } ?? false
    let code = String(hasOrder ? text.dropFirst() : text[...])
    guard let dtype = DType.allCases.first(where: { $0.npyCode == code }) else {
      if code.hasPrefix("O") {
        throw failure("the elements are Python objects, which only Python can read")
      }
      throw failure(
        "elements of type '\(text.prefix(32))' are none that Jacquard has (convert them with "
          + "astype to one of \(DType.allCases.map(\.name).joined(separator: ", ")))")
    }
    // Without a byte order NumPy means the machine's own, which is little-endian here.
    guard dtype.byteCount == 1 || text.first != "|" else {
      throw failure("elements of type '\(text)' have no byte order")
    }
    return (dtype, dtype.byteCount > 1 && text.first == ">")
  }

  private static func shape(
    _ entry: PythonLiteral.Entry, of dtype: DType
  ) throws(PythonLiteralError) -> [Int] {
    guard case .tuple(let lengths) = entry.value else {
      throw PythonLiteralError(problem: "'shape' is not a tuple", offset: entry.valueOffset)
    }
    var shape: [Int] = []
    // Lengths of 0 count as 1: strides of such a shape must fit, too.
    var bytes = dtype.byteCount
    for length in lengths {
      guard case .integer(let length) = length, length >= 0 else {
        throw PythonLiteralError(
          problem: "'shape' has an element that is no length", offset: entry.valueOffset)
      }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: max(length, 1))
      guard !overflow else {
        throw PythonLiteralError(
          problem: "'shape' has more elements than 64 bits count", offset: entry.valueOffset)
      }
      bytes = product
      shape.append(length)
    }
    return shape
  }
}

// MARK: - Writing

extension NPYHeader {
  /// All bytes before the elements, as NumPy 1.26 writes them; a multiple of 64.
  var encoded: [UInt8] {
    let lengths = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    var text =
      "{'descr': '\(dtype.npyDescription)', 'fortran_order': False, 'shape': (\(lengths)), }"
    // NumPy leaves room for the leading length to grow where it is.
    if let first = shape.first {
      text += String(repeating: " ", count: max(0, 21 - String(first).count))
    }
    var lengthSize = 2
    var paddedLength = 0
    for size in [2, 4] {
      lengthSize = size
      let before = Self.magic.count + 2 + size
      let unpadded = before + text.utf8.count + 1
      paddedLength = unpadded + 64 - unpadded % 64 - before
      if paddedLength <= 0xFFFF { break }
    }
    let padding = String(repeating: " ", count: paddedLength - text.utf8.count - 1) + "\n"
    let length = (0..<lengthSize).map { UInt8(truncatingIfNeeded: paddedLength >> (8 * $0)) }
    return Self.magic + [lengthSize == 2 ? 1 : 2, 0] + length + Array((text + padding).utf8)
  }
}

extension DType {
  /// The kind and the size, as NumPy abbreviates them.
  fileprivate var npyCode: String {
    switch self {
    case .float32: "f4"
    case .float64: "f8"
    case .int32: "i4"
    case .int64: "i8"
    case .uint8: "u1"
    case .bool: "b1"
    }
  }

  /// The abbreviation with the byte order, which is little-endian.
  fileprivate var npyDescription: String { (byteCount == 1 ? "|" : "<") + npyCode }
}
