import JacquardArrays

/// Which steps lie within each length. The number of steps is `maximum`, or the length of the second operand along `axis`.
struct SequenceMask: Op {
  var maximum: Int?
  var axis = 0

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(maximum == nil ? 2 : 1)
    try operands.requireIndices(0, role: "lengths")
    var steps = maximum
    if let maximum {
      try requireValidShape([maximum])
    } else {
      steps = try operands[1].shape.checkedAxis(axis).flatMap { operands[1].shape[$0] }
    }
    guard let dimensions = operands[0].shape.dimensions else {
      return [TensorType(.bool, .unknown)]
    }
    return [TensorType(.bool, PartialShape(dimensions + [steps]))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { call.operands.map { _ in nil } }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.resultShape()
    return SequenceMaskKernel(
      rows: shape.dropLast().reduce(1, *), steps: shape[shape.count - 1],
      lengthDType: context.dtype(0))
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

struct SequenceMaskKernel: Kernel {
  var rows: Int
  var steps: Int
  var lengthDType: DType

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let lengths = IndexPointer(buffers.operand(0), dtype: lengthDType)
    let result = buffers.result(0, as: UInt8.self)
    for row in 0..<rows {
      let length = min(max(lengths[row], 0), steps)
      let mask = result + row * steps
      mask.update(repeating: 1, count: length)
      (mask + length).update(repeating: 0, count: steps - length)
    }
  }
}

/// Which steps lie within each length: bool `[…, maximum]`, true at step t where t < length.
///
/// - Parameters:
///   - lengths: `[…]`, int32 or int64.
///   - maximum: the number of steps.
public func sequenceMask(
  _ lengths: Tensor, maximum: Int, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  lengths.graph.insert(SequenceMask(maximum: maximum), lengths, file: file, line: line)
}

/// Which steps lie within each length, with as many steps as `sequences` has along `axis`.
///
/// - Parameters:
///   - lengths: `[…]`, int32 or int64.
///   - sequences: only its length along `axis` matters; it is not computed.
///   - axis: the axis of its steps, negative if counted from the end.
public func sequenceMask(
  _ lengths: Tensor, stepsOf sequences: Tensor, axis: Int, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  lengths.graph.insert(
    SequenceMask(maximum: nil, axis: axis), lengths, sequences, file: file, line: line)
}
