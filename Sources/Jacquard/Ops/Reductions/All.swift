import JacquardArrays

struct AllTrue: AxisReduction {
  static let name = "All"
  static let reduction = Reduction.all
  var axes: [Int]?
  var keepingDimensions: Bool

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }
}

extension Tensor {
  /// Whether every of the bool elements along `axes` is true; true if there are none.
  ///
  /// - Parameters:
  ///   - axes: the axes to reduce, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func all(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      AllTrue(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}
