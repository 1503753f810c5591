import JacquardArrays

/// The gradient of max pooling: what each place receives goes to the first maximum under it.
///
/// Operands: what is pooled, and the gradient of the result.
struct MaxPoolingGradient: Op {
  var size: [Int]
  var placement: WindowPlacement

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let dtype = try operands.requireSameDType()
    try placement.requireGradient(
      operands[1], ofResult: placement.pooling(of: operands[0], size: size))
    return [TensorType(dtype, operands[0].shape)]
  }

  /// Linear in the gradient; which element is greatest does not change under small changes of what is pooled.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    let selection = MaxPoolingSelection(size: size, placement: placement)
    return [nil, upstream[0].map { call.graph.insert(selection, call.operands[0], $0) }]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    MaximaKernel(
      try WindowGeometry(context.shape(0), window: size, placement), dtype: context.dtype(0),
      isScatter: true)
  }

  var attributeDescription: String { "size: \(size), \(placement.description)" }
}

/// Finds the first maximum under each place, and adds to where it is, or takes from there.
struct MaximaKernel: FloatingKernel {
  private let geometry: WindowGeometry
  let dtype: DType
  private let isScatter: Bool
  /// Images if places may overlap in the result, else places.
  private let cut: WorkCut

  /// - Parameter dtype: float32 or float64.
  init(_ geometry: WindowGeometry, dtype: DType, isScatter: Bool) {
    self.geometry = geometry
    self.dtype = dtype
    self.isScatter = isScatter
    cut = geometry.poolingCut(mayOverlap: isScatter)
  }

  var name: String { isScatter ? MaxPoolingGradient.name : MaxPoolingSelection.name }
  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }
  /// For each chunk and channel, the greatest element of a place so far and where it is.
  var scratchByteCount: Int { chunkCount * chunkScratchByteCount }

  private var chunkScratchByteCount: Int {
    geometry.channels * (MemoryLayout<Int>.size + MemoryLayout<Double>.size)
  }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let channels = geometry.channels
    guard channels > 0 else { return }
    let (x, values) = (buffers.operand(0, as: type), buffers.operand(1, as: type))
    let result = buffers.result(0, as: type)
    let scratch = buffers.scratch + chunk * chunkScratchByteCount
    let origins = scratch.assumingMemoryBound(to: Int.self)
    let greatest = (scratch + channels * MemoryLayout<Int>.size).assumingMemoryBound(to: type)
    var places = cut.range(chunk)
    if isScatter {
      let (images, size) = (places, geometry.imageSize)
      (result + images.lowerBound * size).update(repeating: 0, count: images.count * size)
      let perImage = geometry.placesPerImage
      places = images.lowerBound * perImage..<images.upperBound * perImage
    }
    for place in places {
      findMaxima(of: x, place: place, origins, greatest)
      let first = place * channels
      for channel in 0..<channels {
        if isScatter {
          result[origins[channel]] += values[first + channel]
        } else {
          result[first + channel] = values[origins[channel]]
        }
      }
    }
  }

  @inline(__always)
  private func findMaxima<Element: FloatingElement>(
    of x: UnsafePointer<Element>, place: Int, _ origins: UnsafeMutablePointer<Int>,
    _ greatest: UnsafeMutablePointer<Element>
  ) {
    let channels = geometry.channels
    var isFirst = true
    geometry.forEachPixel(ofPlace: place) { start in
      for channel in 0..<channels {
        let value = x[start + channel]
        // The first NaN counts as the greatest.
        if isFirst || value > greatest[channel] || (value.isNaN && !greatest[channel].isNaN) {
          greatest[channel] = value
          origins[channel] = start + channel
        }
      }
      isFirst = false
    }
  }
}
