/// What functions outside this module need to build as ours do: cells, layers and optimizers of one's own.
extension Graph {
  /// Records that something cannot be built; ``validate()`` and the first run throw it, with the line being built.
  ///
  /// - Parameters:
  ///   - message: what was found, with the types in question.
  ///   - remedy: what would mend it.
  ///   - op: the name of what cannot be built.
  ///   - operands: the tensors in question.
  public func diagnose(
    _ message: String, remedy: String? = nil, op: String, operands: [Tensor] = []
  ) {
    report(message, remedy: remedy, op: op, operands: operands)
  }

  /// A tensor that stands in for what cannot be built; operations on it are quiet and invalid too.
  public func invalid(_ type: TensorType) -> Tensor { invalidTensor(type) }

  /// What initialises variables that name no initializer of their own in the variable scope being built; `nil` if no scope says.
  public var scopeInitializer: Initializer? { context.variableScope.initializer }

  /// The number of the iteration, an int64 scalar counting from 0, of the innermost loop body being built; `nil`
  /// outside loops.
  public var loopIteration: Tensor? { enclosingIterations().last }
}
