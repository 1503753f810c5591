import Foundation

/// What a model writes to standard output while it is trained.
public enum Verbosity: Sendable, Hashable {
  /// Nothing.
  case silent
  /// A bar on terminals, elsewhere a line for each epoch.
  case automatic
  /// A line for each epoch.
  case lines
  /// A bar that shows the examples done, the rate and the time left, and becomes a line at the end of an epoch.
  case bar
}

/// Writes the progress of training.
struct TrainingProgress {
  private let style: Verbosity
  private let epochs: Int
  private let examples: Int
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant
  private var shown: ContinuousClock.Instant?
  private var done = 0
  private var epoch = 0
  private let write: (String) -> Void

  init(
    _ verbosity: Verbosity, epochs: Int, examples: Int,
    write: @escaping (String) -> Void = { text in
      print(text, terminator: "")
      fflush(nil)
    }
  ) {
    style = verbosity == .automatic ? isatty(STDOUT_FILENO) == 1 ? .bar : .lines : verbosity
    self.epochs = epochs
    self.examples = examples
    self.write = write
    start = clock.now
  }

  mutating func begin(_ epoch: Int) {
    self.epoch = epoch
    done = 0
    start = clock.now
    shown = nil
    if style == .bar { write("Epoch \(epoch + 1)/\(epochs)\n") }
  }

  /// After a batch: `done` examples of the epoch are.
  mutating func show(_ done: Int, _ logs: Logs) {
    self.done = done
    guard style == .bar else { return }
    let now = clock.now
    if let shown, now - shown < .milliseconds(100) { return }
    shown = now
    let elapsed = seconds(since: start)
    let left = elapsed / Double(max(done, 1)) * Double(examples - done)
    write("\r\u{1B}[K\(bar()) - \(rate(elapsed)) - ETA \(Self.duration(left)) - \(logs)")
  }

  /// After an epoch.
  func end(_ logs: Logs) {
    switch style {
    case .bar:
      let elapsed = seconds(since: start)
      write("\r\u{1B}[K\(bar()) - \(Self.duration(elapsed)) - \(rate(elapsed)) - \(logs)\n")
    case .lines: write("Epoch \(epoch + 1)/\(epochs) - \(logs)\n")
    case .silent, .automatic: break
    }
  }

  private func bar() -> String {
    let width = 30
    let filled = examples == 0 ? width : done * width / examples
    let total = "\(examples)"
    let count = "\(done)"
    let padding = String(repeating: " ", count: max(0, total.count - count.count))
    let arrow = filled < width ? ">" : ""
    let rest = String(repeating: ".", count: max(0, width - filled - arrow.count))
    return "\(padding)\(count)/\(total) [\(String(repeating: "=", count: filled))\(arrow)\(rest)]"
  }

  private func rate(_ elapsed: Double) -> String {
    String(format: "%.0f/s", Double(done) / max(elapsed, 1e-9))
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    (clock.now - start) / .seconds(1)
  }

  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return String(format: "%d:%02d", whole / 60, whole % 60) }
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}

extension Double {
  /// As progress shows it: four decimals, or an exponent where that would say nothing.
  var logText: String {
    let magnitude = abs(self)
    return magnitude == 0 || (1e-3..<1e6).contains(magnitude)
      ? String(format: "%.4f", self) : String(format: "%.4e", self)
  }
}
