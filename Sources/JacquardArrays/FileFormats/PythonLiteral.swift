/// A value as Python writes it in source code: what the header of an `.npy` file is.
enum PythonLiteral: Hashable {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case none
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  /// Keys and values in the order they were written.
  case dictionary([Entry])

  struct Entry: Hashable {
    let key: PythonLiteral
    let value: PythonLiteral
    /// Where the key and the value begin.
    let keyOffset: Int
    let valueOffset: Int
  }

  /// The only value in `text`, with nothing but white space around it.
  init(parsing text: [UInt8]) throws(PythonLiteralError) {
    var parser = PythonLiteralParser(text)
    self = try parser.onlyValue()
  }
}

/// A text that is not a Python literal.
struct PythonLiteralError: Error {
  let problem: String
  /// Counted in bytes from the start of the text.
  let offset: Int
}

/// Reads the literals that describe arrays: no numbers with fractions, bytes, sets or comments.
struct PythonLiteralParser {
  private let text: [UInt8]
  private var position = 0
  private static let maximumDepth = 32

  init(_ text: [UInt8]) { self.text = text }

  mutating func onlyValue() throws(PythonLiteralError) -> PythonLiteral {
    let value = try value(depth: 0)
    skipSpace()
    guard position == text.count else { throw unexpected("the end of the header") }
    return value
  }

  private mutating func value(depth: Int) throws(PythonLiteralError) -> PythonLiteral {
    guard depth < Self.maximumDepth else {
      throw failure("brackets are nested more than \(Self.maximumDepth) deep")
    }
    skipSpace()
    guard let first = peek else { throw unexpected("a value") }
    switch first {
    case UInt8(ascii: "{"): return try dictionary(depth: depth)
    case UInt8(ascii: "("): return try tuple(depth: depth)
    case UInt8(ascii: "["):
      return .list(try elements(until: UInt8(ascii: "]"), depth: depth).values)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .integer(try integer())
    default:
      let words: [(String, PythonLiteral)] = [
        ("True", .boolean(true)), ("False", .boolean(false)), ("None", .none),
      ]
      for (word, value) in words where take(word: word) { return value }
      throw unexpected("a value")
    }
  }

  /// A tuple, or what stands in parentheses for itself.
  private mutating func tuple(depth: Int) throws(PythonLiteralError) -> PythonLiteral {
    let (values, hasComma) = try elements(until: UInt8(ascii: ")"), depth: depth)
    return values.count == 1 && !hasComma ? values[0] : .tuple(values)
  }

  private mutating func elements(
    until end: UInt8, depth: Int
  ) throws(PythonLiteralError) -> (values: [PythonLiteral], hasComma: Bool) {
    position += 1
    var values: [PythonLiteral] = []
    var hasComma = false
    while !take(end) {
      values.append(try value(depth: depth + 1))
      if take(end) { break }
      try require(UInt8(ascii: ","))
      hasComma = true
    }
    return (values, hasComma)
  }

  private mutating func dictionary(depth: Int) throws(PythonLiteralError) -> PythonLiteral {
    position += 1
    var entries: [PythonLiteral.Entry] = []
    while !take(UInt8(ascii: "}")) {
      skipSpace()
      let keyOffset = position
      let key = try value(depth: depth + 1)
      try require(UInt8(ascii: ":"))
      skipSpace()
      let valueOffset = position
      let value = try value(depth: depth + 1)
      entries.append(
        PythonLiteral.Entry(
          key: key, value: value, keyOffset: keyOffset, valueOffset: valueOffset))
      if take(UInt8(ascii: "}")) { break }
      try require(UInt8(ascii: ","))
    }
    return .dictionary(entries)
  }

  private mutating func string() throws(PythonLiteralError) -> String {
    let start = position
    let quote = text[position]
    position += 1
    var bytes: [UInt8] = []
    while let byte = peek, byte != quote {
      guard byte != UInt8(ascii: "\n") else { break }
      guard byte != UInt8(ascii: "\\") else {
        position += 1
        guard let escaped = peek, [quote, UInt8(ascii: "\\")].contains(escaped) else {
          throw failure("a string has an escape that no name of an element type needs")
        }
        bytes.append(escaped)
        position += 1
        continue
      }
      bytes.append(byte)
      position += 1
    }
    guard peek == quote else {
      position = start
      throw failure("a string has no end")
    }
    position += 1
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func integer() throws(PythonLiteralError) -> Int {
    let start = position
    if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
    let firstDigit = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    let digits = text[start..<position]
    // Python 2 wrote long integers with an L.
    if peek == UInt8(ascii: "L") && position > firstDigit { position += 1 }
    guard position > firstDigit, digits.count == 1 || text[firstDigit] != UInt8(ascii: "0"),
      peek.map(endsNumber) ?? true
    else {
      position = start
      throw failure("a number is not a whole one")
    }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      position = start
      throw failure("a number does not fit 64 bits")
    }
    return value
  }

  private func endsNumber(_ byte: UInt8) -> Bool {
    isSpace(byte) || [",", ")", "]", "}", ":"].contains(Unicode.Scalar(byte))
  }

  // MARK: Characters

  private var peek: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, isSpace(byte) { position += 1 }
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    [" ", "\t", "\n", "\r"].contains(Unicode.Scalar(byte))
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(word: String) -> Bool {
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func require(_ byte: UInt8) throws(PythonLiteralError) {
    guard take(byte) else { throw unexpected("'\(Character(Unicode.Scalar(byte)))'") }
  }

  private func unexpected(_ expected: String) -> PythonLiteralError {
    guard let byte = peek else { return failure("the header ends where \(expected) should be") }
    let found =
      (0x20..<0x7F).contains(byte)
      ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte \(byte)"
    return failure("\(found) stands where \(expected) should be")
  }

  private func failure(_ problem: String) -> PythonLiteralError {
    PythonLiteralError(problem: problem, offset: position)
  }
}
