import JacquardArrays

/// How a window moves over the axes between the batch and the channels: what convolutions and pooling share.
struct WindowPlacement: Sendable, Hashable, Codable {
  /// For each axis, one or two, how far apart the places of the window are.
  var strides: [Int]
  /// For each axis how far apart the elements of the window are.
  var dilations: [Int]
  var padding: Padding

  init(strides: [Int], dilations: [Int]? = nil, padding: Padding) {
    self.strides = strides
    self.dilations = dilations ?? strides.map { _ in 1 }
    self.padding = padding
  }

  /// In words, for plans and dumps.
  var description: String {
    let dilated = dilations.contains { $0 != 1 } ? ", dilations: \(dilations)" : ""
    return "strides: \(strides)\(dilated), padding: \(padding)"
  }

  /// The axes of what the window moves over, in words.
  var inputLayout: String {
    strides.count == 1 ? "[batch, steps, channels]" : "[batch, rows, columns, channels]"
  }

  /// The axes of a filter, in words.
  var filterLayout: String {
    strides.count == 1 ? "[window, in, out]" : "[rows, columns, in, out]"
  }

  /// The dimensions of what the window moves over, as far as they are known.
  ///
  /// - Throws: `TypeRuleError` if the rank is another, or strides and dilations are none.
  func dimensions(of input: TensorType) throws -> [Int?] {
    guard input.dtype.isFloatingPoint else {
      throw TypeRuleError(
        "takes a floating-point dtype, not \(input.dtype)", remedy: "cast it with .cast(to:)")
    }
    guard (1...2).contains(strides.count), dilations.count == strides.count else {
      throw TypeRuleError(
        "the strides are \(strides) and the dilations \(dilations)",
        remedy: "give as many of both, for one or two axes")
    }
    for (name, steps) in [("strides", strides), ("dilations", dilations)] {
      guard steps.allSatisfy({ $0 >= 1 }) else {
        throw TypeRuleError("the \(name) are \(steps)", remedy: "give \(name) of 1 or more")
      }
    }
    guard strides.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw TypeRuleError(
        "the strides are \(strides)", remedy: "give strides of \(Int32.max) at most")
    }
    guard let dimensions = input.shape.dimensions else {
      return Array(repeating: nil, count: strides.count + 2)
    }
    guard dimensions.count == strides.count + 2 else {
      throw TypeRuleError(
        "takes a tensor of rank \(strides.count + 2), not of shape \(input.shape)",
        remedy: "give it the shape \(inputLayout)")
    }
    try requireValidShape(dimensions.map { $0 ?? 0 })
    return dimensions
  }

  /// The number of places of a window of the given size along each axis of the given length.
  ///
  /// - Throws: `TypeRuleError` if there is no window, or it does not fit.
  func placeCounts(of lengths: [Int?], window: [Int?]) throws -> [Int?] {
    try strides.indices.map { axis in
      guard let size = window[axis] else { return nil }
      guard size >= 1 else {
        throw TypeRuleError(
          "the window is of shape \(PartialShape(window))", remedy: "give sizes of 1 or more")
      }
      let (span, overflow) = (size - 1).multipliedReportingOverflow(by: dilations[axis])
      guard !overflow, max(span, dilations[axis]) < Int32.max else {
        throw TypeRuleError(
          "a window of \(size), its elements \(dilations[axis]) apart, is wider than any array",
          remedy: "give a smaller window or dilation")
      }
      guard let length = lengths[axis] else { return nil }
      let step = WindowAxis(
        length: length, size: size, stride: strides[axis], dilation: dilations[axis],
        padding: padding)
      guard let step else {
        throw TypeRuleError(
          "a window that spans \(span + 1) does not fit into length \(length) of axis \(axis + 1)",
          remedy: "use padding: .same, or a smaller window")
      }
      return step.count
    }
  }

  /// The shape of a convolution.
  ///
  /// - Throws: `TypeRuleError` if input and filter do not fit.
  func convolution(of input: TensorType, with filter: TensorType) throws -> PartialShape {
    let dimensions = try dimensions(of: input)
    let axisCount = strides.count
    let taps = filter.shape.dimensions ?? Array(repeating: nil, count: axisCount + 2)
    guard taps.count == axisCount + 2 else {
      throw TypeRuleError(
        "the filter is of shape \(filter.shape), not of rank \(axisCount + 2)",
        remedy: "give it the shape \(filterLayout)")
    }
    try requireValidShape(taps.map { $0 ?? 0 })
    if let channels = dimensions[axisCount + 1], let wanted = taps[axisCount], channels != wanted {
      throw TypeRuleError(
        "a tensor of shape \(input.shape) has \(channels) channels, and a filter of shape \(filter.shape) takes \(wanted)",
        remedy: "give a filter of shape \(filterLayout) with \(channels) for in")
    }
    let lengths = Array(dimensions[1...axisCount])
    let counts = try placeCounts(of: lengths, window: Array(taps[..<axisCount]))
    let result = [dimensions[0]] + counts + [taps[axisCount + 1]]
    try requireValidShape(result.map { $0 ?? 0 })
    return PartialShape(result)
  }

  /// The shape of what pools a tensor with windows of `size`.
  ///
  /// - Throws: `TypeRuleError` if the window does not fit.
  func pooling(of input: TensorType, size: [Int]) throws -> PartialShape {
    let dimensions = try dimensions(of: input)
    guard size.count == strides.count else {
      throw TypeRuleError(
        "a window of size \(size) with strides \(strides)",
        remedy: "give one of both for each axis")
    }
    let counts = try placeCounts(of: Array(dimensions[1...strides.count]), window: size)
    return PartialShape([dimensions[0]] + counts + [dimensions[strides.count + 1]])
  }

  /// Requires that the gradient of a result has its shape.
  func requireGradient(_ gradient: TensorType, ofResult shape: PartialShape) throws {
    guard gradient.shape.isCompatible(with: shape) else {
      throw TypeRuleError(
        "a gradient of shape \(gradient.shape) for a result of shape \(shape)",
        remedy: "give the gradient the shape of the result")
    }
  }
}
