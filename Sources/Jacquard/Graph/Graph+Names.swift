extension Graph {
  /// Opens a name scope: operations built in `body` are named `name/…`, or `name_1/…` where that is taken.
  public func scope<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    let path = reserveName(name)
    return try withContext {
      $0.scope = path
    } _: {
      try body()
    }
  }

  /// Runs `body` such that every operation it builds happens after `operations`.
  ///
  /// Reading a variable there, with ``Tensor/read(file:line:)``, gives its value after the assignments among `operations`.
  public func controlDependencies<R>(_ operations: [Operation], _ body: () throws -> R) rethrows
    -> R
  {
    if operations.contains(where: { $0.graph !== self }) {
      report(
        "a control dependency is an operation of another graph",
        remedy: "build both operations in one graph", op: "ControlDependencies")
    }
    return try withContext {
      $0.controlInputs += operations.filter { $0.graph === self }.map(\.id)
    } _: {
      try body()
    }
  }

  /// Runs `body` at the root of the graph, without the scopes, loops and control dependencies around it.
  public func atRoot<R>(_ body: () throws -> R) rethrows -> R {
    try withContext {
      $0.region = .root
      $0.scope = ""
      $0.controlInputs = []
    } _: {
      try body()
    }
  }

  /// A unique name within the current scope, taken: pass it to `insert` as `exactName`.
  func reserveName(_ name: String) -> String {
    let scoped = context.scoped(name)
    return update { $0.uniqueName(scoped) }
  }
}
