import JacquardArrays

/// The cross entropy of each row of logits with a row of label probabilities.
///
/// A primitive, so that the gradient is `softmax(logits) · Σ labels − labels`, which neither cancels nor overflows, and
/// that a class masked by a logit of -∞ and a label of 0 contributes 0, not a NaN.
struct SoftmaxCrossEntropy: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let (logits, labels) = (operands[0], operands[1])
    guard logits.dtype.isFloatingPoint else {
      throw TypeRuleError(
        "takes logits of a floating-point dtype, not \(logits.dtype)",
        remedy: "cast the logits with .cast(to:)")
    }
    guard labels.dtype == logits.dtype else {
      throw TypeRuleError(
        "the logits are \(logits.dtype) and the labels \(labels.dtype)",
        remedy: labels.dtype.isInteger
          ? "use sparseSoftmaxCrossEntropy for class numbers, or cast one-hot labels to \(logits.dtype)"
          : "cast the labels with .cast(to: .\(logits.dtype))")
    }
    guard let shape = logits.shape.merged(with: labels.shape) else {
      throw TypeRuleError(
        "the logits are of shape \(logits.shape) and the labels of shape \(labels.shape)",
        remedy: "give one label probability for each logit")
    }
    return [TensorType(logits.dtype, try shape.removingClasses())]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0]?.expandingDimensions(at: -1) else { return [nil, nil] }
    let (logits, labels) = (call.operands[0], call.operands[1])
    let total = labels.sum(along: [-1], keepingDimensions: true)
    return [dy * (softmax(logits) * total - labels), -(dy * logSoftmax(logits))]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    SoftmaxCrossEntropyKernel(
      dtype: context.dtype(0), blocks: RowBlocks(shape: context.shape(0)))
  }
}

struct SoftmaxCrossEntropyKernel: FloatingKernel {
  let dtype: DType
  let blocks: RowBlocks

  var name: String { SoftmaxCrossEntropy.name }
  var kind: KernelKind { .reduction }
  var chunkCount: Int { blocks.chunkCount }
  var floatingPointOperations: Int { 14 * blocks.rows * blocks.columns }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let labels = buffers.operand(1, as: Element.self)
    let losses = buffers.result(0, as: Element.self)
    let columns = blocks.columns
    blocks.forEachRow(of: buffers.operand(0, as: Element.self), chunk: chunk) {
      row, logits, maximum, logSum in
      let weights = labels + row * columns
      RowStatistics<Element>.withTile { tile in
        losses[row] = RowStatistics.sumOverTiles(columns) { start, count in
          let (logits, weights) = (logits + start, weights + start)
          for index in 0..<count {
            let (logit, weight) = (logits[index], weights[index])
            let distance = logit == maximum ? 0 : logit - maximum
            // Computed in any case, since a branch would keep the loop from being vectorised.
            let term = weight * (logSum - distance)
            tile[index] = weight == 0 ? 0 : term
          }
          return UnsafePointer(tile)
        }
      }
    }
  }
}

extension PartialShape {
  /// The shape without its last axis, that of the classes.
  func removingClasses() throws -> PartialShape {
    guard let dimensions else { return .unknown }
    guard !dimensions.isEmpty else {
      throw TypeRuleError(
        "the logits are scalars", remedy: "give logits of shape […, classes]")
    }
    return PartialShape(dimensions.dropLast())
  }
}

/// The cross entropy −Σ labels · log softmax(logits) of each row: `[batch, classes]` twice to `[batch]`, or with more leading axes.
///
/// Labels are probabilities, usually one-hot; rows that do not add up to 1 weigh their loss accordingly, so a row of zeros
/// (padding) has neither loss nor gradient. Gradients flow to the logits and to the labels; wrap labels in
/// ``stopGradient(_:name:file:line:)`` where they depend on what is trained and should not be. Logits of any size are safe,
/// also -∞ where the label is 0.
public func softmaxCrossEntropy(
  logits: Tensor, labels: Tensor, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  logits.graph.insert(SoftmaxCrossEntropy(), logits, labels, name: name, file: file, line: line)
}
