import CVectorKernels
import JacquardArrays

/// A new axis that holds `on` at each index and `off` elsewhere.
struct OneHot: Op {
  var depth: Int
  var on: BitPattern
  var off: BitPattern
  var axis: Int
  var dtype: DType

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: .integer)
    try requireValidShape([depth])
    let shape = operands[0].shape
    guard var dimensions = shape.dimensions else { return [TensorType(dtype, .unknown)] }
    let index = try shape.checkedAxis(axis, inRank: dimensions.count + 1) ?? 0
    dimensions.insert(depth, at: index)
    return [TensorType(dtype, PartialShape(dimensions))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    return OneHotKernel(
      view: AxisView(shape, axis: axis),
      on: elementBits(of: on.value, dtype),
      background: FillKernel(value: off.value, dtype: dtype, count: shape.reduce(1, *)),
      elementSize: dtype.byteCount, indexDType: context.dtype(0))
  }
}

struct OneHotKernel: Kernel {
  var view: AxisView
  var on: UInt64
  var background: FillKernel
  var elementSize: Int
  var indexDType: DType

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    for part in 0..<background.chunkCount { background.run(buffers, chunk: part) }
    let result = buffers.result(0)
    withUnsafeBytes(of: on.littleEndian) { on in
      for position in 0..<(view.outer * view.inner) {
        let index =
          indexDType == .uint8
          ? Int(buffers.operand(0, as: UInt8.self)[position])
          : IndexPointer(buffers.operand(0), dtype: indexDType)[position]
        // An index without a place is off everywhere, as in TensorFlow.
        guard index >= 0 && index < view.length else { continue }
        let (outer, inner) = (position / view.inner, position % view.inner)
        let place = (outer * view.length + index) * view.inner + inner
        jq_fill(1, elementSize, on.baseAddress, result + place * elementSize)
      }
    }
  }
}

extension Tensor {
  /// A new axis of length `depth` that holds `on` at each of these indices and `off` elsewhere.
  ///
  /// An index outside `0..<depth` is off everywhere.
  ///
  /// - Parameters:
  ///   - depth: the length of the new axis.
  ///   - on: the number at the index.
  ///   - off: the number elsewhere.
  ///   - axis: the place of the new axis in the result; −1 is after the last.
  ///   - dtype: the element type of the result.
  public func oneHot(
    depth: Int, on: Double = 1, off: Double = 0, axis: Int = -1, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let op = OneHot(
      depth: depth, on: BitPattern(on), off: BitPattern(off), axis: axis, dtype: dtype)
    return graph.insert(op, self, file: file, line: line)
  }
}
