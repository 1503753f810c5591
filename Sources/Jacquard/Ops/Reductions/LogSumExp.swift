import JacquardArrays

extension Tensor {
  /// log Σ exp of the elements along `axes`, without overflow.
  ///
  /// Where all elements are −∞, or there are none, it is −∞ and the gradient 0.
  ///
  /// - Parameters:
  ///   - axes: the axes to reduce, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func logSumExp(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      graph.scope("LogSumExp") {
        let largest =
          dtype == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
        let peak = stopGradient(self).max(along: axes, keepingDimensions: true)
        // A finite shift: ∞ − ∞ would be NaN.
        let shift = minimum(maximum(peak, -largest), largest)
        let total = exp(self - shift).sum(along: axes, keepingDimensions: true)
        let isEmpty = total .== 0
        let logarithm = log(select(isEmpty, 1, total)) + shift
        let result = select(isEmpty, -.infinity, logarithm)
        return keepingDimensions ? result : result.sum(along: axes)
      }
    }
  }
}
