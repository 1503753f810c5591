import JacquardArrays

/// Takes its operand apart along an axis.
struct Split: Op {
  /// How the axis is divided.
  enum Division: Hashable, Codable, Sendable {
    /// Into so many equal parts.
    case count(Int)
    /// Into parts of these lengths.
    case sizes([Int])

    var partCount: Int {
      switch self {
      case .count(let count): count
      case .sizes(let sizes): sizes.count
      }
    }
  }

  var division: Division
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard (1...1 << 24).contains(division.partCount) else {
      throw TypeRuleError(
        "splitting into \(division.partCount) parts", remedy: "ask for at least one part")
    }
    let index = try shape.checkedAxis(axis)
    return try lengths(of: index.flatMap { shape[$0] }, shape: shape).map { length in
      TensorType(
        operands[0].dtype, index.map { shape.replacing(axis: $0, with: length) } ?? .unknown)
    }
  }

  private func lengths(of length: Int?, shape: PartialShape) throws -> [Int?] {
    switch division {
    case .count(let count):
      if let length, length % count != 0 {
        throw TypeRuleError(
          "axis \(axis) of shape \(shape), of length \(length), does not divide into \(count) equal parts",
          remedy: "choose a count that divides \(length), or split(sizes:axis:)")
      }
      return Array(repeating: length.map { $0 / count }, count: count)
    case .sizes(let sizes):
      guard sizes.allSatisfy({ $0 >= 0 }) else {
        throw TypeRuleError(
          "the sizes \(sizes) include a negative one", remedy: "give sizes of at least 0")
      }
      if let length, sizes.saturatingSum != length {
        throw TypeRuleError(
          "the sizes \(sizes) add up to \(sizes.saturatingSum), and axis \(axis) of shape \(shape) has length \(length)",
          remedy: "give sizes that add up to \(length)")
      }
      return sizes
    }
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard upstream.contains(where: { $0 != nil }) else { return [nil] }
    let parts = zip(upstream, call.results).map { dy, result in dy ?? zeros(like: result) }
    return [concatenate(parts, axis: axis)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    let axis = shape.normalized(axis: axis)
    let view = AxisView(shape, axis: axis)
    let unit = view.inner * context.dtype(0).byteCount
    return PartKernel(
      name: Self.name, outer: view.outer,
      blocks: context.results.indices.map { context.resultShape($0)[axis] * unit },
      rowCount: shape.first ?? 1)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    context.results.count == 1 ? .view(operand: 0, byteOffset: 0) : .none
  }
}

extension Tensor {
  /// This tensor divided into `count` equal parts along `axis`.
  ///
  /// - Parameters:
  ///   - count: how many parts; so many tensors are returned even if the axis turns out not to divide.
  ///   - axis: the axis to divide, negative if counted from the end.
  public func split(
    count: Int, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    split(.count(count), axis: axis, file, line)
  }

  /// This tensor divided along `axis` into parts of the given lengths.
  ///
  /// - Parameters:
  ///   - sizes: the lengths; they add up to the length of the axis.
  ///   - axis: the axis to divide, negative if counted from the end.
  public func split(
    sizes: [Int], axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> [Tensor] {
    split(.sizes(sizes), axis: axis, file, line)
  }

  private func split(
    _ division: Split.Division, axis: Int, _ file: StaticString, _ line: UInt
  ) -> [Tensor] {
    let count = Swift.max(division.partCount, 0)
    let op = Split(division: division, axis: axis)
    let results = graph.insert(op, [self], resultCount: Swift.max(count, 1), file: file, line: line)
      .results
    return Array(results.prefix(count))
  }
}
