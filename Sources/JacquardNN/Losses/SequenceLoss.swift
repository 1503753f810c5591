import Jacquard
import JacquardArrays

/// The weighted cross entropy of sequences of class numbers, as `tf.contrib.seq2seq.sequence_loss`.
///
/// Averages are weighted: the sum of the weighted cross entropies over the sum of the weights, and 0 where the weights are all 0.
/// With both averages the result is a scalar, with one of them a vector for the other axis, with none `[batch, steps]`.
///
/// - Parameters:
///   - logits: `[batch, steps, classes]`.
///   - targets: class numbers `[batch, steps]`; one outside `0..<classes` fails the run.
///   - weights: `[batch, steps]`, for example `sequenceMask(lengths, maximum: steps)` cast to the logits' dtype.
///   - averageAcrossTimesteps: whether to average over the steps.
///   - averageAcrossBatch: whether to average over the batch.
public func sequenceLoss(
  logits: Tensor, targets: Tensor, weights: Tensor, averageAcrossTimesteps: Bool = true,
  averageAcrossBatch: Bool = true, name: String = "sequence_loss", file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    let graph = logits.graph
    let invalid = graph.invalid(
      TensorType(logits.dtype.isFloatingPoint ? logits.dtype : .float32, .unknown))
    guard ![logits, targets, weights].contains(where: \.isInvalid) else { return invalid }
    let steps = PartialShape([logits.shape[0], logits.shape[1]])
    guard logits.shape.isCompatible(with: [nil, nil, nil]), logits.dtype.isFloatingPoint,
      targets.shape.isCompatible(with: steps), weights.shape.isCompatible(with: steps)
    else {
      graph.diagnose(
        "the logits are \(logits.type), the targets \(targets.type), the weights \(weights.type)",
        remedy: """
          give floating-point logits [batch, steps, classes], and targets and weights \
          [batch, steps]
          """, op: "sequenceLoss", operands: [logits, targets, weights])
      return invalid
    }
    return graph.scope(name) {
      let weights = weights.cast(to: logits.dtype)
      let losses = sparseSoftmaxCrossEntropy(logits: logits, labels: targets) * weights
      let averaged = (averageAcrossBatch ? [0] : []) + (averageAcrossTimesteps ? [1] : [])
      if averaged.isEmpty { return losses }
      return losses.sum(along: averaged).dividedUnlessZero(by: weights.sum(along: averaged))
    }
  }
}
