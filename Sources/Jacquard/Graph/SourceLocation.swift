import Runtime
import Synchronization

/// Where in the user's program an operation was made.
///
/// Functions know their call site by `#fileID` and `#line`. Operators cannot take such parameters, so an operation made by one
/// keeps an unsymbolicated backtrace, which is resolved only when the location is reported.
struct SourceLocation: Sendable {
  private enum Origin: Sendable {
    case site(file: String, line: Int)
    case trace(CapturedTrace)
    case unknown
  }

  private let origin: Origin

  static let unknown = SourceLocation(origin: .unknown)

  private init(origin: Origin) { self.origin = origin }

  init(file: StaticString, line: UInt) { origin = .site(file: "\(file)", line: Int(line)) }

  init(file: String, line: Int) { origin = .site(file: file, line: line) }

  /// The stack of the caller, at the cost of about 1.5 µs.
  static func captured() -> SourceLocation {
    guard
      let trace = try? Backtrace.capture(
        algorithm: .precise, limit: frameLimit, top: 0, images: images)
    else { return .unknown }
    return SourceLocation(origin: .trace(CapturedTrace(trace)))
  }

  /// The file and line, `("main.swift", 12)`, or `nil` if unknown.
  func resolved() -> (file: String, line: Int)? {
    switch origin {
    case .site(let file, let line): return (file, line)
    case .unknown: return nil
    case .trace(let trace):
      return trace.place.withLock { place in
        if place == nil { place = .some(Self.userFrame(of: trace.trace)) }
        return place!
      }
    }
  }

  /// `Module/File.swift:12`, if that is known without looking up a stack.
  var text: String? {
    if case .site(let file, let line) = origin { "\(file):\(line)" } else { nil }
  }

  /// What ``text`` gave.
  init(text: String?) {
    guard let text, let colon = text.lastIndex(of: ":"),
      let line = Int(text[text.index(after: colon)...])
    else {
      self = .unknown
      return
    }
    self.init(file: String(text[..<colon]), line: line)
  }

  private typealias Place = (file: String, line: Int)

  /// A stack, and the user's place in it once somebody has asked: looking it up takes a tenth of a second.
  private final class CapturedTrace: Sendable {
    let trace: Backtrace
    let place = Mutex<Place??>(nil)

    init(_ trace: Backtrace) { self.trace = trace }
  }

  private static func userFrame(of trace: Backtrace) -> Place? {
    guard let symbolicated = trace.symbolicated(with: images) else { return nil }
    for frame in symbolicated.frames {
      // Thunks have no line.
      guard let symbol = frame.symbol, let place = symbol.sourceLocation, place.line > 0,
        !isOurs(place.path), !isOurs(symbol: symbol.rawName)
      else { continue }
      return (shortened(place.path), place.line)
    }
    return nil
  }

  private static let frameLimit = 16
  private static let images = ImageMap.capture()

  private static func isOurs(_ path: String) -> Bool {
    path.contains("Sources/Jacquard") || path.isEmpty || path.contains("<compiler-generated>")
      || path.hasSuffix(".swiftinterface")
  }

  /// Optimised code names our files by paths that need not hold their folder; mangled names begin with the module.
  private static func isOurs(symbol: String) -> Bool {
    symbol.hasPrefix("$s8Jacquard") || symbol.hasPrefix("$s10JacquardNN")
  }

  /// The last two components, in the manner of `#fileID`.
  private static func shortened(_ path: String) -> String {
    path.split(separator: "/").suffix(2).joined(separator: "/")
  }
}
