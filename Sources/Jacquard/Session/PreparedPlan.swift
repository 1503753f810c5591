import JacquardArrays
import Synchronization

/// A plan, and how its inputs and outputs meet a session: feeds, variables, draw counters and fetched arrays.
final class PreparedPlan: Sendable {
  /// What root parameter `index` is bound to.
  enum Input: Sendable {
    /// The array fed at this place, feeds in order of ascending value.
    case feed(Int)
    /// The snapshot at this place of the run's bindings.
    case variable(Int)
    /// The draw count at this place of the run's bindings.
    case drawCounter(Int)
    /// The memory of the commit at this place.
    case pending(commit: Int)
    /// Nothing: only its shape mattered.
    case unused
  }

  /// Where a fetched array comes from.
  enum Fetch: Sendable {
    /// From a kernel, in memory of its own.
    case computed(shape: [Int], byteCount: Int)
    /// From a stack of which only the run knows the length.
    case growing
    /// An array that was fed, shared.
    case feed(Int)
    /// A variable's value as of the start of the run, shared.
    case variable(Int, shape: [Int])
    /// A constant, shared.
    case constant(NDArray)
    /// Another fetch, shared.
    case duplicate(of: Int)
  }

  /// A dtype and a full shape, worked out beforehand.
  struct Layout: Sendable {
    var dtype: DType
    var shape: [Int]
    var byteCount: Int
  }

  let plan: Plan
  let needs: StoreNeeds
  let inputs: [Input]
  let fetches: [Fetch]
  /// The layout of each fetched array; `nil` where only the run knows its length.
  let layouts: [Layout?]
  /// The fed elements this plan is specialised to.
  let decidingFeeds: [(position: Int, array: NDArray)]
  /// When it was last used, in uses of its cache.
  let lastUse = Atomic<Int>(0)

  private let idleBindings = Mutex<[RunBindings]>([])
  private static let idleBindingsLimit = 4

  init(
    _ plan: Plan, _ program: Program, feeds: ResolvedFeeds, shapeDecidingFeeds: [ValueID],
    store: VariableStore
  ) {
    self.plan = plan
    decidingFeeds = shapeDecidingFeeds.compactMap { id in
      feeds.position(of: id).map { ($0, feeds.arrays[$0]) }
    }
    var needs = StoreNeeds()
    var inputs: [Input] = []
    let used = program.usedRootParameters()
    for (index, source) in program.inputs.enumerated() {
      guard used[index] else {
        inputs.append(.unused)
        continue
      }
      switch source {
      case .feed(let id): inputs.append(feeds.position(of: id).map { .feed($0) } ?? .unused)
      case .variable(let id): inputs.append(.variable(needs.read(id.index)))
      case .pending(let id):
        inputs.append(.pending(commit: plan.commits.firstIndex(of: id)!))
      case .drawCounter(let key):
        inputs.append(.drawCounter(needs.counters.count))
        needs.counters.append(store.counterIndex(for: key))
      }
    }
    for (index, id) in plan.commits.enumerated() {
      let type = plan.outputs[plan.fetchCount + index]
      needs.commits.append((id.index, type.byteCount ?? 0, false))
    }
    for update in plan.layout.updates {
      guard case .variable(let read) = inputs[update.input] else { continue }
      needs.updates.append(StoreNeeds.Update(commit: update.commit, read: read))
      needs.commits[update.commit].isUpdate = true
    }
    for (index, commit) in plan.rowCommits.enumerated() {
      let (variable, byteCount, _) = needs.commits[commit]
      let output = plan.fetchCount + plan.commits.count + index
      let rows = plan.outputs[plan.fetchCount + commit].shape.known?.first ?? 0
      needs.rowCommits.append(
        StoreNeeds.RowCommit(
          commit: commit, read: needs.read(variable), output: output,
          rowByteCount: byteCount / max(rows, 1), indices: plan.outputs[output]))
    }
    self.needs = needs
    self.inputs = inputs
    fetches = (0..<plan.fetchCount).map { Self.fetch($0, plan, program, inputs) }
    layouts = plan.outputs.prefix(plan.fetchCount).map { type in
      guard let shape = type.shape.known, let bytes = type.byteCount else { return nil }
      return Layout(dtype: type.dtype, shape: shape, byteCount: bytes)
    }
  }

  private static func fetch(_ index: Int, _ plan: Plan, _ program: Program, _ inputs: [Input])
    -> Fetch
  {
    let value = program.root.results[index]
    let first = program.root.results.firstIndex(of: value) ?? index
    if first < index { return .duplicate(of: first) }
    if let constant = program.constant(value) { return .constant(constant) }
    guard let shape = plan.outputs[index].shape.known, let bytes = plan.outputs[index].byteCount
    else { return .growing }
    if let parameter = program.root.parameters.firstIndex(of: value) {
      switch inputs[parameter] {
      case .feed(let position): return .feed(position)
      case .variable(let snapshot): return .variable(snapshot, shape: shape)
      case .drawCounter, .pending, .unused: break
      }
    }
    return .computed(shape: shape, byteCount: bytes)
  }

  /// Whether `arrays`, in the order of the feeds, have the elements this plan is specialised to.
  func accepts(_ arrays: [NDArray], order: [Int]? = nil) -> Bool {
    for (position, array) in decidingFeeds where arrays[order?[position] ?? position] != array {
      return false
    }
    return true
  }

  /// The bytes kept between runs, taking at least one arena for granted.
  var retainedByteCount: Int { max(plan.retainedByteCount, plan.arenaByteCount) }

  func leaseBindings() -> RunBindings {
    idleBindings.withLock { $0.popLast() } ?? RunBindings(needs)
  }

  func returnBindings(_ run: RunBindings) {
    run.clear()
    idleBindings.withLock {
      if $0.count < Self.idleBindingsLimit { $0.append(run) }
    }
  }
}

extension Program {
  /// Which root parameters are more than a shape to some node, or are results.
  fileprivate func usedRootParameters() -> [Bool] {
    var used = [Bool](repeating: false, count: values.count)
    for result in root.results { used[Int(result.index)] = true }
    for node in root.nodes {
      for (index, operand) in node.operands.enumerated()
      where node.op.usesElements(ofOperand: index) {
        used[Int(operand.index)] = true
      }
    }
    return root.parameters.map { used[Int($0.index)] }
  }
}
