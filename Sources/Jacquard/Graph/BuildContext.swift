/// What surrounds the line of user code that is building: region, scopes, control inputs and location.
///
/// Task-local and synchronous: two tasks may build one graph at the same time without seeing each other's scopes.
struct BuildContext: Sendable {
  /// The graph it belongs to; another graph built meanwhile starts from its own root.
  var graph: ObjectIdentifier?
  var region: RegionID = .root
  /// The path of name scopes, without a trailing slash; empty at the root.
  var scope = ""
  var variableScope = VariableScope()
  var controlInputs: [OperationID] = []
  /// The outermost call into the library; operations inserted by composite functions carry it.
  var location: SourceLocation?
  var isGradient = false

  @TaskLocal static var current = BuildContext()

  /// `name` with the scopes around it.
  func scoped(_ name: String) -> String { scope.isEmpty ? name : "\(scope)/\(name)" }
}

extension Graph {
  var context: BuildContext {
    let current = BuildContext.current
    if current.graph == ObjectIdentifier(self) { return current }
    var fresh = BuildContext()
    fresh.graph = ObjectIdentifier(self)
    fresh.location = current.location
    return fresh
  }

  func withContext<R>(
    _ change: (inout BuildContext) -> Void, _ body: () throws -> R
  ) rethrows -> R {
    var new = context
    change(&new)
    return try BuildContext.$current.withValue(new, operation: body)
  }
}

/// Runs `body`; the operations it inserts report `file` and `line`, unless an outer call has already said where it stands.
public func withSourceLocation<R>(
  _ file: StaticString, _ line: UInt, _ body: () throws -> R
) rethrows -> R {
  guard BuildContext.current.location == nil else { return try body() }
  var new = BuildContext.current
  new.location = SourceLocation(file: file, line: line)
  return try BuildContext.$current.withValue(new, operation: body)
}
