import JacquardArrays

/// The cross entropy of each row of logits with a class number.
struct SparseSoftmaxCrossEntropy: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let (logits, labels) = (operands[0], operands[1])
    guard logits.dtype.isFloatingPoint else {
      throw TypeRuleError(
        "takes logits of a floating-point dtype, not \(logits.dtype)",
        remedy: "cast the logits with .cast(to:)")
    }
    guard labels.dtype.isInteger else {
      throw TypeRuleError(
        "takes class numbers of an integer dtype as labels, not \(labels.dtype)",
        remedy: "use softmaxCrossEntropy for label probabilities, or cast with .cast(to: .int32)")
    }
    let rows = try logits.shape.removingClasses()
    guard let shape = rows.merged(with: labels.shape) else {
      throw TypeRuleError(
        "the logits are of shape \(logits.shape) and the labels of shape \(labels.shape)",
        remedy: "give one class number for each row of logits: labels of shape \(rows)")
    }
    return [TensorType(logits.dtype, shape)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0]?.expandingDimensions(at: -1) else { return [nil, nil] }
    let (logits, labels) = (call.operands[0], call.operands[1])
    let indicator = call.graph.insert(ClassIndicator(), labels, logits)
    return [dy * (softmax(logits) - indicator), nil]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    SparseSoftmaxCrossEntropyKernel(context)
  }
}

struct SparseSoftmaxCrossEntropyKernel: FloatingKernel {
  let dtype: DType
  let blocks: RowBlocks
  let labelType: DType
  let location: KernelLocation

  init(_ context: LoweringContext) {
    dtype = context.dtype(0)
    blocks = RowBlocks(shape: context.shape(0))
    labelType = context.dtype(1)
    location = context.location
  }

  var name: String { SparseSoftmaxCrossEntropy.name }
  var kind: KernelKind { .reduction }
  var chunkCount: Int { blocks.chunkCount }
  var floatingPointOperations: Int { 12 * blocks.rows * blocks.columns }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let losses = buffers.result(0, as: Element.self)
    blocks.forEachRow(of: buffers.operand(0, as: Element.self), chunk: chunk) {
      row, logits, maximum, logSum in
      let label = buffers.classNumber(operand: 1, row: row, of: labelType)
      guard 0 <= label && label < blocks.columns else {
        buffers.status.fail(
          .indexOutOfRange, at: location, row: row, detail: Int64(label),
          limit: Int64(blocks.columns))
        losses[row] = 0
        return
      }
      let logit = logits[label]
      losses[row] = logSum - (logit == maximum ? 0 : logit - maximum)
    }
  }
}

extension KernelBuffers {
  /// The integer at `row` of an operand of element type `dtype`.
  @inline(__always)
  func classNumber(operand index: Int, row: Int, of dtype: DType) -> Int {
    switch dtype {
    case .int32: Int(operand(index, as: Int32.self)[row])
    case .int64: Int(operand(index, as: Int64.self)[row])
    default: Int(operand(index, as: UInt8.self)[row])
    }
  }
}

/// The cross entropy −log softmax(logits)[label] of each row: `[batch, classes]` and `[batch]` to `[batch]`, or with more leading axes.
///
/// - Parameters:
///   - logits: any finite size is safe, and -∞ for classes that are masked.
///   - labels: class numbers of an integer dtype. One outside `0..<classes` fails the run and names its row.
public func sparseSoftmaxCrossEntropy(
  logits: Tensor, labels: Tensor, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  logits.graph.insert(
    SparseSoftmaxCrossEntropy(), logits, labels, name: name, file: file, line: line)
}
