import JacquardArrays

/// A rewriting of a program into one that computes the same.
protocol Pass: Sendable {
  /// The name of its off-switch.
  static var name: String { get }
  /// What it promises, in a sentence.
  static var contract: String { get }
  /// Whether results have the same bits with it as without it; otherwise sums may be taken in another order.
  static var isExact: Bool { get }
  /// Rewrites the program, all its blocks included.
  func run(_ program: inout Program)
}

extension Pass {
  static var isExact: Bool { true }
}

/// From a graph and a request to a program ready to be scheduled.
enum Compiler {
  /// The passes, in order.
  static let passes: [any Pass] = [
    MergeLoops(),
    EliminateDeadCode(),
    FoldConstants(),
    ForwardViews(),
    MergeCommonSubexpressions(),
    ExpandSums(),
    SplitElementwise(),
    EliminateDeadCode(),
    SplitResiduals(),
    ForwardViews(),
    SplitProducts(),
    EliminateDeadCode(),
    HoistInvariants(),
    DistributeLoops(),
    EliminateDeadCode(),
    MergeCommonSubexpressions(),
    ReassociateProducts(),
    EliminateDeadCode(),
    SinkProducts(),
    MergeCommonSubexpressions(),
    PackMatrices(),
    HoistInvariants(),
    FuseElementwise(),
    EliminateDeadCode(),
  ]

  /// The program for `request`.
  ///
  /// - Throws: ``GraphError`` with everything that is wrong with the graph, or with the shapes fed; ``SessionError`` for a
  ///   placeholder that is needed and not fed.
  static func program(
    for request: CompileRequest, feedValues: @escaping (ValueID) -> NDArray?, in graph: Graph,
    disabledPasses: Set<String> = []
  ) throws -> CompiledProgram {
    try graph.validate()
    var extraction = Extraction(request, feedValues, graph)
    var compiled = try extraction.run()
    try Verifier.verify(compiled.program, after: "extraction")
    for pass in passes where !disabledPasses.contains(type(of: pass).name) {
      pass.run(&compiled.program)
      try Verifier.verify(compiled.program, after: type(of: pass).name)
    }
    return compiled
  }
}
