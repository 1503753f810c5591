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
    let near = max(2, (wished + 3) / 4)...max(2, min(iterations / 2, 4 * wished))
    let divisors = near.filter { iterations.isMultiple(of: $0) }
    return divisors.min { distance($0, wished) < distance($1, wished) }
  }

  private func distance(_ a: Int, _ b: Int) -> Double { Double(max(a, b)) / Double(min(a, b)) }
}

/// A pass that cuts loops into windows.
protocol WindowPass: Pass {
  /// When that is worth it.
  var limits: WindowLimits { get set }
  /// Makes one change to a block; false if there is none to make.
  func rewrite(_ block: inout Block, _ program: inout Program) -> Bool
}

extension WindowPass {
  func run(_ program: inout Program) {
    program.rewriteBlocks { block, program in
      guard block.hasRegions else { return }
      while rewrite(&block, &program) {}
    }
  }
}
