import JacquardArrays

extension Tensor {
  /// The mean of the elements along `axes`.
  ///
  /// The mean of no elements is NaN. Means of whole numbers are cut off.
  ///
  /// - Parameters:
  ///   - axes: the axes to average over, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func mean(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      graph.scope("Mean") {
        let total = sum(along: axes, keepingDimensions: keepingDimensions)
        if total.isInvalid { return total }
        return total / sizeTensor(along: axes, dtype: dtype)
      }
    }
  }
}
