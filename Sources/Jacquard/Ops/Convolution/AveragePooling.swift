import JacquardArrays

/// The mean of the elements under each place of a window, channel by channel.
struct AveragePooling: Op {
  var size: [Int]
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return [TensorType(operands[0].dtype, try placement.pooling(of: operands[0], size: size))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let gradient = AveragePoolingGradient(size: size, placement: placement)
    return [upstream[0].map { call.graph.insert(gradient, $0, call.operands[0]) }]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    AveragePoolingKernel(
      try WindowGeometry(context.shape(0), window: size, placement), dtype: context.dtype(0),
      isGradient: false)
  }

  var attributeDescription: String { "size: \(size), \(placement.description)" }
}

/// Means of places, or the adjoint: what a place receives, spread evenly over its pixels.
struct AveragePoolingKernel: FloatingKernel {
  private let geometry: WindowGeometry
  let dtype: DType
  private let isGradient: Bool
  /// Images if places may overlap in the result, else places.
  private let cut: WorkCut

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, dtype: DType, isGradient: Bool) {
    self.geometry = geometry
    self.dtype = dtype
    self.isGradient = isGradient
    cut = geometry.poolingCut(mayOverlap: isGradient)
  }

  var name: String { isGradient ? AveragePoolingGradient.name : AveragePooling.name }
  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let (source, target) = (buffers.operand(0, as: type), buffers.result(0, as: type))
    let channels = geometry.channels
    guard isGradient else {
      for place in cut.range(chunk) {
        let mean = target + place * channels
        mean.update(repeating: 0, count: channels)
        geometry.forEachPixel(ofPlace: place) { start in
          for channel in 0..<channels { mean[channel] += source[start + channel] }
        }
        let count = Element(geometry.pixelCount(ofPlace: place))
        for channel in 0..<channels { mean[channel] /= count }
      }
      return
    }
    for image in cut.range(chunk) {
      (target + image * geometry.imageSize).update(repeating: 0, count: geometry.imageSize)
      let first = image * geometry.placesPerImage
      for place in first..<first + geometry.placesPerImage {
        let gradient = source + place * channels
        let count = Element(geometry.pixelCount(ofPlace: place))
        geometry.forEachPixel(ofPlace: place) { start in
          for channel in 0..<channels { target[start + channel] += gradient[channel] / count }
        }
      }
    }
  }
}

/// The mean of windows of sequences, as `tf.nn.avg_pool1d`: `[batch, steps, channels]` to `[batch, steps′, channels]`.
///
/// - Parameters:
///   - x: `[batch, steps, channels]`, float32 or float64; every dimension may be open.
///   - size: the length of the window.
///   - stride: how many steps the window moves; by default its length.
///   - padding: what happens at the ends; what is outside does not count.
public func averagePooling1D(
  _ x: Tensor, size: Int = 2, stride: Int? = nil, padding: Padding = .valid,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let placement = WindowPlacement(strides: [stride ?? size], padding: padding)
  return x.graph.insert(
    AveragePooling(size: [size], placement: placement), x, name: name, file: file, line: line)
}

/// The mean of windows of images, as `tf.nn.avg_pool2d`: `[batch, rows, columns, channels]` to
/// `[batch, rows′, columns′, channels]`.
///
/// - Parameters:
///   - x: `[batch, rows, columns, channels]`, float32 or float64; every dimension may be open.
///   - size: the rows and columns of the window.
///   - strides: how far the window moves along rows and columns; by default its size.
///   - padding: what happens at the edges; what is outside does not count.
public func averagePooling2D(
  _ x: Tensor, size: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .valid,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let steps = strides ?? size
  let placement = WindowPlacement(strides: [steps.0, steps.1], padding: padding)
  return x.graph.insert(
    AveragePooling(size: [size.0, size.1], placement: placement), x, name: name, file: file,
    line: line)
}
