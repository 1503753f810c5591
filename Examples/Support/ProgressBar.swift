import Foundation

/// A line of a terminal that shows how far a training has come; nothing where errors go to a file or a pipe.
struct ProgressBar {
  private static let isTerminal = isatty(STDERR_FILENO) == 1
  private static let width = 30

  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant?
  private var shown: ContinuousClock.Instant?
  private var isEmpty = true

  /// Shows that `done` steps of `count` are done, unless that was shown a moment ago.
  mutating func show(_ done: Int, of count: Int) {
    guard Self.isTerminal else { return }
    let now = clock.now
    let start = start ?? now
    self.start = start
    if let shown, now - shown < .milliseconds(50) { return }
    shown = now
    show(Self.text(done, of: count, seconds: (now - start) / .seconds(1)))
  }

  /// Shows `text` in place of the bar.
  mutating func show(_ text: String) {
    guard Self.isTerminal else { return }
    isEmpty = false
    Self.write("\r\u{1B}[K" + text)
  }

  /// Empties the line; the next bar is shown at once.
  mutating func clear() {
    guard !isEmpty else { return }
    isEmpty = true
    shown = nil
    Self.write("\r\u{1B}[K")
  }

  /// `120/781 [====>.........................] 3.1 ms per step, 2 s left`
  static func text(_ done: Int, of count: Int, seconds: Double) -> String {
    let filled = count == 0 ? width : width * done / count
    let bar = String(repeating: "=", count: filled) + (filled < width ? ">" : "")
    let rest = String(repeating: ".", count: width - bar.count)
    var text = "\(done)/\(count) [\(bar)\(rest)]"
    if done > 0 {
      let step = seconds / Double(done)
      text += String(format: " %.1f ms per step, ", step * 1000)
      text += String(format: "%.0f s left", step * Double(count - done))
    }
    return text
  }

  /// Writes `text` to standard error, terminal or not.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
