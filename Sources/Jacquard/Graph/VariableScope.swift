/// Where `getVariable` looks for variables, and what it gives them.
struct VariableScope: Sendable {
  var path = ""
  var reuse = VariableReuse.never
  var initializer: Initializer?
  var regularizer: (@Sendable (Tensor) -> Tensor)?

  func scoped(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }
}

/// Whether `getVariable` makes variables or hands out those that exist.
public enum VariableReuse: Sendable {
  /// Makes new ones; a name already taken is an error.
  case never
  /// Hands out existing ones; a name not known is an error.
  case always
  /// Hands out existing ones and makes those that do not exist.
  case automatic
}

extension Graph {
  /// Opens a variable scope: variables got in `body` are named `name/…`.
  ///
  /// Unlike name scopes, variable scopes are not made unique: opening one twice with `reuse` shares its variables.
  ///
  /// - Parameters:
  ///   - reuse: whether variables are made or shared; inherited if `nil`.
  ///   - initializer: for variables that name none of their own; inherited if `nil`.
  ///   - regularizer: a penalty for each trainable variable made in it; inherited if `nil`.
  ///   - body: what is built in the scope.
  public func variableScope<R>(
    _ name: String, reuse: VariableReuse? = nil, initializer: Initializer? = nil,
    regularizer: (@Sendable (Tensor) -> Tensor)? = nil, _ body: () throws -> R
  ) rethrows -> R {
    let scopeName = reserveName(name)
    return try withContext {
      $0.scope = scopeName
      $0.variableScope.path = $0.variableScope.scoped(name)
      if let reuse { $0.variableScope.reuse = reuse }
      if let initializer { $0.variableScope.initializer = initializer }
      if let regularizer { $0.variableScope.regularizer = regularizer }
    } _: {
      try body()
    }
  }
}
