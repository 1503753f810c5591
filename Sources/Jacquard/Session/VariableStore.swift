import JacquardArrays
import Synchronization

/// The values of a session's variables, and how often its random streams have been drawn from.
///
/// A run takes snapshots by retaining storage, writes new values into buffers of its own, and swaps all of them in
/// at its end. The buffer a swap has put aside is written again by the next run, unless a reader or a fetched array still
/// holds it. Where it can no longer fail, it writes over the values themselves that nobody else holds
/// (``update(_:_:allocate:bind:body:)``).
final class VariableStore: Sendable {
  private struct Slot {
    /// The committed value; `nil` while uninitialised.
    var current: ArrayStorage?
    /// A buffer for the next value.
    var spare: ArrayStorage?
    /// The rows in which the spare buffer differs from the committed value; `nil` if it may differ in all.
    var difference: ChangedRows?

    /// The committed value, if nobody else can see it.
    mutating func unsharedValue(byteCount: Int) -> ArrayStorage? {
      guard isKnownUniquelyReferenced(&current), let current, !current.isWrapped,
        current.byteCount == byteCount
      else { return nil }
      return current
    }

    /// The spare buffer, if nobody else can see it, and the rows in which it differs.
    mutating func takeSpare(
      byteCount: Int
    ) -> (buffer: ArrayStorage, difference: ChangedRows?)? {
      let difference = difference.take()
      guard spare != nil else { return nil }
      let isFree = isKnownUniquelyReferenced(&spare)
      let candidate = spare.take()
      guard isFree, let candidate, !candidate.isWrapped, candidate.byteCount == byteCount else {
        return nil
      }
      return (candidate, difference)
    }
  }

  private struct DrawCounter {
    var key: UInt64
    /// What the next run starts with: distinct for runs at the same time.
    var next: Int64 = 0
    /// What is saved: the draws of committed runs.
    var committed: Int64 = 0
  }

  private struct State {
    var slots: [Slot] = []
    var counters: [DrawCounter] = []
    /// Looked up by key only.
    var counterIndices: [UInt64: Int] = [:]

    mutating func grow(toInclude variable: Int) {
      while slots.count <= variable { slots.append(Slot()) }
    }

    /// Swaps in what is pending; of other commits the values have been written over.
    mutating func commit(_ needs: StoreNeeds, _ run: RunBindings) {
      for (index, commit) in needs.commits.enumerated() {
        slots[commit.variable].difference = run.changes[index].take()
        guard let pending = run.pending[index].take() else { continue }
        slots[commit.variable].spare = slots[commit.variable].current
        slots[commit.variable].current = pending
      }
      for (index, counter) in needs.counters.enumerated() {
        counters[counter].committed = max(counters[counter].committed, run.draws[index] + 1)
      }
    }

    mutating func counterIndex(for key: UInt64) -> Int {
      if let known = counterIndices[key] { return known }
      counters.append(DrawCounter(key: key))
      counterIndices[key] = counters.count - 1
      return counters.count - 1
    }
  }

  private let state = Mutex(State())

  /// The index of the counter of random stream `key`.
  func counterIndex(for key: UInt64) -> Int { state.withLock { $0.counterIndex(for: key) } }

  /// Takes what a run needs, all as of one moment: snapshots, draw counts and spare buffers.
  ///
  /// - Returns: whether every variable that is read has a value; if not, nothing is taken.
  func begin(_ needs: StoreNeeds, _ run: RunBindings) -> Bool {
    state.withLock { state in
      for variable in needs.reads {
        guard variable < state.slots.count, state.slots[variable].current != nil else {
          return false
        }
      }
      for (index, variable) in needs.reads.enumerated() {
        run.snapshots[index] = state.slots[variable].current
      }
      for (index, counter) in needs.counters.enumerated() {
        run.draws[index] = state.counters[counter].next
        state.counters[counter].next += 1
      }
      for (index, commit) in needs.commits.enumerated() where !commit.isUpdate {
        state.grow(toInclude: commit.variable)
        let spare = state.slots[commit.variable].takeSpare(byteCount: commit.byteCount)
        run.pending[index] = spare?.buffer
        run.differences[index] = spare?.difference
      }
      return true
    }
  }

  /// Makes the pending values of a run the current ones, all at once.
  func commit(_ needs: StoreNeeds, _ run: RunBindings) {
    state.withLock { $0.commit(needs, run) }
  }

  /// Has a run that can no longer fail write its new values, over the old ones where nobody else holds these, and makes them
  /// the current ones, all at once: whoever wants to see variables waits.
  ///
  /// - Parameters:
  ///   - allocate: makes storage for a commit whose old value somebody holds.
  ///   - bind: has a commit written to memory.
  ///   - body: runs the kernels.
  func update(
    _ needs: StoreNeeds, _ run: RunBindings, allocate: (Int) throws -> ArrayStorage,
    bind: (Int, UnsafeMutableRawPointer) -> Void, body: () -> Void
  ) throws {
    try state.withLock { state in
      for update in needs.updates {
        run.snapshots[update.read] = nil
        let (variable, byteCount, _) = needs.commits[update.commit]
        if let value = state.slots[variable].unsharedValue(byteCount: byteCount) {
          bind(update.commit, value.pointer)
        } else {
          let buffer =
            try state.slots[variable].takeSpare(byteCount: byteCount)?.buffer
            ?? allocate(update.commit)
          run.pending[update.commit] = buffer
          bind(update.commit, buffer.pointer)
        }
      }
      body()
      state.commit(needs, run)
    }
  }

