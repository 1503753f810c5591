import JacquardArrays

struct Sum: AxisReduction {
  static let reduction = Reduction.sum
  var axes: [Int]?
  var keepingDimensions: Bool

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return [restoringAxes(of: dy).broadcast(toShapeOf: call.operands[0])]
  }
}

extension Tensor {
  /// The sum of the elements along `axes`.
  ///
  /// The sum of no elements is 0. Whole numbers wrap around.
  ///
  /// - Parameters:
  ///   - axes: the axes to sum over, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func sum(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      Sum(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}
