import JacquardArrays
import Synchronization

/// Which run is asked for, as integers: fetches, operations, fed values, their element types and shapes.
struct RunSignature: Hashable, Sendable {
  private let words: [Int]

  init(_ fetches: FetchList, _ feeds: ResolvedFeeds) {
    var words: [Int] = []
    words.reserveCapacity(
      2 + fetches.tensors.count + fetches.operations.count + 6 * feeds.ids.count)
    words.append(fetches.tensors.count)
    for tensor in fetches.tensors { words.append(tensor.id.index) }
    words.append(fetches.operations.count)
    for operation in fetches.operations { words.append(operation.id.index) }
    for (id, array) in zip(feeds.ids, feeds.arrays) {
      words.append(id.index)
      words.append(Int(array.dtype.rawValue))
      words.append(array.rank)
      words.append(contentsOf: array.shape)
    }
    self.words = words
  }
}

/// The plans a session keeps, the least recently used dropped first; bounded by their number and by their bytes.
final class PlanCache: Sendable {
  private struct State {
    /// Looked up by key only.
    var variants: [RunSignature: [PreparedPlan]] = [:]
    var order: [(signature: RunSignature, plan: PreparedPlan)] = []
  }

  private let countLimit: Int
  private let byteLimit: Int
  private let state = Mutex(State())
  private let clock = Atomic<Int>(0)

  init(countLimit: Int, byteLimit: Int) {
    self.countLimit = countLimit
    self.byteLimit = byteLimit
  }

  /// The number of plans kept.
  var count: Int { state.withLock { $0.order.count } }

  /// The plan for `signature` and the fed arrays, if it is kept.
  func plan(for signature: RunSignature, _ arrays: [NDArray]) -> PreparedPlan? {
    let found = state.withLock { $0.variants[signature]?.first { $0.accepts(arrays) } }
    if let found { touch(found) }
    return found
  }

  /// Notes that a plan is used.
  func touch(_ plan: PreparedPlan) {
    let time = clock.add(1, ordering: .relaxed).newValue
    plan.lastUse.store(time, ordering: .relaxed)
  }

  /// Keeps `plan`, or hands out the one that was kept for the same run meanwhile.
  func insert(_ plan: PreparedPlan, for signature: RunSignature, _ arrays: [NDArray])
    -> PreparedPlan
  {
    touch(plan)
    return state.withLock { state in
      if let known = state.variants[signature]?.first(where: { $0.accepts(arrays) }) {
        return known
      }
      state.variants[signature, default: []].append(plan)
      state.order.append((signature, plan))
      evict(from: &state, keeping: plan)
      return plan
    }
  }

  private func evict(from state: inout State, keeping newest: PreparedPlan) {
    var bytes = state.order.reduce(0) { $0 + $1.plan.retainedByteCount }
    while state.order.count > 1 && (state.order.count > countLimit || bytes > byteLimit) {
      let oldest = state.order.indices
        .filter { state.order[$0].plan !== newest }
        .min { Self.lastUse(state.order[$0].plan) < Self.lastUse(state.order[$1].plan) }
      guard let oldest else { return }
      let (signature, plan) = state.order.remove(at: oldest)
      bytes -= plan.retainedByteCount
      state.variants[signature]?.removeAll { $0 === plan }
      if state.variants[signature]?.isEmpty == true { state.variants[signature] = nil }
    }
  }

  private static func lastUse(_ plan: PreparedPlan) -> Int { plan.lastUse.load(ordering: .relaxed) }
}
