#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Turns elements into words of one width, as NumPy does.
enum ElementFormat {
  /// The most digits after the point.
  static let precision = 8

  static func words<E: ArrayElement>(for elements: [E]) -> [String] {
    // The limits are those of NumPy 2.4: they depend on the decimal digits of the type.
    if let floats = elements as? [Float] {
      return floatWords(floats, exponents: (below: 0.0001, from: 1e6))
    }
    if let doubles = elements as? [Double] {
      return floatWords(doubles, exponents: (below: 0.0001, from: 1e8))
    }
    return padded(elements.map { "\($0)" })
  }

  private static func padded(_ words: [String]) -> [String] {
    let width = words.map(\.count).max() ?? 0
    return words.map { leftPadded($0, to: width) }
  }

  private static func leftPadded(_ word: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - word.count)) + word
  }

  private static func rightPadded(_ word: String, to width: Int) -> String {
    word + String(repeating: " ", count: max(0, width - word.count))
  }

  private static func floatWords<F: BinaryFloatingPoint & CustomStringConvertible>(
    _ elements: [F], exponents: (below: F, from: F)
  ) -> [String] {
    let magnitudes = elements.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    var isScientific = false
    if let low = magnitudes.min(), let high = magnitudes.max() {
      isScientific = high >= exponents.from || low < exponents.below || high / low > 1000
    }
    let numerals = elements.map { element -> Numeral? in
      element.isFinite ? Numeral(shortest: element, isScientific: isScientific) : nil
    }
    let fractionWidth = numerals.map { $0?.fraction.count ?? 0 }.max() ?? 0
    let exponentWidth = numerals.map { $0?.exponent.count ?? 0 }.max() ?? 0
    let words = zip(elements, numerals).map { element, numeral -> String in
      guard let numeral else { return element.isNaN ? "nan" : element < 0 ? "-inf" : "inf" }
      if isScientific {
        let full = Numeral(element, places: fractionWidth, isScientific: true)
        return full.whole + "." + full.fraction + full.exponent(width: exponentWidth)
      }
      return numeral.whole + "." + rightPadded(numeral.fraction, to: fractionWidth)
    }
    return padded(words)
  }
}

/// A finite number in decimal.
private struct Numeral {
  /// The sign and the digits before the point.
  var whole: String
  /// The digits after the point.
  var fraction: String
  /// The letter e, a sign and digits; empty where there is no exponent.
  var exponent: String

  /// `value` rounded to `places` digits after the point.
  init<F: BinaryFloatingPoint>(_ value: F, places: Int, isScientific: Bool) {
    // Long enough for 309 digits, the sign, the point and 8 places.
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList([Int32(places), Double(value)]) {
      vsnprintf(&buffer, buffer.count, isScientific ? "%.*e" : "%.*f", $0)
    }
    let text = String(decoding: buffer[..<Int(length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let mantissa = text.prefix { $0 != "e" }
    let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    whole = String(parts[0])
    fraction = parts.count > 1 ? String(parts[1]) : ""
    exponent = String(text[mantissa.endIndex...])
  }

  /// The shortest numeral that reads back as `value`, rounded to at most 8 digits after the point.
  init<F: BinaryFloatingPoint & CustomStringConvertible>(shortest value: F, isScientific: Bool) {
    let (digitCount, point) = Numeral.shortestDigits(value.magnitude.description)
    let places = min(max(digitCount - (isScientific ? 1 : point), 0), ElementFormat.precision)
    // The exact value is rounded, not the shortest numeral: rounding twice can go astray.
    self.init(value, places: places, isScientific: isScientific)
    while fraction.last == "0" { fraction.removeLast() }
  }

  /// The exponent with zeros after its sign, so that it is `width` characters long.
  func exponent(width: Int) -> String {
    let zeros = String(repeating: "0", count: width - exponent.count)
    return exponent.prefix(2) + zeros + exponent.dropFirst(2)
  }

  /// How many significant digits a numeral of Swift's has, and how many are before the point.
  private static func shortestDigits(_ description: String) -> (count: Int, point: Int) {
    let mantissa = description.prefix { $0 != "e" }
    let exponent = Int(description.dropFirst(mantissa.count + 1)) ?? 0
    let parts = mantissa.split(separator: ".")
    var digits = Array(parts.joined())[...]
    var point = parts[0].count + exponent
    while digits.count > 1 && digits.last == "0" { digits.removeLast() }
    while digits.count > 1 && digits.first == "0" {
      digits.removeFirst()
      point -= 1
    }
    return (digits.count, point)
  }
}
