import Jacquard
import JacquardArrays
import Synchronization

extension Tensor {
  /// The last part of the name.
  var shortName: String { name.split(separator: "/").last.map(String.init) ?? name }
}

/// The variables an optimizer keeps for itself: slots, one for each variable it changes, and single ones.
///
/// They are ordinary variables, initialised and saved with all others, that optimizers leave alone. Asked for again, they are the
/// same ones, so that one optimizer may minimise several losses.
public final class SlotVariables: Sendable {
  private struct Key: Hashable, Sendable {
    let graph: ObjectIdentifier
    let owner: Tensor?
    let name: String
  }

  // Looked up by key only; the variables keep their graphs alive.
  private let variables = Mutex<[Key: Variable]>([:])

  /// No variables yet.
  public init() {}

  /// The slot `slot` of `variable`, in its shape, named `<variable>/<name>` and made unique.
  ///
  /// - Parameters:
  ///   - slot: tells the optimizer's slots for one variable apart.
  ///   - variable: the variable that it belongs to.
  ///   - name: the last part of the name, by convention the optimizer's.
  ///   - initializer: what it starts with.
  public func slot(
    _ slot: String, of variable: Variable, name: String, _ initializer: Initializer = .zeros
  ) -> Variable {
    found(Key(graph: ObjectIdentifier(variable.graph), owner: variable, name: slot)) {
      make(
        in: variable.graph, initializer, variable.shape.known ?? [], variable.dtype,
        "\(variable.name)/\(name)")
    }
  }

  /// The optimizer's own scalar `name` in `graph`.
  public func scalar(
    _ name: String, in graph: Graph, dtype: DType, _ initializer: Initializer
  ) -> Variable {
    found(Key(graph: ObjectIdentifier(graph), owner: nil, name: name)) {
      make(in: graph, initializer, [], dtype, name)
    }
  }

  private func found(_ key: Key, orMake make: () -> Variable) -> Variable {
    variables.withLock { variables in
      if let known = variables[key] { return known }
      let variable = make()
      variables[key] = variable
      return variable
    }
  }

  private func make(
    in graph: Graph, _ initializer: Initializer, _ shape: [Int], _ dtype: DType, _ name: String
  ) -> Variable {
    graph.atRoot { graph.variable(initializer, shape, dtype: dtype, name: name, trainable: false) }
  }
}
