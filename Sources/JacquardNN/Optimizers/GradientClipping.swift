import Jacquard
import JacquardArrays

/// Gradients whose elements outside `range` are replaced by the nearer bound; `nil` stays `nil`, and NaN stays NaN.
///
/// - Parameters:
///   - gradients: floating-point tensors of any shapes.
///   - range: from the smallest to the largest element.
public func clipByValue(
  _ gradients: [Tensor?], _ range: ClosedRange<Double>, file: StaticString = #fileID,
  line: UInt = #line
) -> [Tensor?] {
  gradients.map { $0?.clipped(to: range, file: file, line: line) }
}

/// A tensor scaled down such that its Euclidean norm is at most `norm`; one within it stays as it is.
///
/// The run fails if the norm is infinite or NaN.
///
/// - Parameters:
///   - tensor: a floating-point tensor of any shape.
///   - norm: the largest norm; above 0.
///   - axes: the axes that a norm is taken over, one for each place along the others; all axes for `nil`.
public func clipByNorm(
  _ tensor: Tensor, _ norm: Double, along axes: [Int]? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    guard canClip([tensor], to: norm, op: "ClipByNorm") else {
      return tensor.graph.invalid(tensor.type)
    }
    return tensor.graph.scope("clip_by_norm") {
      let slices = axes == nil ? tensor.indexedSlices : nil
      let rows = slices?.distinctRows() ?? tensor
      let squares = square(rows).sum(along: axes, keepingDimensions: true)
      let isPositive = squares .> 0
      // The root of 0 has an infinite slope.
      let length = select(isPositive, sqrt(select(isPositive, squares, 1)), squares)
      let checked = checkNumerics(length, "the norm to clip by is not finite")
      let factor = norm / maximum(checked, norm)
      return slices?.mapValues { $0 * factor }.dense() ?? tensor * factor
    }
  }
}

/// Gradients each scaled down such that its own Euclidean norm is at most `norm`; `nil` stays `nil`.
///
/// The run fails if one of the norms is infinite or NaN.
///
/// - Parameters:
///   - gradients: floating-point tensors of any shapes.
///   - norm: the largest norm; above 0.
public func clipByNorm(
  _ gradients: [Tensor?], _ norm: Double, file: StaticString = #fileID, line: UInt = #line
) -> [Tensor?] {
  gradients.map { gradient in gradient.map { clipByNorm($0, norm, file: file, line: line) } }
}

/// The Euclidean norm of all elements of all tensors: the root of the sum of their squares.
///
/// - Parameter tensors: floating-point tensors of any shapes; `nil` counts for nothing, but one of them must not be.
/// - Returns: a scalar; float64 if one of the tensors is, else float32.
public func globalNorm(
  _ tensors: [Tensor?], file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    let present = tensors.compactMap(\.self)
    guard canClip(present, op: "GlobalNorm") else { return invalidNorm(of: present) }
    return euclideanNorm(of: present)
  }
}

/// Gradients scaled down together, by one factor, such that the norm of all their elements is at most `norm`; those within it stay as
/// they are.
///
/// ```swift
/// let (gradients, norm) = clipByGlobalNorm(cost.graph.gradients(of: [cost], withRespectTo: variables), 5)
/// let trainStep = optimizer.applyGradients(zip(gradients, variables).map { ($0, $1) })
/// ```
///
/// The run fails if the norm is infinite or NaN, before any variable has changed. (TensorFlow makes all gradients NaN.)
///
/// Sparse gradients stay sparse. Their norm, too, is that of the whole gradient; TensorFlow takes the slices of a row that occurs
/// several times for different rows.
///
/// - Parameters:
///   - gradients: floating-point tensors of any shapes; `nil` stays `nil`, but one of them must not be.
///   - norm: the largest norm; above 0.
/// - Returns: the gradients, and the norm they had before, a scalar.
public func clipByGlobalNorm(
  _ gradients: [Tensor?], _ norm: Double, file: StaticString = #fileID, line: UInt = #line
) -> (gradients: [Tensor?], globalNorm: Tensor) {
  withSourceLocation(file, line) {
    let present = gradients.compactMap(\.self)
    guard canClip(present, to: norm, op: "ClipByGlobalNorm") else {
      return (gradients.map { $0.map { $0.graph.invalid($0.type) } }, invalidNorm(of: present))
    }
    return present[0].graph.scope("clip_by_global_norm") {
      let checked = checkNumerics(
        euclideanNorm(of: present), "the global norm of the gradients is not finite")
      let factor = norm / maximum(checked, norm)
      return (gradients.map { $0.map { scaled($0, by: factor) } }, checked)
    }
  }
}

/// The product; one with few rows stays one.
private func scaled(_ gradient: Tensor, by factor: Tensor) -> Tensor {
  let factor = factor.cast(to: gradient.dtype)
  return gradient.indexedSlices?.mapValues { $0 * factor }.dense() ?? gradient * factor
}

private func euclideanNorm(of tensors: [Tensor]) -> Tensor {
  let dtype = normDType(of: tensors)
  return tensors[0].graph.scope("global_norm") {
    let rows = tensors.map { $0.indexedSlices?.distinctRows() ?? $0 }
    return sqrt(sum(of: rows.map { square($0).sum().cast(to: dtype) }))
  }
}

private func normDType(of tensors: [Tensor]) -> DType {
  tensors.contains { $0.dtype == .float64 } ? .float64 : .float32
}

private func invalidNorm(of tensors: [Tensor]) -> Tensor {
  let type = TensorType(normDType(of: tensors), .scalar)
  if let graph = tensors.first?.graph { return graph.invalid(type) }
  // Without any tensor there is no graph to record that in: what is returned belongs to one of its own.
  let graph = Graph()
  graph.diagnose(
    "there are no tensors to take the norm of",
    remedy: "pass at least one gradient that is not nil",
    op: "GlobalNorm")
  return graph.invalid(type)
}

/// Whether there are tensors with norms, and they can be compared with `norm`; a diagnostic, or quiet for invalid tensors, if not.
private func canClip(_ tensors: [Tensor], to norm: Double = 1, op: String) -> Bool {
  guard let graph = tensors.first?.graph else { return false }
  guard tensors.allSatisfy({ !$0.isInvalid }) else { return false }
  if let other = tensors.first(where: { !$0.dtype.isFloatingPoint }) {
    graph.diagnose(
      "\(other.type) has no norm", remedy: "cast it to float32 or float64", op: op,
      operands: [other])
    return false
  }
  if !(norm > 0) {
    graph.diagnose("the largest norm is \(norm)", remedy: "pass a number above 0", op: op)
    return false
  }
  return true
}
