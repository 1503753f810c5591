import JacquardArrays

struct Min: AxisReduction {
  static let reduction = Reduction.minimum
  var axes: [Int]?
  var keepingDimensions: Bool

  /// Elements that share the extreme share the gradient equally.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return [sharedGradient(call, dy)]
  }
}

extension Tensor {
  /// The least element along `axes`; NaN if there is one.
  ///
  /// The minimum of no elements is infinity, or the highest whole number.
  ///
  /// - Parameters:
  ///   - axes: the axes to reduce, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func min(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      Min(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}
