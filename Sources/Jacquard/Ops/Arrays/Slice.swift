import JacquardArrays

/// The elements between bounds along some axes.
struct Slice: SlicingOp {
  /// The bounds along one axis.
  struct Bound: Hashable, Codable, Sendable {
    var axis: Int
    /// Where it begins, negative if counted from the end; at the near end for `nil`.
    var begin: Int?
    /// Where it ends, exclusive, negative if counted from the end; past the far end for `nil`.
    var end: Int?
    var stride = 1
    /// Whether bounds outside the axis are errors; otherwise they are brought inside, as in Python.
    var isStrict = false
  }

  var bounds: [Bound]
  /// The rank the operand has to have.
  var rank: Int?

  var attributeDescription: String { bounds.map(\.description).joined(separator: ", ") }

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    guard var dimensions = shape.dimensions else {
      return [TensorType(operands[0].dtype, .unknown)]
    }
    if let rank, dimensions.count != rank {
      throw TypeRuleError(
        "bounds for \(rank) axes do not fit a tensor of shape \(shape)",
        remedy: "give \(dimensions.count) bounds, or slice(axis:range:) for one axis")
    }
    _ = try shape.checkedAxes(bounds.map(\.axis))
    for bound in bounds {
      guard let axis = try shape.checkedAxis(bound.axis) else { continue }
      guard bound.stride != 0 else {
        throw TypeRuleError("a stride of 0 along axis \(bound.axis)", remedy: "give a stride of 1")
      }
      dimensions[axis] =
        if let length = dimensions[axis] {
          try bound.resolved(length: length, in: shape).size
        } else {
          bound.sizeOfUnknownLength
        }
    }
    return [TensorType(operands[0].dtype, PartialShape(dimensions))]
  }

  func region(of shape: [Int], others: [[Int]]) throws -> SliceRegion {
    var region = SliceRegion(
      start: Array(repeating: 0, count: shape.count), sizes: shape,
      strides: Array(repeating: 1, count: shape.count))
    let whole = PartialShape(known: shape)
    for bound in bounds {
      guard let axis = try whole.checkedAxis(bound.axis) else { continue }
      (region.start[axis], region.sizes[axis]) = try bound.resolved(
        length: shape[axis], in: whole)
      region.strides[axis] = region.sizes[axis] > 1 ? bound.stride : 1
    }
    return region
  }
}

extension Slice.Bound: CustomStringConvertible {
  /// Such as `axis 0 from -1` or `axis 1 from 2 to 8`.
  var description: String {
    let parts = [
      "axis \(axis)", begin.map { "from \($0)" }, end.map { "to \($0)" },
      stride == 1 ? nil : "by \(stride)",
    ]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  /// The first index and the number of indices along an axis of `length`.
  func resolved(length: Int, in shape: PartialShape) throws -> (start: Int, size: Int) {
    let low = begin.map { $0 < 0 ? $0 + length : $0 } ?? (stride > 0 ? 0 : length - 1)
    let high = end.map { $0 < 0 ? $0 + length : $0 } ?? (stride > 0 ? length : -1)
    if isStrict, low < 0 || high > length || low > high {
      throw TypeRuleError(
        "\(begin ?? 0)..<\(end.map(String.init) ?? "end") is not within axis \(axis) of shape \(shape), of length \(length)",
        remedy: "give bounds from 0 to \(length)")
    }
    if stride > 0 {
      let (start, stop) = (min(max(low, 0), length), min(max(high, 0), length))
      return (start, stop <= start ? 0 : (stop - start - 1) / stride + 1)
    }
    let (start, stop) = (min(max(low, -1), length - 1), min(max(high, -1), length - 1))
    return (
      max(start, 0), start <= stop ? 0 : (start - stop - 1) / Int(clamping: stride.magnitude) + 1
    )
  }

  /// What is known of the number of indices along an axis of unknown length.
  var sizeOfUnknownLength: Int? {
    guard isStrict, stride == 1 else { return nil }
    switch (begin ?? 0, end) {
    case (let begin, nil): return begin < 0 ? Int(clamping: begin.magnitude) : nil
    case (let begin, let end?):
      return (begin < 0) == (end < 0) && begin <= end ? end - begin : nil
    }
  }
}

extension Tensor {
  /// The part that starts at `start` and has `sizes` elements along each axis.
  ///
  /// - Parameters:
  ///   - start: one index for each axis.
  ///   - sizes: one size for each axis; −1 for all that remains.
  public func sliced(
    from start: [Int], sizes: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      guard start.count == sizes.count, start.allSatisfy({ $0 >= 0 }),
        sizes.allSatisfy({ $0 >= -1 })
      else {
        graph.report(
          "a slice from \(start) of sizes \(sizes)",
          remedy: "give a start of at least 0 and a size of at least -1 for each axis",
          op: Slice.name, operands: [self])
        return graph.invalidTensor(TensorType(dtype, .unknown))
      }
      let bounds = zip(start, sizes).enumerated().map { axis, part in
        Slice.Bound(
          axis: axis, begin: part.0, end: part.1 == -1 ? nil : part.0 &+ part.1, isStrict: true)
      }
      return graph.insert(Slice(bounds: bounds, rank: start.count), self)
    }
  }

  /// Every `strides`-th element from `begin` up to `end`, exclusive, along the leading axes.
  ///
  /// As in Python: negative bounds count from the end, bounds outside an axis are brought inside, and with a negative
  /// stride elements are taken from `begin` down to `end`.
  ///
  /// - Parameters:
  ///   - begin: for each axis where to begin; `nil` at its near end.
  ///   - end: for each axis where to end; `nil` at its far end.
  ///   - strides: for each axis the step; 1 by default.
  public func stridedSlice(
    begin: [Int?], end: [Int?], strides: [Int]? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let strides = strides ?? Array(repeating: 1, count: begin.count)
      guard begin.count == end.count, begin.count == strides.count else {
        graph.report(
          "\(begin.count) begins, \(end.count) ends and \(strides.count) strides",
          remedy: "give one of each for every axis", op: Slice.name, operands: [self])
        return graph.invalidTensor(TensorType(dtype, .unknown))
      }
      let bounds = begin.indices.map {
        Slice.Bound(axis: $0, begin: begin[$0], end: end[$0], stride: strides[$0])
      }
      return graph.insert(Slice(bounds: bounds), self)
    }
  }

  /// The indices of `range` along `axis`.
  ///
  /// - Parameters:
  ///   - axis: the axis to cut, negative if counted from the end.
  ///   - range: indices of that axis.
  public func slice(
    axis: Int, range: Range<Int>, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let bound = Slice.Bound(
      axis: axis, begin: range.lowerBound, end: range.upperBound, isStrict: true)
    return graph.insert(Slice(bounds: [bound]), self, file: file, line: line)
  }

  /// The slice at `index` along the leading axis, without that axis.
  ///
  /// - Parameter index: the index, negative if counted from the end.
  public subscript(
    index: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let end = index == -1 ? nil : index &+ 1
      let bound = Slice.Bound(axis: 0, begin: index, end: end, isStrict: true)
      return graph.insert(Slice(bounds: [bound]), self).squeezed(axis: 0)
    }
  }
}
