/// Reads JSON piece by piece, and knows at which byte of a file it is.
struct JSONScanner {
  private let bytes: [UInt8]
  private let offset: Int
  private let file: String
  private var position = 0

  /// Where the last string or array began, in bytes from the start of the file.
  private(set) var tokenByte: Int

  /// A scanner for `bytes`, which are at `offset` of `file`.
  init(_ bytes: [UInt8], offset: Int, file: String) {
    self.bytes = bytes
    self.offset = offset
    self.file = file
    tokenByte = offset
  }

  /// The byte that comes next; `nil` at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Where that is, in bytes from the start of the file.
  var byte: Int { offset + position }

  /// What comes next, for messages.
  var nextText: String {
    guard let next else { return "nothing" }
    let isPrintable = (0x21...0x7E).contains(next)
    return isPrintable ? "'\(Character(Unicode.Scalar(next)))'" : "the byte \(next)"
  }

  /// An error about what comes next, which should be `expected`.
  private func misplaced(_ expected: String) -> SafeTensorsError {
    failure(
      next == nil
        ? "the header ends where \(expected) belongs"
        : "the header has \(nextText) where \(expected) belongs")
  }

  /// An error about what comes next, or about the given byte of the file.
  func failure(
    _ problem: String, remedy: String = SafeTensorsError.useAnother, at byte: Int? = nil
  ) -> SafeTensorsError {
    SafeTensorsError(file: file, byte: byte ?? self.byte, problem: problem, remedy: remedy)
  }

  // MARK: Structure

  /// Reads an object.
  ///
  /// - Parameter member: reads the value of a member; given its name and where that is in the file.
  mutating func object(
    _ member: (inout JSONScanner, _ name: String, _ byte: Int) throws -> Void
  ) throws {
    try list("{", "}") { scanner in
      let name = try scanner.string()
      let byte = scanner.tokenByte
      try scanner.take(":")
      try member(&scanner, name, byte)
    }
  }

  /// Reads an array of integers of 0 or more.
  mutating func integers() throws -> [Int] {
    var numbers: [Int] = []
    skipSpace()
    let start = offset + position
    try list("[", "]") { numbers.append(try $0.integer()) }
    tokenByte = start
    return numbers
  }

  /// Makes sure that nothing follows but space.
  mutating func end() throws {
    skipSpace()
    guard next == nil else { throw failure("\(nextText) follows the end of the header") }
  }

  private mutating func list(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout JSONScanner) throws -> Void
  ) throws {
    try take(open)
    if takeIfNext(close) { return }
    repeat { try element(&self) } while takeIfNext(",")
    guard takeIfNext(close) else {
      throw misplaced("',' or '\(close)'")
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) throws {
    guard takeIfNext(scalar) else {
      throw misplaced("'\(scalar)'")
    }
  }

  private mutating func takeIfNext(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || (0x09...0x0D).contains(next) && next != 0x0B && next != 0x0C {
      position += 1
    }
  }

  // MARK: Numbers and strings

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    var number = 0
    while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(next - UInt8(ascii: "0")))
      guard !overflow, !carry else {
        throw failure("a number is larger than \(Int.max)", at: offset + start)
      }
      number = sum
      position += 1
    }
    guard position > start else {
      throw misplaced("a number of 0 or more")
    }
    guard bytes[start] != UInt8(ascii: "0") || position == start + 1 else {
      throw failure("a number starts with 0", at: offset + start)
    }
    return number
  }

  /// Reads a string.
  mutating func string() throws -> String {
    skipSpace()
    let start = position
    guard next == UInt8(ascii: "\"") else {
      throw misplaced("a string")
    }
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte = next else {
        throw failure("the header ends inside a string that starts at byte \(offset + start)")
      }
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8", at: offset + start)
        }
        tokenByte = offset + start
        return string
      case UInt8(ascii: "\\"): try unescape(into: &text)
      case 0..<0x20: throw failure("a string has the control character \(byte) in it")
      default:
        text.append(byte)
        position += 1
      }
    }
  }

  private mutating func unescape(into text: inout [UInt8]) throws {
    let start = position
    func invalid() -> SafeTensorsError {
      failure("a string has an invalid escape in it", at: offset + start)
    }
    position += 1
    guard let kind = next else { throw invalid() }
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      guard var value = fourHexDigits() else { throw invalid() }
      if (0xD800..<0xDC00).contains(value) {
        // The first half of a character beyond 16 bits; the second follows.
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw invalid() }
        position += 2
        guard let low = fourHexDigits(), (0xDC00..<0xE000).contains(low) else { throw invalid() }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw invalid() }
      text += Array(String(scalar).utf8)
    default: throw invalid()
    }
  }

  private mutating func fourHexDigits() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
