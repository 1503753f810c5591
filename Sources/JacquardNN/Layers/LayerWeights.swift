import Jacquard
import JacquardArrays
import Synchronization

/// What a layer keeps for each graph it is used in: its name there, its weights, and what updates them.
///
/// Made once, with the layer. Keeps the graphs alive as long as it lives itself.
public final class LayerWeights: Sendable {
  /// The name the layer was given, `dense`; in a graph that has such a layer it becomes `dense_1`.
  public let baseName: String

  struct Weight: Sendable {
    let key: String
    let variable: Variable
    let isTrainable: Bool
  }

  private struct State {
    var weights: [Weight] = []
    var updates: [Operation] = []
  }

  private final class Entry: Sendable {
    let name: String
    let state = Mutex(State())

    init(name: String) { self.name = name }
  }

  private let entries = PerGraph<Entry>()

  /// No weights yet.
  ///
  /// - Parameter name: what the layer is called, in scopes and in the names of its weights.
  public init(name: String) { baseName = name }

  /// The name of the layer in `graph`; no other layer with weights has it there.
  public func name(in graph: Graph) -> String { entry(in: graph).name }

  /// The layer's weight `key`, made in the current variable scope if the layer has none of that name in `graph` yet.
  ///
  /// A weight that is asked for in another shape than it was made in is a diagnostic.
  ///
  /// - Parameters:
  ///   - key: the last part of the name: `kernel`.
  ///   - shape: the shape, which usually follows from the first inputs.
  ///   - dtype: the element type, usually that of the first inputs.
  ///   - initializer: what it starts with; that of the variable scope if `nil`.
  ///   - trainable: whether optimizers change it.
  ///   - graph: the graph that the layer is used in.
  public func weight(
    _ key: String, _ shape: [Int], dtype: DType, initializer: Initializer? = nil,
    trainable: Bool = true, in graph: Graph, file: StaticString = #fileID, line: UInt = #line
  ) -> Variable {
    withSourceLocation(file, line) {
      entry(in: graph).state.withLock { state in
        let type = TensorType(dtype, PartialShape(known: shape))
        if let known = state.weights.first(where: { $0.key == key })?.variable {
          return known.type == type || known.isInvalid ? known : mismatch(known, type)
        }
        let variable = graph.getVariable(
          key, shape, dtype: dtype, initializer: initializer, trainable: trainable)
        state.weights.append(Weight(key: key, variable: variable, isTrainable: trainable))
        return variable
      }
    }
  }

  private func mismatch(_ known: Variable, _ wanted: TensorType) -> Tensor {
    known.graph.diagnose(
      "these inputs want '\(known.name)' to be \(wanted), but it was made \(known.type)",
      remedy: "call the layer with inputs of one size and dtype, or make another layer",
      op: baseName, operands: [known])
    return known.graph.invalid(wanted)
  }

  /// Notes what has to be run with each training step.
  public func addUpdate(_ operation: Operation) {
    entry(in: operation.graph).state.withLock { $0.updates.append(operation) }
  }

  func all(in graph: Graph) -> [Weight] { entry(in: graph).state.withLock { $0.weights } }

  func updates(in graph: Graph) -> [Operation] {
    entry(in: graph).state.withLock { $0.updates }
  }

  private func entry(in graph: Graph) -> Entry {
    entries.value(in: graph) { Entry(name: Self.unusedName(baseName, in: graph)) }
  }

  /// The first of `base`, `base_1`, … that is no part of the name of a variable.
  private static func unusedName(_ base: String, in graph: Graph) -> String {
    let taken = Set(graph.variables.flatMap { $0.name.split(separator: "/").map(String.init) })
    guard taken.contains(base) else { return base }
    var number = 1
    while taken.contains("\(base)_\(number)") { number += 1 }
    return "\(base)_\(number)"
  }
}
