import Jacquard
import JacquardArrays
import Synchronization

/// A piece of a model: an object that builds its operations on a tensor, and owns the weights they use.
///
/// ```swift
/// let hidden = Dense(64, activation: .relu)
/// let y = hidden(x)                  // what predictions are made of
/// let z = hidden(x, training: true)  // what training differentiates; the same weights
/// ```
///
/// Weights are made where a layer is first called in a graph, and used by all its further calls there. As a graph is
/// built before it runs, `training` is a Swift value, not a tensor: a layer that behaves differently in training is
/// called twice, and the graph has both pieces.
///
/// A layer of one's own gets its weights from a ``LayerWeights``:
///
/// ```swift
/// final class Scale: Layer {
///   let weights = LayerWeights(name: "scale")
///   func apply(to x: Tensor, training: Bool) -> Tensor {
///     x * weights.weight("factor", [], dtype: x.dtype, initializer: .ones, in: x.graph)
///   }
/// }
/// ```
public protocol Layer: Sendable {
  /// The weights it owns itself, and its name.
  var weights: LayerWeights { get }

  /// The layers inside it, whose weights and updates count as its own; none by default.
  var sublayers: [any Layer] { get }

  /// Whether it, or a layer inside it, behaves differently in training; true by default.
  ///
  /// A ``Model`` of layers that do not is built once instead of twice.
  var usesTraining: Bool { get }

  /// Builds the operations of one call.
  ///
  /// Call the layer itself, `layer(x)`, to have it in its own scope, and errors name the calling line.
  ///
  /// - Parameters:
  ///   - x: what it is applied to, `[batch, …]`.
  ///   - training: whether the result is for training.
  func apply(to x: Tensor, training: Bool) -> Tensor
}

extension Layer {
  /// None.
  public var sublayers: [any Layer] { [] }

  /// True, which is right for all layers.
  public var usesTraining: Bool { true }

  /// Applies the layer to `x`, in a variable scope of its name.
  ///
  /// - Parameters:
  ///   - x: `[batch, …]`.
  ///   - training: whether the result is for training.
  public func callAsFunction(
    _ x: Tensor, training: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let trace = LayerTrace.current
      let result = LayerTrace.$current.withValue(nil) {
        x.graph.variableScope(weights.name(in: x.graph), reuse: .never) {
          apply(to: x, training: training)
        }
      }
      trace?.record(self, result)
      return result
    }
  }

  /// The weights it has in `graph`, those of the layers inside it included, in the order they were made.
  public func variables(in graph: Graph) -> [Variable] {
    allWeights(in: graph).map(\.variable)
  }

  /// The weights that optimizers change.
  public func trainableVariables(in graph: Graph) -> [Variable] {
    allWeights(in: graph).filter(\.isTrainable).map(\.variable)
  }

  /// The number of elements of all weights it has in `graph`.
  public func parameterCount(in graph: Graph) -> Int {
    variables(in: graph).reduce(0) { $0 + ($1.shape.elementCount ?? 0) }
  }

  /// What has to be run with each training step, such as a moving average; those of the layers inside it included.
  public func updates(in graph: Graph) -> [Operation] {
    weights.updates(in: graph) + sublayers.flatMap { $0.updates(in: graph) }
  }

  func allWeights(in graph: Graph) -> [LayerWeights.Weight] {
    weights.all(in: graph) + sublayers.flatMap { $0.allWeights(in: graph) }
  }
}

/// The layers that are called while a model is built, with their results; not those inside others.
final class LayerTrace: Sendable {
  struct Entry: Sendable {
    let layer: any Layer
    let output: Tensor
  }

  @TaskLocal static var current: LayerTrace?

  private let recorded = Mutex<[Entry]>([])

  var entries: [Entry] { recorded.withLock { $0 } }

  func record(_ layer: any Layer, _ output: Tensor) {
    recorded.withLock { $0.append(Entry(layer: layer, output: output)) }
  }
}
