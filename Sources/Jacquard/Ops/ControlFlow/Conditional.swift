import JacquardArrays

/// One of two branches, chosen by a bool scalar when it runs; only the chosen one runs.
///
/// Operands: the predicate, then everything the branches capture. Regions: the branch taken if true, the one taken if false; the
/// parameters of both are the captured values, in order. Results: what the branches return.
public struct Conditional: Op {
  /// How many values the branches capture.
  public var captureCount: Int

  /// The type rule described above.
  public func resultTypes(_ input: TypeRuleInput) throws -> [TensorType] {
    try input.requireCount(captureCount + 1)
    guard input[0].dtype == .bool, input[0].shape.isCompatible(with: .scalar) else {
      throw TypeRuleError(
        "the predicate is \(input[0]), not a bool scalar", remedy: "reduce it with all() or any()")
    }
    guard input.regions.count == 2 else { throw TypeRuleError("needs two branches") }
    let (yes, no) = (input.regions[0].results, input.regions[1].results)
    guard yes.count == no.count else {
      throw TypeRuleError(
        "the branches return \(yes.count) and \(no.count) tensors",
        remedy: "return as many from both")
    }
    return try zip(yes, no).enumerated().map { index, pair in
      guard pair.0.dtype == pair.1.dtype else {
        throw TypeRuleError(
          "result \(index) is \(pair.0) if true and \(pair.1) if false",
          remedy: "cast one branch's result to the other's dtype")
      }
      return TensorType(pair.0.dtype, pair.0.shape.intersection(pair.1.shape))
    }
  }
}
