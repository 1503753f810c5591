import JacquardArrays

struct Max: AxisReduction {
  static let reduction = Reduction.maximum
  var axes: [Int]?
  var keepingDimensions: Bool

  /// Elements that share the extreme share the gradient equally.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    return [sharedGradient(call, dy)]
  }
}

extension Tensor {
  /// The greatest element along `axes`; NaN if there is one.
  ///
  /// The maximum of no elements is -infinity, or the lowest whole number.
  ///
  /// - Parameters:
  ///   - axes: the axes to reduce, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func max(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      Max(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}

extension AxisReduction {
  /// The gradient of a reduction that selects an element: equal shares of `dy` for all elements equal to the result.
  func sharedGradient(_ call: Call, _ dy: Tensor) -> Tensor? {
    let x = call.operands[0]
    guard x.dtype.isFloatingPoint else { return nil }
    let isChosen = (x .== restoringAxes(of: call.result)).cast(to: x.dtype)
    let count = isChosen.sum(along: axes, keepingDimensions: true)
    return isChosen / count * restoringAxes(of: dy)
  }
}
