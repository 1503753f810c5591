import JacquardArrays

/// The cross entropy of independent yes-or-no labels with the sigmoids of logits, element by element.
///
/// `max(x, 0) − x·z + log(1 + exp(−|x|))`, of which the first two terms are taken together as |x| times the probability that the
/// label gives to the less likely side: exact also where an infinite logit meets a label that agrees with it.
struct SigmoidCrossEntropy: ElementwiseOp {
  static let domain = ElementDomain.floating
  static let operandCount = 2

  // Not a single instruction: see `lanes`.
  var instruction: VectorInstruction { .log1p }

  func lanes(_ dtypes: [DType]) -> LaneExpression {
    let (logit, label) = (LaneExpression.operand(0), LaneExpression.operand(1))
    let magnitude = LaneExpression.apply(.abs, logit)
    let weight = LaneExpression.apply(
      .select, .apply(.greaterOrEqual, logit, .constant(0)),
      .apply(.subtract, .constant(1), label), label)
    let linear = LaneExpression.apply(
      .select, .apply(.equal, weight, .constant(0)), weight, .apply(.multiply, magnitude, weight))
    return .apply(.add, linear, .apply(.log1p, .apply(.exp, .apply(.negate, magnitude))))
  }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    let (logits, labels) = (call.operands[0], call.operands[1])
    return [dy * (sigmoid(logits) - labels), -(dy * logits)]
  }
}

/// The cross entropy of each label, a probability, with the sigmoid of its logit; labels and logits broadcast.
///
/// For classes that do not exclude each other. Logits of any size are safe.
public func sigmoidCrossEntropy(
  logits: Tensor, labels: Tensor, name: String? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  logits.graph.insert(SigmoidCrossEntropy(), logits, labels, name: name, file: file, line: line)
}
