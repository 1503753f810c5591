/// Text in columns.
enum TextTable {
  /// Cells in columns as wide as their widest entry.
  static func aligned(_ lines: [[String]], rightAligned: [Bool]) -> String {
    var widths: [Int] = []
    for line in lines {
      for (column, cell) in line.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return lines.map { cells in
      var line = ""
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += rightAligned[column] ? padding + cell : cell + padding
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// Numbers and names as tables show them.
enum Format {
  static func decimal(_ number: Double, places: Int) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(number) * Double(scale)).rounded())
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = "\(scaled % scale)"
    return "\(sign)\(scaled / scale)."
      + String(repeating: "0", count: places - fraction.count) + fraction
  }

  static func percent(_ fraction: Double) -> String { decimal(100 * fraction, places: 1) + " %" }

  /// A count that may be a mean.
  static func count(_ number: Double) -> String {
    decimal(number, places: number == number.rounded() ? 0 : 1)
  }

  /// Three digits and a unit: `1.84 MB`.
  static func bytes(_ count: Int) -> String {
    count < 1000 ? "\(count) B" : scaled(count, ["kB", "MB", "GB", "TB", "PB", "EB"])
  }

  /// Three digits and a prefix: `1.84 G`.
  static func scaled(_ number: Int) -> String {
    number < 1000 ? "\(number) " : scaled(number, ["k", "M", "G", "T", "P", "E"])
  }

  private static func scaled(_ number: Int, _ units: [String]) -> String {
    var value = Double(number) / 1000
    var unit = 0
    while value >= 999.5 && unit + 1 < units.count {
      value /= 1000
      unit += 1
    }
    let places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    return "\(decimal(value, places: places)) \(units[unit])"
  }

  /// `text`, its end cut off where it is longer than `width`.
  static func shortened(_ text: String, width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }

  /// As many components of a path, from its end, as `width` has room for, but at least the last.
  static func lastComponents(_ path: String, width: Int) -> String {
    guard path.count > width else { return path }
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    var kept = String(components.last ?? "")
    for component in components.dropLast().reversed() {
      guard kept.count + component.count + 3 <= width else { break }
      kept = "\(component)/\(kept)"
    }
    return kept.count == path.count ? kept : "…/\(kept)"
  }

  /// Entries with blanks between them; three or more equal ones in a row as one with their number.
  static func repeated(_ entries: [String]) -> String {
    var words: [String] = []
    var index = 0
    while index < entries.count {
      let count = entries[index...].prefix { $0 == entries[index] }.count
      if count >= 3 {
        words.append("\(entries[index])×\(count)")
      } else {
        words += Array(repeating: entries[index], count: count)
      }
      index += count
    }
    return words.joined(separator: " ")
  }

  /// The shape of a type: `float32[2, 3]` without its dtype.
  static func shape(_ type: String) -> String {
    type.firstIndex(of: "[").map { String(type[$0...]) } ?? type
  }
}
