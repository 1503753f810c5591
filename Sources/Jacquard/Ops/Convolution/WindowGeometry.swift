import JacquardArrays

/// The places of a window along one axis, by TensorFlow's rule (core/framework/kernel_shape_util.cc).
struct WindowAxis: Sendable, Hashable {
  /// The length of the axis.
  let length: Int
  /// How many elements the window has.
  let size: Int
  let stride: Int
  let dilation: Int
  /// How many places there are.
  let count: Int
  /// How far before the first element the first place begins.
  let before: Int

  /// An axis there is not: one place of a window of one.
  static let none = WindowAxis(length: 1, size: 1, stride: 1, dilation: 1, padding: .valid)!

  /// `nil` if the window does not fit.
  init?(length: Int, size: Int, stride: Int, dilation: Int, padding: Padding) {
    self.length = length
    self.size = size
    self.stride = stride
    self.dilation = dilation
    let span = (size - 1) * dilation + 1
    switch padding {
    case .same:
      count = length == 0 ? 0 : (length - 1) / stride + 1
      before = count == 0 ? 0 : max(0, (count - 1) * stride + span - length) / 2
    case .valid:
      before = 0
      let rest = length - span
      if rest >= 0 {
        count = rest / stride + 1
      } else {
        // TensorFlow divides `rest + stride`, towards zero.
        guard rest + stride > 0 - stride else { return nil }
        count = 0
      }
    }
  }

  /// The elements that an undilated window covers at `place`.
  @inline(__always)
  func elements(at place: Int) -> Range<Int> {
    let start = place * stride - before
    return max(0, start)..<min(length, start + size)
  }
}

/// The places of a window over a batch of images `[batch, rows, columns, channels]`; sequences are images of one row.
struct WindowGeometry: Sendable, Hashable {
  let batch: Int
  let rows: WindowAxis
  let columns: WindowAxis
  let channels: Int

  /// The geometry for an input whose shape the type rule has accepted.
  init(_ shape: [Int], window: [Int], _ placement: WindowPlacement) throws {
    let axes = try placement.strides.indices.map { axis in
      let found = WindowAxis(
        length: shape[axis + 1], size: window[axis], stride: placement.strides[axis],
        dilation: placement.dilations[axis], padding: placement.padding)
      guard let found else { throw LoweringError("a window that does not fit") }
      return found
    }
    batch = shape[0]
    rows = axes.count == 1 ? .none : axes[0]
    columns = axes[axes.count - 1]
    channels = shape[shape.count - 1]
  }

  /// How many places the window has in one image.
  var placesPerImage: Int { rows.count * columns.count }
  var placeCount: Int { batch * placesPerImage }
  var imageSize: Int { rows.length * columns.length * channels }
  var windowSize: Int { rows.size * columns.size }
  /// How many pixels of an image lie under a place, at most.
  var pixelsPerPlace: Int { min(rows.size, rows.length) * min(columns.size, columns.length) }

  /// Whether each window is one pixel, and each pixel a window.
  var isPointwise: Bool { windowSize == 1 && rows.stride == 1 && columns.stride == 1 }

  /// A cut of the places of a pooling; of images where places may overlap in what is written.
  func poolingCut(mayOverlap: Bool) -> WorkCut {
    let cost = pixelsPerPlace * channels
    return mayOverlap
      ? WorkCut(batch, costPerItem: placesPerImage * cost + imageSize)
      : WorkCut(placeCount, costPerItem: cost)
  }

  /// Calls `body` with where the channels of each pixel under place `place`, row by row, begin.
  @inline(__always)
  func forEachPixel(ofPlace place: Int, _ body: (Int) -> Void) {
    let (image, line) = (place / placesPerImage, place / columns.count % rows.count)
    let horizontal = columns.elements(at: place % columns.count)
    for row in rows.elements(at: line) {
      let start = (image * rows.length + row) * columns.length
      for column in horizontal { body((start + column) * channels) }
    }
  }

  /// How many pixels lie under place `place`.
  @inline(__always)
  func pixelCount(ofPlace place: Int) -> Int {
    rows.elements(at: place / columns.count % rows.count).count
      * columns.elements(at: place % columns.count).count
  }
}
