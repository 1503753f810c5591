import Jacquard

/// What to write of a run: named tensors, fetched with the training step and handed to an ``EventWriter``.
///
/// ```swift
/// var summaries = Summaries()
/// summaries.add(scalar: cost, named: "cost")
/// summaries.add(histogram: kernel, named: "kernel")
///
/// let (found, _) = try session.run(summaries, trainStep, feeding: feeds)
/// try writer.add(found, step: step)
/// ```
public struct Summaries: Fetchable {
  private var tags: [SummaryValues.Tag] = []
  /// The tensors, in the order they were added.
  public private(set) var fetchedTensors: [Tensor] = []

  /// No summaries.
  public init() {}

  /// Adds a number.
  ///
  /// - Parameters:
  ///   - tensor: a scalar.
  ///   - tag: the name of the curve.
  public mutating func add(
    scalar tensor: Tensor, named tag: String, file: StaticString = #fileID, line: UInt = #line
  ) {
    withSourceLocation(file, line) {
      if tensor.shape.isCompatible(with: .scalar) || tensor.isInvalid { return }
      tensor.graph.diagnose(
        "the scalar summary '\(tag)' is \(tensor.type)",
        remedy: "reduce it to one number, or add it as a histogram", op: "Summaries",
        operands: [tensor])
    }
    add(tensor, .init(name: tag, kind: .scalar))
  }

  /// Adds how the elements of a tensor are distributed.
  ///
  /// - Parameters:
  ///   - tensor: numbers of any shape and dtype.
  ///   - tag: the name of the histogram.
  public mutating func add(histogram tensor: Tensor, named tag: String) {
    add(tensor, .init(name: tag, kind: .histogram))
  }

  /// Adds a histogram of each variable, by its own name.
  public mutating func add(histogramsOf variables: [Variable]) {
    for variable in variables { add(histogram: variable, named: variable.name) }
  }

  /// Adds an image, or the first images of a batch; see ``EventWriter/add(image:named:step:maximumCount:)``.
  ///
  /// - Parameters:
  ///   - tensor: `[height, width, channels]` or `[batch, height, width, channels]`, with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
  ///   - tag: the name of the images.
  ///   - maximumCount: how many images of a batch are added.
  public mutating func add(
    image tensor: Tensor, named tag: String, maximumCount: Int = 3, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    withSourceLocation(file, line) {
      let isImage = tensor.rank.map { $0 == 3 || $0 == 4 } ?? true
      let hasColours = tensor.shape[-1].map { [1, 3, 4].contains($0) } ?? true
      if isImage && hasColours || tensor.isInvalid { return }
      tensor.graph.diagnose(
        "the image summary '\(tag)' is \(tensor.type)",
        remedy:
          "give [height, width, channels] or [batch, height, width, channels] with 1, 3 or 4 channels",
        op: "Summaries", operands: [tensor])
    }
    add(tensor, .init(name: tag, kind: .image(maximumCount: maximumCount)))
  }

  private mutating func add(_ tensor: Tensor, _ tag: SummaryValues.Tag) {
    fetchedTensors.append(tensor)
    tags.append(tag)
  }

  /// The arrays with their names.
  public func assembled(from arrays: inout FetchedArrays) -> SummaryValues {
    SummaryValues(entries: tags.map { ($0, arrays.next()) })
  }
}

/// What a run has found for ``Summaries``, for ``EventWriter/add(_:step:)``.
public struct SummaryValues: Sendable {
  struct Tag {
    enum Kind {
      case scalar
      case histogram
      case image(maximumCount: Int)
    }

    var name: String
    var kind: Kind
  }

  let entries: [(tag: Tag, array: NDArray)]

  /// The array that was found for a summary; `nil` if there is none of that name.
  public subscript(name: String) -> NDArray? { entries.first { $0.tag.name == name }?.array }

  func encoded() throws -> [TensorFlowSummary.Value] {
    try entries.flatMap { tag, array in
      switch tag.kind {
      case .scalar:
        guard array.count == 1 else {
          throw SummaryError.notScalar(tag: tag.name, type: .init(of: array))
        }
        return [TensorFlowSummary.Value(scalar: Float(array.doubleValue), tag: tag.name)]
      case .histogram:
        return [try TensorFlowSummary.Value(histogram: array, tag: tag.name)]
      case .image(let maximumCount):
        return try TensorFlowSummary.Value.images(
          array, tag: tag.name, maximumCount: maximumCount)
      }
    }
  }
}
