import JacquardArrays

/// How a loop reads slices of an operand, or writes slices of a result, along one axis.
public struct ScanSpecification: Hashable, Sendable, Codable {
  /// The axis along which iterations step.
  public var axis: Int
  /// Whether iteration 0 takes the last slice, and so on backwards.
  public var reversed: Bool
  /// Where iteration 0 starts if fewer iterations run than there are slices: by default at the array's own end
  /// (slice 0, or the last one when reversed); when anchored at the trip count, forward scans end with the last slice, and
  /// reversed ones start at slice `tripCount − 1`. The adjoint of a scan flips both flags.
  public var anchoredAtTripCount: Bool

  /// A scan along `axis`.
  public init(axis: Int = 0, reversed: Bool = false, anchoredAtTripCount: Bool = false) {
    self.axis = axis
    self.reversed = reversed
    self.anchoredAtTripCount = anchoredAtTripCount
  }

  /// The specification with which a backward loop, iterating from the last step to the first, meets the same slices.
  var adjoint: ScanSpecification {
    ScanSpecification(axis: axis, reversed: !reversed, anchoredAtTripCount: !anchoredAtTripCount)
  }

  /// The slice of iteration `iteration`, of `length` slices, in a loop of `tripCount` iterations.
  func slice(iteration: Int, length: Int, tripCount: Int) -> Int {
    switch (reversed, anchoredAtTripCount) {
    case (false, false): iteration
    case (true, false): length - 1 - iteration
    case (false, true): length - tripCount + iteration
    case (true, true): tripCount - 1 - iteration
    }
  }
}

/// The one loop.
///
/// Operands, in this order: the initial values of what is **carried** from one iteration to the next; arrays that are
/// **scanned**, one slice an iteration; **invariants**, the same in every iteration; then, if `hasBound`, an int64 scalar: run at
/// most that often.
/// Regions: if `hasCondition`, first the condition, (iteration, carried…, invariants…) → bool scalar; then the body,
/// (iteration, carried…, slices…, invariants…) → (carried…, slices to stack…). The iteration is an int64 scalar counting from 0.
/// Results: carried…, stacked…, then the trip count, an int64 scalar.
///
/// It runs while its condition holds and at most as often as the scanned length, the bound and `maximumIterations` allow.
/// Stacked results are as long as the scanned length, or `maximumIterations` if nothing is scanned, with zeros in the rows
/// not reached; if there is neither, as long as the trip count turns out to be.
public struct While: Op {
  /// How many values are carried.
  public var carriedCount: Int
  /// One specification for each scanned operand.
  public var scans: [ScanSpecification]
  /// How many operands are invariant.
  public var invariantCount: Int
  /// One specification for each stacked result.
  public var stacks: [ScanSpecification]
  /// Whether the first region is a condition.
  public var hasCondition: Bool
  /// Whether the last operand bounds the number of iterations at run time.
  public var hasBound: Bool
  /// An upper bound on the number of iterations.
  public var maximumIterations: Int?
  /// How many iterations may be in flight: the window of work done ahead of and behind the recurrence.
  public var parallelIterations: Int
  /// Whether residuals for the backward loop may move out of memory.
  public var swapMemory: Bool
  /// The scan that tells how many rows, the first ones, are live in an iteration: of the others nothing need be computed. What is
  /// carried of them stays as it is, and what is stacked of them is zero, or matters to nothing. Compilers set it, graphs do not.
  var liveRows: Int?

  /// What graphs decide, and saved models keep.
  private enum CodingKeys: CodingKey {
    case carriedCount, scans, invariantCount, stacks, hasCondition, hasBound, maximumIterations
    case parallelIterations, swapMemory
  }

  var scanRange: Range<Int> { carriedCount..<carriedCount + scans.count }
  var invariantRange: Range<Int> {
    carriedCount + scans.count..<carriedCount + scans.count + invariantCount
  }
  var stackRange: Range<Int> { carriedCount..<carriedCount + stacks.count }
  var tripCountIndex: Int { carriedCount + stacks.count }
  var operandCount: Int { carriedCount + scans.count + invariantCount + (hasBound ? 1 : 0) }

  /// The length along which it scans, as far as types tell: `.some(nil)` if it scans something of unknown length.
  func scannedLength(_ types: [TensorType]) throws -> Int?? {
    guard !scans.isEmpty else { return .none }
    var length: Int?
    for (scan, type) in zip(scans, types[scanRange]) {
      if let rank = type.shape.rank, !(0..<rank).contains(scan.axis) {
        throw TypeRuleError(
          "\(type) has no axis \(scan.axis) to step along",
          remedy: "scan tensors with at least \(scan.axis + 1) axes")
      }
      guard let dimension = type.shape[scan.axis] else { continue }
      if let known = length, known != dimension {
        throw TypeRuleError(
          "the scanned operands differ in length: \(known) and \(dimension) steps",
          remedy: "scan arrays of equal length along their scanned axes")
      }
      length = dimension
    }
    return .some(length)
  }

  /// How many rows stacked results have; `nil` if only a run can tell.
  func stackLength(_ types: [TensorType]) throws -> Int? {
    if let scanned = try scannedLength(types) { return scanned }
    return maximumIterations
  }

  /// The type rule described above.
  public func resultTypes(_ input: TypeRuleInput) throws -> [TensorType] {
    try input.requireCount(operandCount)
    guard let body = input.regions.last else { throw TypeRuleError("has no body") }
    if hasCondition, let holds = input.regions[0].results.first,
      holds.dtype != .bool || !holds.shape.isCompatible(with: .scalar)
    {
      throw TypeRuleError(
        "the condition gives \(holds), not a bool scalar", remedy: "reduce it with all() or any()")
    }
    let length = try stackLength(input.types)
    var types: [TensorType] = []
    for index in 0..<carriedCount {
      let entering = input[index]
      let leaving = body.results[index]
      guard entering.dtype == leaving.dtype, entering.shape.isCompatible(with: leaving.shape) else {
        throw TypeRuleError(
          "carried value \(index) enters as \(entering) and leaves an iteration as \(leaving)",
          remedy:
            "let the body return the type it was given, or start from a value of the type it returns"
        )
      }
      types.append(TensorType(entering.dtype, entering.shape.intersection(leaving.shape)))
    }
    for (stack, slice) in zip(stacks, body.results[carriedCount...]) {
      guard var dimensions = slice.shape.dimensions else {
        types.append(TensorType(slice.dtype, .unknown))
        continue
      }
      guard (0...dimensions.count).contains(stack.axis) else {
        throw TypeRuleError(
          "cannot stack slices of shape \(slice.shape) along axis \(stack.axis)",
          remedy: "give out tensors of at least \(stack.axis) dimensions, or scan along axis 0")
      }
      dimensions.insert(length, at: stack.axis)
      types.append(TensorType(slice.dtype, PartialShape(dimensions)))
    }
    types.append(TensorType(.int64, .scalar))
    return types
  }
}
