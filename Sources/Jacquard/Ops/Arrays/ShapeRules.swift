import JacquardArrays

extension PartialShape {
  /// `axis` counted from the front; `nil` while the rank is unknown.
  ///
  /// - Parameter rank: the rank that `axis` refers to, if it is not that of this shape.
  /// - Throws: ``TypeRuleError`` if there is no such axis.
  func checkedAxis(_ axis: Int, inRank rank: Int? = nil) throws -> Int? {
    guard let rank = rank ?? self.rank else { return nil }
    guard let index = ShapeArithmetic.normalizedAxis(axis, rank: rank) else {
      throw TypeRuleError(
        "there is no axis \(axis) for a tensor of shape \(self)",
        remedy: rank == 0
          ? "give it a tensor of at least one dimension"
          : "give an axis from \(-rank) to \(rank - 1)")
    }
    return index
  }

  /// The axes counted from the front, in ascending order; all of them for `nil`. `nil` while the rank is unknown.
  ///
  /// - Throws: ``TypeRuleError`` if one does not exist or occurs twice.
  func checkedAxes(_ axes: [Int]?) throws -> [Int]? {
    guard let rank else { return nil }
    guard let axes else { return Array(0..<rank) }
    var isChosen = [Bool](repeating: false, count: rank)
    for axis in axes {
      guard let index = try checkedAxis(axis) else { continue }
      guard !isChosen[index] else {
        throw TypeRuleError("axis \(axis) is given twice in \(axes)", remedy: "name each axis once")
      }
      isChosen[index] = true
    }
    return (0..<rank).filter { isChosen[$0] }
  }

  /// A shape of `rank` dimensions, all of them unknown.
  ///
  /// - Throws: ``TypeRuleError`` if no array has so many.
  static func open(rank: Int?) throws -> PartialShape {
    guard let rank else { return .unknown }
    guard rank <= 255 else {
      throw TypeRuleError(
        "a shape of \(rank) dimensions", remedy: "give a vector of at most 255 dimensions")
    }
    return PartialShape(Array(repeating: nil, count: rank))
  }

  /// This shape with dimension `axis` replaced.
  func replacing(axis: Int, with dimension: Int?) -> PartialShape {
    guard var dimensions, dimensions.indices.contains(axis) else { return self }
    dimensions[axis] = dimension
    return PartialShape(dimensions)
  }
}

extension TypeRuleInput {
  /// Requires all operands in `range` to be of one element type, and returns it.
  func requireSameDType(_ range: Range<Int>? = nil) throws -> DType {
    let types = types[range ?? 0..<count]
    guard let first = types.first else { throw TypeRuleError("takes at least one operand") }
    for type in types where type.dtype != first.dtype {
      throw TypeRuleError(
        "the operands are \(first.dtype) and \(type.dtype)",
        remedy: "cast one of them, for example with .cast(to: .\(first.dtype))")
    }
    return first.dtype
  }

  /// Requires operand `index` to hold int32 or int64 elements.
  func requireIndices(_ index: Int, role: String) throws {
    guard self[index].dtype.isSignedInteger else {
      throw TypeRuleError(
        "the \(role) are \(self[index].dtype), not int32 or int64",
        remedy: "cast them with .cast(to: .int64)")
    }
  }

  /// Requires operand `index` to hold elements of one of the dtypes of `domain`.
  func requireDType(_ index: Int = 0, in domain: ElementDomain) throws {
    guard domain.contains(self[index].dtype) else {
      throw TypeRuleError(
        "takes \(domain.description), not \(self[index].dtype)",
        remedy: "cast the operand with .cast(to:)")
    }
  }
}

extension [Int] {
  /// `axis`, which this shape has, counted from the front.
  func normalized(axis: Int) -> Int { axis < 0 ? axis + count : axis }
}

/// A shape seen from one of its axes: `[outer, length, inner]`.
struct AxisView: Sendable, Hashable {
  var outer: Int
  var length: Int
  var inner: Int

  /// The view of `shape` from one of its axes.
  init(_ shape: [Int], axis: Int) {
    let axis = shape.normalized(axis: axis)
    outer = shape[..<axis].reduce(1, *)
    length = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
  }
}

/// An even cut of a range of items into chunks; it depends on counts only, never on the number of threads.
struct WorkCut: Sendable, Hashable {
  /// How many items there are.
  let count: Int
  /// How many chunks they are cut into; at least one.
  let chunkCount: Int
  private let quantum: Int

  /// Elements worth a chunk of their own.
  static let grain = 32_768
  private static let maximumChunkCount = 64

  /// A cut of `count` items.
  ///
  /// - Parameters:
  ///   - costPerItem: what an item costs.
  ///   - grain: the least cost of a chunk.
  ///   - quantum: every chunk but the last has a multiple of so many items.
  ///   - maximum: the greatest number of chunks.
  init(
    _ count: Int, costPerItem: Int, grain: Int = WorkCut.grain, multipleOf quantum: Int = 1,
    atMost maximum: Int = WorkCut.maximumChunkCount
  ) {
    self.count = count
    self.quantum = quantum
    let units = (count + quantum - 1) / quantum
    let (cost, overflow) = count.multipliedReportingOverflow(by: max(costPerItem, 1))
    let wanted = overflow ? maximum : cost / max(grain, 1)
    chunkCount = max(1, min(wanted, units, maximum))
  }

  /// The items of `chunk`.
  func range(_ chunk: Int) -> Range<Int> {
    // Divisions cost what a small kernel does.
    if chunkCount == 1 { return 0..<count }
    let units = (count + quantum - 1) / quantum
    let lower = min(count, units * chunk / chunkCount * quantum)
    let upper = min(count, units * (chunk + 1) / chunkCount * quantum)
    return lower..<upper
  }
}
