import Jacquard
import JacquardArrays

/// Reads sequences with one copy of a recurrent layer from their start, and with another from their end.
///
/// The copies have weights of their own: `bidirectional/forward_lstm/kernel`, `bidirectional/backward_lstm/kernel` and so on.
public final class Bidirectional: Layer {
  /// How the outputs of the two directions become one.
  public enum Merge: Sendable, Hashable {
    /// Side by side: twice as many columns.
    case concat
    /// Their sum.
    case sum
    /// Their product.
    case mul
    /// Their mean.
    case ave
  }

  /// Its name.
  public let weights: LayerWeights
  /// What reads from the start.
  public let forward: any RecurrentLayer
  /// What reads from the end.
  public let backward: any RecurrentLayer
  /// How the two outputs become one.
  public let mergeMode: Merge

  /// Two copies of `layer`.
  ///
  /// - Parameters:
  ///   - layer: what is copied; it is not used itself.
  ///   - mergeMode: how the two outputs become one.
  ///   - name: the name of the scope around both.
  public init(
    _ layer: some RecurrentLayer, mergeMode: Merge = .concat, name: String = "bidirectional"
  ) {
    let inner = layer.weights.baseName
    forward = layer.copy(name: "forward_\(inner)", goBackwards: layer.goBackwards)
    backward = layer.copy(name: "backward_\(inner)", goBackwards: !layer.goBackwards)
    self.mergeMode = mergeMode
    weights = LayerWeights(name: name)
  }

  /// The two copies.
  public var sublayers: [any Layer] { [forward, backward] }

  /// Whether the copies behave differently in training.
  public var usesTraining: Bool { forward.usesTraining || backward.usesTraining }

  /// From `[batch, steps, depth]` to `[batch, units]`, or `[batch, steps, units]` if the layer returns sequences; twice the units for
  /// ``Merge/concat``.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    // What one direction says of wrong operands, the other need not repeat.
    let first = forward(x, training: training)
    if first.isInvalid { return first }
    var second = backward(x, training: training)
    // Each step's output belongs to the step it was made at.
    if backward.returnSequences { second = second.reversed(axes: [1]) }
    switch mergeMode {
    case .concat: return concatenate([first, second], axis: backward.returnSequences ? 2 : 1)
    case .sum: return first + second
    case .mul: return first * second
    case .ave: return (first + second) / 2
    }
  }
}
