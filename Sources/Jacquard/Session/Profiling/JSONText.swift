/// JSON, written in the order in which it is given.
enum JSONText {
  case text(String)
  case integer(Int)
  /// A number with three decimals; 0 if it is not finite.
  case number(Double)
  /// Nanoseconds, as microseconds with three decimals.
  case microseconds(Int64)
  case object([(String, JSONText)])

  var text: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .integer(let number): "\(number)"
    case .number(let number): number.isFinite ? Format.decimal(number, places: 3) : "0"
    case .microseconds(let time):
      "\(time / 1000)." + String(repeating: "0", count: 3 - "\(time % 1000)".count)
        + "\(time % 1000)"
    case .object(let members):
      "{" + members.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