  /// Drops the pending values of a run that has failed, and gives its draws back unless a later run has drawn already.
  func abandon(_ needs: StoreNeeds, _ run: RunBindings) {
    state.withLock { state in
      for (index, commit) in needs.commits.enumerated() {
        guard let buffer = run.pending[index].take() else { continue }
        state.slots[commit.variable].spare = buffer
      }
      for (index, counter) in needs.counters.enumerated()
      where state.counters[counter].next == run.draws[index] + 1 {
        state.counters[counter].next = run.draws[index]
      }
    }
  }

  /// Which of `variables` have no value.
  func uninitialized(among variables: [Int]) -> [Int] {
    state.withLock { state in
      variables.filter { $0 >= state.slots.count || state.slots[$0].current == nil }
    }
  }

  /// The storage of one variable's value; `nil` while uninitialised.
  func current(_ variable: Int) -> ArrayStorage? {
    state.withLock { variable < $0.slots.count ? $0.slots[variable].current : nil }
  }

  /// The values of variables 0..<`count`, and the draw counts by ascending key, all as of one moment.
  func snapshot(count: Int) -> (values: [ArrayStorage?], draws: [(key: UInt64, count: Int64)]) {
    state.withLock { state in
      let values = (0..<count).map { $0 < state.slots.count ? state.slots[$0].current : nil }
      let draws = state.counters.map { ($0.key, $0.committed) }.sorted { $0.0 < $1.0 }
      return (values, draws)
    }
  }

  /// Gives variables new values and random streams new draw counts, all at once.
  func replace(
    _ values: [(variable: Int, storage: ArrayStorage)], draws: [(key: UInt64, count: Int64)] = []
  ) {
    state.withLock { state in
      for (variable, storage) in values {
        state.grow(toInclude: variable)
        state.slots[variable].spare = state.slots[variable].current
        state.slots[variable].current = storage
        state.slots[variable].difference = nil
      }
      for (key, count) in draws {
        let index = state.counterIndex(for: key)
        state.counters[index].next = count
        state.counters[index].committed = count
      }
    }
  }
}

/// What the runs of one plan take from the store.
struct StoreNeeds: Sendable {
  /// The variables read, by index.
  var reads: [Int] = []
  /// The draw counters read, by index in the store.
  var counters: [Int] = []
  /// The variables assigned, in the order of the plan's commits.
  var commits: [(variable: Int, byteCount: Int, isUpdate: Bool)] = []
  /// The commits that are written over the old value if nobody else holds that.
  var updates: [Update] = []
  /// The commits that change some rows only.
  var rowCommits: [RowCommit] = []

  /// A commit that is written over the old value if nobody else holds that.
  struct Update: Sendable {
    /// Its place among the commits.
    var commit: Int
    /// The place of the variable among the reads.
    var read: Int
  }

  /// A commit that changes some rows only.
  struct RowCommit: Sendable {
    /// Its place among the commits.
    var commit: Int
    /// The place of the variable among the reads.
    var read: Int
    /// The output of the plan with the indices of the rows.
    var output: Int
    var rowByteCount: Int
    /// The type of the indices.
    var indices: TensorType
  }

  /// The place of a variable among the reads.
  mutating func read(_ variable: Int) -> Int {
    if let known = reads.firstIndex(of: variable) { return known }
    reads.append(variable)
    return reads.count - 1
  }
}

/// What one run holds of the store; made once and used by one run after another.
final class RunBindings: Sendable {
  // Written by the one run that has leased this object.
  nonisolated(unsafe) var snapshots: [ArrayStorage?]
  nonisolated(unsafe) var pending: [ArrayStorage?]
  /// For each commit the rows in which its buffer differs from the value at the start, if it is known to be in no others.
  nonisolated(unsafe) var differences: [ChangedRows?]
  /// For each commit the rows that the run changes, if it changes no others.
  nonisolated(unsafe) var changes: [ChangedRows?]
  nonisolated(unsafe) let draws: UnsafeMutablePointer<Int64>

  init(_ needs: StoreNeeds) {
    snapshots = Array(repeating: nil, count: needs.reads.count)
    pending = Array(repeating: nil, count: needs.commits.count)
    differences = Array(repeating: nil, count: needs.commits.count)
    changes = Array(repeating: nil, count: needs.commits.count)
    draws = .allocate(capacity: max(needs.counters.count, 1))
    draws.initialize(repeating: 0, count: max(needs.counters.count, 1))
  }

  deinit { draws.deallocate() }

  /// Lets go of everything held.
  func clear() {
    for index in snapshots.indices { snapshots[index] = nil }
    for index in pending.indices {
      pending[index] = nil
      differences[index] = nil
      changes[index] = nil
    }
  }
}
