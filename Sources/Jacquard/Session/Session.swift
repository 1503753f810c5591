import COpenBLAS
import JacquardArrays
import Synchronization

/// Runs a graph: keeps the values of its variables, compiles what is fetched, and computes it.
///
/// ```swift
/// let session = Session(graph)
/// try session.run(graph.variablesInitializer)
/// let (cost, accuracy) = try session.run(cost, accuracy, feeding: [x: images, y: labels])
/// ```
///
/// All assignments of one run commit together at its end, or, if it throws, not at all. Fetches see variables as of the start
/// of the run. Any number of threads may run at once: runs that assign wait for each other, all others do not, and see
/// either all of another run's assignments or none. New values are written over old ones where nobody holds these: for as
/// long as that takes, whoever starts to read variables waits.
///
/// What is compiled for a combination of fetches, fed tensors and fed shapes is kept for the next run like it. Sessions on one
/// graph share nothing but the graph, which may grow while they run.
///
/// The engine cuts matrix products into pieces for its own threads. The first session therefore calls
/// `openblas_set_num_threads(1)`, which holds for the whole process; code that uses OpenBLAS beside it may set another number,
/// at the cost of more threads than processors.
public final class Session: Sendable {
  /// The graph it runs.
  public let graph: Graph
  /// How it compiles and runs.
  public let options: SessionOptions

  let store = VariableStore()
  let cache: PlanCache
  let pool: WorkerPool
  let assignments = AssignmentLock()

  /// A session in which no variable has a value yet.
  public init(_ graph: Graph, options: SessionOptions = SessionOptions()) {
    _ = Self.singleThreadedBLAS
    self.graph = graph
    self.options = options
    cache = PlanCache(countLimit: options.planCacheCount, byteLimit: options.planCacheBytes)
    pool = WorkerPool(threads: options.threads)
  }

  /// The number of plans kept at present; see ``SessionOptions/planCacheCount``.
  public var cachedPlanCount: Int { cache.count }

  private static let singleThreadedBLAS: Void = openblas_set_num_threads(1)

  /// Computes `fetch` and returns its value.
  ///
  /// - Parameters:
  ///   - fetch: a tensor, which gives an array; an operation, run for what it does; a structure of them.
  ///   - feeds: arrays for placeholders, or in place of any other tensor.
  /// - Throws: ``GraphError`` with everything that is wrong with the graph, or with the fed shapes; ``SessionError``.
  @discardableResult
  public func run<F: Fetchable>(_ fetch: F, feeding feeds: Feeds = Feeds()) throws -> F.Fetched {
    var list = FetchList()
    list.append(fetch)
    var arrays = FetchedArrays(try run(list, feeds))
    return fetch.assembled(from: &arrays)
  }

  /// Computes `fetches` and returns their values, each with the structure of its fetch.
  ///
  /// - Parameters:
  ///   - fetches: tensors, which give arrays; operations, run for what they do; structures of them. Duplicates are computed once.
  ///   - feeds: arrays for placeholders, or in place of any other tensor.
  /// - Throws: ``GraphError`` with everything that is wrong with the graph, or with the fed shapes; ``SessionError``.
  @discardableResult
  public func run<each F: Fetchable>(_ fetches: repeat each F, feeding feeds: Feeds = Feeds())
    throws -> (repeat (each F).Fetched)
  {
    var list = FetchList()
    repeat list.append(each fetches)
    var arrays = FetchedArrays(try run(list, feeds))
    return (repeat (each fetches).assembled(from: &arrays))
  }

  private func run(_ fetches: FetchList, _ feeds: Feeds) throws -> [NDArray] {
    let (prepared, fed) = try prepare(fetches, feeds)
    return try collect(prepared, fed.arrays)
  }

  /// The plan for a run, made unless it is kept, and its arrays.
  func prepare(_ fetches: FetchList, _ feeds: Feeds) throws -> (PreparedPlan, ResolvedFeeds) {
    try requireSoundGraph()
    let fed = try ResolvedFeeds(feeds, in: graph)
    return (try prepare(fetches, fed), fed)
  }

  func prepare(_ fetches: FetchList, _ fed: ResolvedFeeds) throws -> PreparedPlan {
    try requireOwn(fetches)
    let signature = RunSignature(fetches, fed)
    if let known = cache.plan(for: signature, fed.arrays) { return known }
    return cache.insert(try compile(fetches, fed), for: signature, fed.arrays)
  }

  func compile(_ fetches: FetchList, _ fed: ResolvedFeeds) throws -> PreparedPlan {
    try graph.read { state in
      try state.check(fetches)
      try state.check(fed)
    }
    let request = CompileRequest(
      fetches: fetches.tensors.map(\.id), targets: fetches.operations.map(\.id),
      feeds: zip(fed.ids, fed.arrays).map { .init(value: $0, type: TensorType(of: $1)) })
    do {
      let compiled = try Compiler.program(
        for: request, feedValues: { id in fed.position(of: id).map { fed.arrays[$0] } }, in: graph,
        disabledPasses: options.disabledPasses, windowLimits: options.windowLimits)
      var planOptions = PlanOptions(
        threads: options.threads, memoryLimit: options.memoryLimit, profile: options.isProfiling)
      planOptions.leastRowOperations =
        options.leastRowOperations ?? planOptions.leastRowOperations
      planOptions.dividesRows = options.dividesRows
      planOptions.updatesInPlace = options.updatesInPlace
      planOptions.swapBudget = options.swapBudget
      planOptions.scratchDirectory = options.scratchDirectory
      let plan = try Plan.compile(compiled.program, options: planOptions)
      return PreparedPlan(
        plan, compiled.program, feeds: fed, shapeDecidingFeeds: compiled.shapeDecidingFeeds,
        store: store)
    } catch let error as PlanError { throw sessionError(error) }
  }

  /// Throws all diagnostics of the graph, those of operations that are not fetched included.
  func requireSoundGraph() throws {
    if graph.read({ !$0.diagnostics.isEmpty }) { try graph.validate() }
  }

  func requireOwn(_ fetches: FetchList) throws {
    for tensor in fetches.tensors where tensor.graph !== graph {
      throw SessionError.foreignGraph(name: tensor.name, use: .fetched)
    }
    for operation in fetches.operations where operation.graph !== graph {
      throw SessionError.foreignGraph(name: operation.name, use: .fetched)
    }
  }
}
