import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How often a step ran and how long it took.
struct StepTimes: Sendable, BitwiseCopyable, Equatable {
  var count: Int64 = 0
  /// From its start to its end, as measured by the thread that called; 0 where no thread sees both, in a share of a loop's rows.
  var elapsedNanoseconds: Int64 = 0
  /// The time that all threads together worked on it.
  var threadNanoseconds: Int64 = 0
  /// How many threads could take part, all executions together.
  var threads: Int64 = 0

  /// The mean time of the threads that could take part.
  private var meanNanoseconds: Int64 {
    threads > 0 ? threadNanoseconds * count / threads : elapsedNanoseconds
  }

  /// The time it took.
  var nanoseconds: Int64 { elapsedNanoseconds > 0 ? elapsedNanoseconds : meanNanoseconds }

  /// Of that the time that threads waited for each other, on average.
  var waitNanoseconds: Int64 { max(0, nanoseconds - meanNanoseconds) }

  mutating func add(_ other: StepTimes) {
    count += other.count
    elapsedNanoseconds += other.elapsedNanoseconds
    threadNanoseconds += other.threadNanoseconds
    threads += other.threads
  }
}

/// The times of some runs of a plan.
struct RunTimes: Sendable, Equatable {
  var runs = 0
  /// From the first step to the last, all runs together.
  var nanoseconds: Int64 = 0
  /// Spent around the steps: binding memory, committing, handing out results.
  var sessionNanoseconds: Int64 = 0
  /// For each row of the plan.
  var steps: [StepTimes]

  mutating func add(_ other: RunTimes) {
    runs += other.runs
    nanoseconds += other.nanoseconds
    sessionNanoseconds += other.sessionNanoseconds
    for row in steps.indices { steps[row].add(other.steps[row]) }
  }
}

/// Where one run at a time notes what its threads do: how often and how long each step ran and, for a trace, every span of time.
///
/// All memory is taken beforehand. Each thread writes to a lane of its own; lanes are read between runs.
final class Recorder: Sendable {
  /// A span of time on one thread.
  struct Event: Sendable, BitwiseCopyable {
    enum Kind: UInt8, Sendable {
      /// All steps of a run.
      case run
      /// A step as the calling thread sees it.
      case step
      /// One chunk of a kernel.
      case chunk
      /// A share of the rows of a loop, through all its iterations.
      case rows
      /// An iteration of a loop.
      case iteration
    }

    var kind: Kind
    /// The row of the plan, or −1.
    var row: Int32
    /// The number of the run, chunk, share or iteration; of a step the iteration it belongs to, or −1.
    var detail: Int32
    /// Which part of an execution of the step it is; 0 if that is not known.
    var part: Float
    var start: Int64
    var end: Int64
  }

  /// What one thread writes.
  final class Lane: Sendable {
    fileprivate let thread = Atomic<UInt>(0)
    nonisolated(unsafe) let times: UnsafeMutablePointer<StepTimes>
    private nonisolated(unsafe) let events: UnsafeMutablePointer<Event>
    private let eventCapacity: Int
    private nonisolated(unsafe) var eventCount = 0
    private(set) nonisolated(unsafe) var droppedCount = 0
    /// The iteration of the innermost loop that is running, or −1.
    nonisolated(unsafe) var iteration: Int32 = -1

    fileprivate init(rowCount: Int, eventCapacity: Int) {
      times = .allocate(capacity: rowCount)
      times.initialize(repeating: StepTimes(), count: rowCount)
      events = .allocate(capacity: eventCapacity)
      self.eventCapacity = eventCapacity
    }

    deinit {
      times.deallocate()
      events.deallocate()
    }

    /// Whether spans are noted.
    var isTracing: Bool { eventCapacity > 0 }

