/// When cutting loops into windows is worth it.
struct WindowLimits: Sendable, Hashable {
  /// Stacks that take less memory than this, in bytes, stay: caches hold them.
  var leastBytes = 4 << 20
  /// The fewest rows of a product over the iterations of a window: with fewer, adding it to the sum takes longer than computing it.
  var leastRows = 256

  /// Windows wherever possible, for tests.
  static let none = WindowLimits(leastBytes: 0, leastRows: 1)

  /// The iterations of a window, as near as possible to `wished`, of which a whole number makes up all iterations; `nil` if none is
  /// near, or all iterations are one window.
  func windowLength(of iterations: Int, near wished: Int) -> Int? {
    guard wished > 1, iterations > max(wished, 3) else { return nil }
    let divisors = (2...iterations / 2).filter { length in
      iterations % length == 0 && length <= 4 * wished && wished <= 4 * length
    }
    return divisors.min { distance($0, wished) < distance($1, wished) }
  }

  private func distance(_ a: Int, _ b: Int) -> Double { Double(max(a, b)) / Double(min(a, b)) }
}

/// A pass that cuts loops into windows.
protocol WindowPass: Pass {
  /// When that is worth it.
  var limits: WindowLimits { get set }
}
