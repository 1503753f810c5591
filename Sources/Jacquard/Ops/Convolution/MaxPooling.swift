import JacquardArrays

/// The greatest element under each place of a window, channel by channel.
struct MaxPooling: Op {
  var size: [Int]
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return [TensorType(operands[0].dtype, try placement.pooling(of: operands[0], size: size))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let gradient = MaxPoolingGradient(size: size, placement: placement)
    return [upstream[0].map { call.graph.insert(gradient, call.operands[0], $0) }]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    MaxPoolingKernel(
      try WindowGeometry(context.shape(0), window: size, placement), dtype: context.dtype(0))
  }

  var attributeDescription: String { "size: \(size), \(placement.description)" }
}

struct MaxPoolingKernel: FloatingKernel {
  private let geometry: WindowGeometry
  let dtype: DType
  private let cut: WorkCut

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, dtype: DType) {
    self.geometry = geometry
    self.dtype = dtype
    cut = geometry.poolingCut(mayOverlap: false)
  }

  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let (x, y) = (buffers.operand(0, as: type), buffers.result(0, as: type))
    let channels = geometry.channels
    for place in cut.range(chunk) {
      let greatest = y + place * channels
      var isFirst = true
      geometry.forEachPixel(ofPlace: place) { start in
        let pixel = x + start
        if isFirst {
          greatest.update(from: pixel, count: channels)
          isFirst = false
        } else {
          for channel in 0..<channels {
            let value = pixel[channel]
            // A NaN stays.
            if value > greatest[channel] || value.isNaN { greatest[channel] = value }
          }
        }
      }
    }
  }
}

/// The greatest element in windows of sequences, as `tf.nn.max_pool1d`: `[batch, steps, channels]` to `[batch, steps′, channels]`.
///
/// The gradient goes to the first of equal elements.
///
/// - Parameters:
///   - x: `[batch, steps, channels]`, float32 or float64; every dimension may be open.
///   - size: the length of the window.
///   - stride: how many steps the window moves; by default its length.
///   - padding: what happens at the ends; what is outside does not count.
public func maxPooling1D(
  _ x: Tensor, size: Int = 2, stride: Int? = nil, padding: Padding = .valid,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let placement = WindowPlacement(strides: [stride ?? size], padding: padding)
  return x.graph.insert(
    MaxPooling(size: [size], placement: placement), x, name: name, file: file, line: line)
}

/// The greatest element in windows of images, as `tf.nn.max_pool2d`: `[batch, rows, columns, channels]` to
/// `[batch, rows′, columns′, channels]`.
///
/// The gradient goes to the first of equal elements, row by row.
///
/// - Parameters:
///   - x: `[batch, rows, columns, channels]`, float32 or float64; every dimension may be open.
///   - size: the rows and columns of the window.
///   - strides: how far the window moves along rows and columns; by default its size.
///   - padding: what happens at the edges; what is outside does not count.
public func maxPooling2D(
  _ x: Tensor, size: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .valid,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let steps = strides ?? size
  let placement = WindowPlacement(strides: [steps.0, steps.1], padding: padding)
  return x.graph.insert(
    MaxPooling(size: [size.0, size.1], placement: placement), x, name: name, file: file, line: line)
}
