import JacquardArrays

extension EventWriter {
  /// Adds a number: a point of a curve.
  ///
  /// - Parameters:
  ///   - value: the number; kept as float32.
  ///   - tag: the name of the curve; what is before a `/` groups curves.
  ///   - step: the number of the training step.
  /// - Throws: ``SummaryError``
  public func add(scalar value: some BinaryFloatingPoint, named tag: String, step: Int) throws {
    try append([.init(scalar: Float(value), tag: tag)], step: step)
  }

  /// Adds how the elements of an array are distributed, in TensorFlow's buckets, each 10 % wider than the one before.
  ///
  /// - Parameters:
  ///   - values: numbers of any shape and dtype.
  ///   - tag: the name of the histogram.
  ///   - step: the number of the training step.
  /// - Throws: ``SummaryError``, also if some values are NaN or infinite.
  public func add(histogram values: NDArray, named tag: String, step: Int) throws {
    try append([.init(histogram: values, tag: tag)], step: step)
  }

  /// Adds an image, or the first images of a batch.
  ///
  /// uint8 images are shown as they are. Others are scaled as TensorFlow does, each by itself: those without negative values
  /// such that the largest is 255, those with negative values such that 0 is 128 and the value farthest from it 1 or 255. Pixels
  /// that are NaN or infinite are red.
  ///
  /// - Parameters:
  ///   - pixels: `[height, width, channels]` or `[batch, height, width, channels]`, with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
  ///   - tag: the name; images of a batch are named `tag/image/0` and so on, or `tag/image` if only one is asked for.
  ///   - step: the number of the training step.
  ///   - maximumCount: how many images of a batch are added.
  /// - Throws: ``SummaryError``
  public func add(image pixels: NDArray, named tag: String, step: Int, maximumCount: Int = 3) throws
  {
    try append(
      TensorFlowSummary.Value.images(pixels, tag: tag, maximumCount: maximumCount), step: step)
  }

  /// Adds what a run has found for ``Summaries``.
  ///
  /// - Parameters:
  ///   - values: what fetching the summaries gave.
  ///   - step: the number of the training step.
  /// - Throws: ``SummaryError``
  public func add(_ values: SummaryValues, step: Int) throws {
    try append(values.encoded(), step: step)
  }

  private func append(_ values: [TensorFlowSummary.Value], step: Int) throws {
    var summary = TensorFlowSummary()
    summary.value = values
    try append(.summary(summary), step: step)
  }
}

extension TensorFlowSummary.Value {
  init(scalar value: Float, tag: String) {
    self.init()
    self.tag = tag
    simpleValue = value
  }

  init(histogram values: NDArray, tag: String) throws {
    self.init()
    var histogram = Histogram()
    let values = values.doubles()
    let bad = values.count { !$0.isFinite }
    guard bad == 0 else { throw SummaryError.notFinite(tag: tag, count: bad) }
    for value in values { histogram.add(value) }
    self.tag = tag
    histo = histogram.encoded()
  }

  static func images(_ pixels: NDArray, tag: String, maximumCount: Int) throws -> [Self] {
    let rank = pixels.rank
    guard rank == 3 || rank == 4, [1, 3, 4].contains(pixels.shape[rank - 1]),
      pixels.shape[rank - 3] > 0, pixels.shape[rank - 2] > 0
    else { throw SummaryError.notAnImage(tag: tag, type: .init(of: pixels)) }
    let batch = rank == 4 ? pixels : pixels.reshaped(to: [1] + pixels.shape)
    // As in TensorFlow, names depend on how many images are asked for, not on how many there are.
    let isNumbered = rank == 4 && maximumCount > 1
    return (0..<min(batch.shape[0], max(maximumCount, 0))).map { index in
      var value = Self()
      value.tag = isNumbered ? "\(tag)/image/\(index)" : "\(tag)/image"
      value.image = .init(PixelImage(batch[index]))
      return value
    }
  }
}

extension TensorFlowSummary.Image {
  init(_ image: PixelImage) {
    self.init()
    height = Int32(image.height)
    width = Int32(image.width)
    colorspace = Int32(image.channels)
    encodedImageString = image.png()
  }
}
