import JacquardArrays

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
    case .text(let text): JSONObjectWriter.quoted(text)
    case .integer(let number): "\(number)"
    case .number(let number): number.isFinite ? Format.decimal(number, places: 3) : "0"
    case .microseconds(let time):
      "\(time / 1000)." + String(repeating: "0", count: 3 - "\(time % 1000)".count)
        + "\(time % 1000)"
    case .object(let members):
      "{" + members.map { JSONObjectWriter.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",")
        + "}"
    }
  }
}
