import Foundation

/// One line of a terminal that is written again and again; nothing where errors go to a file.
struct ProgressLine {
  private static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Shows `text`, on a line that is empty so far.
  func show(_ text: String) {
    if Self.isTerminal { Self.write(text) }
  }

  /// Empties the line.
  func clear() {
    if Self.isTerminal { Self.write("\r\u{1B}[K") }
  }

  /// Writes `text` to standard error, terminal or not.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
