import Jacquard
import JacquardArrays

/// The mean and the variance of the elements along `axes`, as `tf.nn.moments`: Σ(x − mean)²/n, not n − 1.
///
/// - Parameters:
///   - x: floating-point, of any shape.
///   - axes: the axes to take them over, negative ones counted from the end; all for `nil`. `[0]` for rows of features, `[0, 1, 2]` for
///     channels of images.
///   - keepingDimensions: whether those axes stay, with length 1.
public func moments(
  _ x: Tensor, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> (mean: Tensor, variance: Tensor) {
  withSourceLocation(file, line) {
    guard requireFloatingPoint(x, op: "moments") else {
      let invalid = x.graph.invalid(TensorType(.float32, .unknown))
      return (invalid, invalid)
    }
    return x.graph.scope("moments") {
      let wide = x.mean(along: axes, keepingDimensions: true)
      let variance = square(x - wide).mean(along: axes, keepingDimensions: keepingDimensions)
      let mean = keepingDimensions ? wide : wide.reshaped(like: variance)
      return (mean, variance)
    }
  }
}

/// `x` normalised with a given mean and variance, as `tf.nn.batch_normalization` (Ioffe and Szegedy 2015):
/// (x − mean) / √(variance + ε) · scale + offset.
///
/// - Parameters:
///   - x: floating-point, `[batch, …, channels]`.
///   - mean: the mean of each channel, `[channels]`, or anything that broadcasts to `x`; ``moments(_:along:keepingDimensions:file:line:)``
///     of the batch in training, running means otherwise.
///   - variance: the variance of each channel.
///   - offset: β, added in the end; none for `nil`.
///   - scale: γ, the new standard deviation; none for `nil`.
///   - epsilon: ε, which keeps the divisor from 0.
public func batchNormalization(
  _ x: Tensor, mean: Tensor, variance: Tensor, offset: Tensor? = nil, scale: Tensor? = nil,
  epsilon: Double = 1e-3, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    guard requireFloatingPoint(x, op: "batchNormalization") else {
      return x.graph.invalid(TensorType(.float32, .unknown))
    }
    return x.graph.scope("batchnorm") {
      var factor = rsqrt(variance + epsilon)
      if let scale { factor = factor * scale }
      let shift = offset.map { $0 - mean * factor } ?? -(mean * factor)
      return x * factor + shift
    }
  }
}

/// `x` normalised to mean 0 and variance 1 along an axis, row by row (Ba, Kiros and Hinton 2016), as in Keras.
///
/// - Parameters:
///   - x: floating-point, `[batch, …, features]`.
///   - gamma: the new standard deviation, `[features]`; none for `nil`.
///   - beta: the new mean, `[features]`; none for `nil`.
///   - epsilon: added to the variance.
///   - axis: the axis to normalise along, negative if counted from the end; `gamma` and `beta` are vectors along it.
public func layerNormalization(
  _ x: Tensor, gamma: Tensor? = nil, beta: Tensor? = nil, epsilon: Double = 1e-3, axis: Int = -1,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    guard requireFloatingPoint(x, op: "layerNormalization") else {
      return x.graph.invalid(TensorType(.float32, .unknown))
    }
    return x.graph.scope("layernorm") {
      let (mean, variance) = moments(x, along: [axis], keepingDimensions: true)
      var y = (x - mean) * rsqrt(variance + epsilon)
      guard !y.isInvalid, gamma != nil || beta != nil else { return y }
      guard axis == -1 || x.rank != nil else {
        x.graph.diagnose(
          "the rank of \(x.type) is not known, so gamma and beta have no place along axis \(axis)",
          remedy: "declare the rank, or normalise along axis -1", op: "layerNormalization",
          operands: [x])
        return x.graph.invalid(x.type)
      }
      let trailing = axis < 0 ? -1 - axis : (x.rank ?? axis + 1) - 1 - axis
      if let gamma { y = y * gamma.followed(byAxes: trailing) }
      if let beta { y = y + beta.followed(byAxes: trailing) }
      return y
    }
  }
}

extension Tensor {
  /// This tensor with `count` more axes of length 1 at the end.
  fileprivate func followed(byAxes count: Int) -> Tensor {
    (0..<count).reduce(self) { wider, _ in wider.expandingDimensions(at: -1) }
  }
}

/// Whether `x` is floating-point; a diagnostic if not, quiet if it is invalid.
private func requireFloatingPoint(_ x: Tensor, op: String) -> Bool {
  if x.isInvalid { return false }
  if x.dtype.isFloatingPoint { return true }
  x.graph.diagnose(
    "\(x.type) has no \(op)", remedy: "cast it to float32 or float64", op: op, operands: [x])
  return false
}
