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
    RerollSteps(),
    ExpandSums(),
    SortRows(),
    SplitElementwise(),
    EliminateDeadCode(),
    SplitResiduals(),
    SplitLoops(),
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
    EliminateDeadCode(),
    WindowLoops(),
    RecomputeResiduals(),
    SinkArrangements(),
    SkipEndedRows(),
    EliminateDeadCode(),
    PackMatrices(),
    HoistInvariants(),
    FuseElementwise(),
    FuseCopies(),
    EliminateDeadCode(),
  ]

  /// The program for `request`, verified after each pass.
  ///
  /// Release builds apply type rules only to the last program; if that or anything before it is broken, all is done again with every
  /// check, to find the pass.
  ///
  /// - Throws: ``GraphError`` with everything that is wrong with the graph, or with the shapes fed; ``SessionError`` for a
  ///   placeholder that is needed and not fed.
  static func program(
    for request: CompileRequest, feedValues: @escaping (ValueID) -> NDArray?, in graph: Graph,
    disabledPasses: Set<String> = [], windowLimits: WindowLimits? = nil
  ) throws -> CompiledProgram {
    do {
      return try program(
        for: request, feedValues: feedValues, in: graph, disabledPasses: disabledPasses,
        windowLimits: windowLimits, verifying: passDepth)
    } catch is Verifier.Failure where passDepth != .everything {
      return try program(
        for: request, feedValues: feedValues, in: graph, disabledPasses: disabledPasses,
        windowLimits: windowLimits, verifying: .everything)
    }
  }

  /// How much is verified after each pass but the last.
  #if DEBUG
    private static let passDepth = Verifier.Depth.everything
  #else
    private static let passDepth = Verifier.Depth.structure
  #endif

  private static func program(
    for request: CompileRequest, feedValues: @escaping (ValueID) -> NDArray?, in graph: Graph,
    disabledPasses: Set<String>, windowLimits: WindowLimits?, verifying depth: Verifier.Depth
  ) throws -> CompiledProgram {
    try graph.validate()
    var extraction = Extraction(request, feedValues, graph)
    var compiled = try extraction.run()
    var verifier = Verifier()
    try verifier.verify(compiled.program, after: "extraction", depth)
    for var pass in passes where !disabledPasses.contains(type(of: pass).name) {
      if let windowLimits, var limited = pass as? any WindowPass {
        limited.limits = windowLimits
        pass = limited
      }
      pass.run(&compiled.program)
      try verifier.verify(compiled.program, after: type(of: pass).name, depth)
    }
    if depth != .everything { try verifier.verify(compiled.program, after: "all passes") }
    return compiled
  }
}
