import JacquardArrays

/// Rows like those of operand 1, with 1 at the class that operand 0 names and 0 elsewhere: `[batch]` and `[batch, classes]` to
/// `[batch, classes]`.
///
/// Takes the number of classes from a tensor of that shape, since it may be open where a gradient is built.
struct ClassIndicator: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    guard operands[0].dtype.isInteger else {
      throw TypeRuleError("takes class numbers of an integer dtype, not \(operands[0].dtype)")
    }
    let rows = try operands[1].shape.removingClasses()
    guard rows.isCompatible(with: operands[0].shape) else {
      throw TypeRuleError(
        "class numbers \(operands[0]) do not fit rows \(operands[1])",
        remedy: "give one class number for each row of logits: labels of shape \(rows)")
    }
    return [operands[1]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    ClassIndicatorKernel(context)
  }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }
}

struct ClassIndicatorKernel: FloatingKernel {
  let dtype: DType
  let blocks: RowBlocks
  let labelType: DType
  let location: KernelLocation

  init(_ context: LoweringContext) {
    dtype = context.dtype(1)
    blocks = RowBlocks(shape: context.shape(1))
    labelType = context.dtype(0)
    location = context.location
  }

  var name: String { ClassIndicator.name }
  var kind: KernelKind { .reduction }
  var chunkCount: Int { blocks.chunkCount }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let columns = blocks.columns
    let range = blocks.range(of: chunk)
    let out = buffers.result(0, as: Element.self)
    (out + range.lowerBound * columns).update(repeating: 0, count: range.count * columns)
    for row in range {
      let label = buffers.classNumber(operand: 0, row: row, of: labelType)
      if 0 <= label && label < columns {
        out[row * columns + label] = 1
      } else {
        buffers.status.fail(
          .indexOutOfRange, at: location, row: row, detail: Int64(label), limit: Int64(columns))
      }
    }
  }
}