    /// Takes a place for a span before those within it, so that what is dropped are the last ones; −1 if there is none.
    func open(
      _ kind: Event.Kind, row: Int32, detail: Int32, part: Float = 1, at start: Int64
    ) -> Int {
      guard eventCapacity > 0 else { return -1 }
      guard eventCount < eventCapacity else {
        droppedCount += 1
        return -1
      }
      (events + eventCount).initialize(
        to: Event(kind: kind, row: row, detail: detail, part: part, start: start, end: start))
      eventCount += 1
      return eventCount - 1
    }

    func close(_ event: Int, at end: Int64) {
      if event >= 0 { events[event].end = end }
    }

    /// The spans in the order in which they began.
    var recorded: [Event] { Array(UnsafeBufferPointer(start: events, count: eventCount)) }

    fileprivate func clearTimes(rowCount: Int) {
      times.update(repeating: StepTimes(), count: rowCount)
    }
  }

  /// The calling thread's, then those of workers.
  let lanes: [Lane]
  private let rowCount: Int
  private nonisolated(unsafe) var runs = 0
  private nonisolated(unsafe) var nanoseconds: Int64 = 0
  private nonisolated(unsafe) var sessionNanoseconds: Int64 = 0
  private nonisolated(unsafe) var start: Int64 = 0
  /// The time of the last run, from its first step to its last.
  private(set) nonisolated(unsafe) var lastRunNanoseconds: Int64 = 0
  private nonisolated(unsafe) var runEvent = -1
  private nonisolated(unsafe) var runNumber: Int32 = 0

  /// - Parameters:
  ///   - rowCount: the rows of the plan.
  ///   - threadCount: the threads of the pool, the calling one included.
  ///   - eventCapacity: the most spans that each thread may note; those that come later are counted and dropped.
  init(rowCount: Int, threadCount: Int, eventCapacity: Int = 0) {
    self.rowCount = rowCount
    lanes = (0..<max(threadCount, 1)).map { _ in
      Lane(rowCount: rowCount, eventCapacity: eventCapacity)
    }
  }

  /// The lane of the thread that calls; `nil` if there are more threads than lanes.
  var currentLane: Lane? {
    let this = Self.threadIdentity
    for lane in lanes {
      let owner = lane.thread.load(ordering: .relaxed)
      if owner == this { return lane }
      guard owner == 0 else { continue }
      let (taken, _) = lane.thread.compareExchange(
        expected: 0, desired: this, ordering: .relaxed)
      if taken { return lane }
    }
    return nil
  }

  /// Notes that a run starts, on the thread that calls.
  func begin() {
    lanes[0].thread.store(Self.threadIdentity, ordering: .relaxed)
    start = Self.now
    runEvent = lanes[0].open(.run, row: -1, detail: runNumber, at: start)
    runNumber += 1
  }

  /// Notes that a run ends.
  func end() {
    let end = Self.now
    lanes[0].close(runEvent, at: end)
    runs += 1
    lastRunNanoseconds = end - start
    nanoseconds += lastRunNanoseconds
  }

  /// Adds the time that a run took around its steps.
  func addSession(_ nanoseconds: Int64) { sessionNanoseconds += nanoseconds }

  /// The times of all runs since they were cleared last.
  var times: RunTimes {
    var steps = Array(repeating: StepTimes(), count: rowCount)
    for lane in lanes {
      for row in 0..<rowCount { steps[row].add(lane.times[row]) }
    }
    return RunTimes(
      runs: runs, nanoseconds: nanoseconds, sessionNanoseconds: sessionNanoseconds, steps: steps)
  }

  /// Adds the times since they were cleared last to `total`, and clears them; allocates nothing.
  func move(to total: inout RunTimes) {
    total.runs += runs
    total.nanoseconds += nanoseconds
    total.sessionNanoseconds += sessionNanoseconds
    (runs, nanoseconds, sessionNanoseconds) = (0, 0, 0)
    for lane in lanes {
      for row in 0..<rowCount { total.steps[row].add(lane.times[row]) }
      lane.clearTimes(rowCount: rowCount)
    }
  }

  /// Nanoseconds since some moment in the past.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static var threadIdentity: UInt {
    #if canImport(Glibc)
      UInt(pthread_self())
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }
}
