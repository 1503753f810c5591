import JacquardArrays
import Synchronization

/// How a plan is to be made.
struct PlanOptions: Sendable {
  /// The threads that work on one kernel.
  var threads: Int
  /// The most bytes that one run may take for its intermediate results.
  var memoryLimit: Int?
  /// Whether executions of each step are counted and timed.
  var profile: Bool
  /// The fewest floating-point operations of a loop that are worth a second thread for its rows.
  var leastRowOperations = 60_000
  /// Whether threads may each take a range of rows through all iterations of a loop.
  var dividesRows = true
  /// Whether new values of variables may be written over old ones.
  var updatesInPlace = true
  /// As ``SessionOptions/swapBudget``.
  var swapBudget = Int.max
  /// As ``SessionOptions/scratchDirectory``.
  var scratchDirectory = ""
}

/// A program made ready to run: a schedule of kernels over slots, and the memory plan.
///
/// A plan is immutable and may run several times at once, each run in a context of its own.
final class Plan: Sendable {
  /// Where root parameters come from, and their types.
  let inputs: [(source: InputSource, type: TensorType)]
  /// The types of the fetches, then of the commits, then of the indices of rows that `rowCommits` change.
  let outputs: [TensorType]
  let fetchCount: Int
  /// The variables that the outputs after the fetches are committed to.
  let commits: [VariableID]
  /// Which of `commits` change some rows only.
  let rowCommits: [Int]
  /// The bytes of intermediate results, apart from stacks of unknown length.
  let arenaByteCount: Int
  /// The number of kernels, nested ones included.
  let stepCount: Int
  /// The steps in words; nested steps follow their header.
  let rows: [PlanRow]
  /// What lies where in the arena, and when.
  let arena: ArenaMap

  let options: PlanOptions
  let schedule: Schedule
  let layout: RunLayout
  let constantByteCount: Int
  private let idleContexts = Mutex<[RunContext]>([])
  private let accumulatedTimes: Mutex<RunTimes>

  /// How many contexts are kept for further runs.
  private static let idleContextLimit = 4

  init(_ built: consuming PlanBuilder.Product, program: Program, options: PlanOptions) {
    inputs = zip(program.inputs, program.root.parameters).map { ($0, program.type(of: $1)) }
    outputs = program.root.results.map { program.type(of: $0) }
    fetchCount = program.fetchCount
    commits = program.commits
    rowCommits = program.rowCommits
    rows = built.rows
    arena = built.arena
    stepCount = built.rows.count { $0.kind == .kernel }
    layout = built.layout
    arenaByteCount = layout.arenaByteCount
    constantByteCount = layout.constants.reduce(0) { $0 + $1.byteCount }
    accumulatedTimes = Mutex(
      RunTimes(steps: Array(repeating: StepTimes(), count: built.rows.count)))
    self.options = options
    schedule = Schedule(built.steps)
  }

  /// Schedules `program` and plans its memory.
  ///
  /// - Throws: ``PlanError``, or what an op throws that cannot be lowered.
  static func compile(_ program: Program, options: PlanOptions) throws -> Plan {
    var builder = PlanBuilder(program, options: options)
    return Plan(try builder.build(), program: program, options: options)
  }

  /// The bytes this plan keeps between runs: constants, and the arenas of idle contexts.
  var retainedByteCount: Int {
    constantByteCount + idleContexts.withLock { $0.reduce(0) { $0 + $1.byteCount } }
  }

  /// Memory for one run, reused if an earlier run has returned some.
  ///
  /// - Throws: ``PlanError/memoryLimit(bytes:limit:)``, ``PlanError/arenaAllocation(bytes:)``,
  ///   ``PlanError/scratchFile(bytes:directory:reason:operation:)``.
  func leaseContext() throws -> RunContext {
    if let limit = options.memoryLimit, arenaByteCount > limit {
      throw PlanError.memoryLimit(bytes: arenaByteCount, limit: limit)
    }
    let context = try idleContexts.withLock { $0.popLast() } ?? RunContext(layout)
    try context.openScratchFile()
    return context
  }

  /// Gives back what ``leaseContext()`` gave; outputs are no longer valid.
  func returnContext(_ context: RunContext) {
    context.unbind()
    context.clearScratchFiles()
    idleContexts.withLock {
      if $0.count < Self.idleContextLimit { $0.append(context) }
    }
  }

  /// Executions and times of each row, of all runs so far; all zero unless the plan was made to profile.
  var times: RunTimes { accumulatedTimes.withLock { $0 } }

  func collectTimes(of recorder: Recorder) {
    accumulatedTimes.withLock { recorder.move(to: &$0) }
  }

  /// The bytes of the variables that are read or assigned, each once.
  var variableByteCount: Int {
    var counted: Set<Int> = []
    var bytes = 0
    func count(_ variable: VariableID, _ type: TensorType) {
      if counted.insert(variable.index).inserted { bytes += type.byteCount ?? 0 }
    }
    for (source, type) in inputs {
      switch source {
      case .variable(let id), .pending(let id): count(id, type)
      case .feed, .drawCounter: break
      }
    }
    for (id, type) in zip(commits, outputs.dropFirst(fetchCount)) { count(id, type) }
    return bytes
  }

  /// Adds the time around the steps of a run, given that of the whole.
  func addSessionTime(total: Int64, of context: RunContext) {
    guard let recorder = context.recorder else { return }
    let nanoseconds = total - recorder.lastRunNanoseconds
    accumulatedTimes.withLock { $0.sessionNanoseconds += nanoseconds }
  }
}
