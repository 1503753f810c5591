import JacquardArrays

struct AnyTrue: AxisReduction {
  static let name = "Any"
  static let reduction = Reduction.any
  var axes: [Int]?
  var keepingDimensions: Bool

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }
}

extension Tensor {
  /// Whether any of the bool elements along `axes` is true; false if there are none.
  ///
  /// - Parameters:
  ///   - axes: the axes to reduce, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func any(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      AnyTrue(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}
