import JacquardArrays

extension Session {
  /// Runs a plan once and returns the fetched arrays.
  ///
  /// - Parameter recorder: what notes the times of this run.
  func collect(
    _ prepared: PreparedPlan, _ fed: [NDArray], order: [Int]? = nil, recorder: Recorder? = nil
  ) throws -> [NDArray] {
    var storages: [ArrayStorage?] = Array(repeating: nil, count: prepared.fetches.count)
    var arrays: [NDArray] = []
    arrays.reserveCapacity(prepared.fetches.count)
    try perform(prepared, fed, order: order, recorder: recorder) { context in
      for (index, fetch) in prepared.fetches.enumerated() {
        guard case .computed(_, let byteCount) = fetch else { continue }
        let storage = try storage(byteCount: byteCount) { "fetch \(index)" }
        storages[index] = storage
        context.bindOutput(index, to: storage.pointer)
      }
    } reading: { context, run in
      for (index, fetch) in prepared.fetches.enumerated() {
        let dtype = prepared.plan.outputs[index].dtype
        switch fetch {
        case .computed(let shape, _):
          arrays.append(NDArray(storage: storages[index]!, dtype: dtype, shape: shape))
        case .growing:
          arrays.append(try copiedOutput(index, of: context, dtype))
        case .feed(let position): arrays.append(fed[order?[position] ?? position])
        case .variable(let snapshot, let shape):
          arrays.append(NDArray(storage: run.snapshots[snapshot]!, dtype: dtype, shape: shape))
        case .constant(let array): arrays.append(array)
        case .duplicate(let first): arrays.append(arrays[first])
        }
      }
    }
    return arrays
  }

  /// Runs a plan once and writes the fetched arrays over `outputs`, in their memory where dtype, shape and ownership allow.
  func collect(
    _ prepared: PreparedPlan, _ fed: [NDArray], order: [Int]?, into outputs: inout [NDArray]
  ) throws {
    let layouts = prepared.layouts
    if outputs.count != layouts.count {
      outputs = layouts.indices.map { .zeros(prepared.plan.outputs[$0].dtype, [0]) }
    }
    try perform(prepared, fed, order: order) { context in
      for index in outputs.indices {
        guard let layout = layouts[index] else { continue }
        if outputs[index].dtype != layout.dtype || outputs[index].shape != layout.shape {
          let storage = try storage(byteCount: layout.byteCount) { "fetch \(index)" }
          outputs[index] = NDArray(storage: storage, dtype: layout.dtype, shape: layout.shape)
        }
        // The address stays valid beyond the call: `outputs` holds the storage until the run is over.
        let pointer = outputs[index].withUnsafeMutableBytes { $0.baseAddress! }
        context.bindOutput(index, to: pointer)
      }
    } reading: { context, _ in
      for index in outputs.indices where layouts[index] == nil {
        outputs[index] = try copiedOutput(index, of: context, prepared.plan.outputs[index].dtype)
      }
    }
  }

  private func copiedOutput(_ index: Int, of context: RunContext, _ dtype: DType) throws -> NDArray
  {
    let shape = context.outputShape(index)
    let bytes = ShapeArithmetic.elementCount(shape) * dtype.byteCount
    let storage = try storage(byteCount: bytes) { "fetch \(index)" }
    storage.pointer.copyMemory(from: context.outputPointer(index), byteCount: bytes)
    return NDArray(storage: storage, dtype: dtype, shape: shape)
  }

  /// Runs a plan once: `binding` binds fetches to memory before, `reading` reads them after, and only then is anything committed.
  private func perform(
    _ prepared: PreparedPlan, _ fed: [NDArray], order: [Int]?, recorder: Recorder? = nil,
    binding: (RunContext) throws -> Void, reading: (RunContext, RunBindings) throws -> Void
  ) throws {
    if prepared.needs.commits.isEmpty {
      try performOnce(prepared, fed, order, recorder, binding, reading)
    } else {
      try assignments.withLock { try performOnce(prepared, fed, order, recorder, binding, reading) }
    }
  }

  private func performOnce(
    _ prepared: PreparedPlan, _ fed: [NDArray], _ order: [Int]?, _ recorder: Recorder?,
    _ binding: (RunContext) throws -> Void, _ reading: (RunContext, RunBindings) throws -> Void
  ) throws {
    let isTimed = recorder != nil || options.isProfiling
    let start = isTimed ? Recorder.now : 0
    let plan = prepared.plan
    let needs = prepared.needs
    let context = try leaseContext(of: plan)
    defer { plan.returnContext(context) }
    let run = prepared.leaseBindings()
    defer { prepared.returnBindings(run) }
    guard store.begin(needs, run) else { throw uninitialized(needs.reads) }
    var isCommitted = false
    defer { if !isCommitted { store.abandon(needs, run) } }

    for (index, commit) in needs.commits.enumerated() where !commit.isUpdate {
      if run.pending[index] == nil { run.pending[index] = try storage(of: commit) }
      context.bindCommit(index, to: run.pending[index]!.pointer)
    }
    for commit in needs.rowCommits {
      let changed = try run.startRows(commit) { bytes in
        try storage(byteCount: bytes) { "changed rows" }
      }
      context.bindOutput(commit.output, to: changed)
    }
    for (index, input) in prepared.inputs.enumerated() {
      switch input {
      case .feed(let position):
        let array = fed[order?[position] ?? position]
        context.bindInput(index, to: array.storage.pointer + array.byteOffset)
      case .variable(let snapshot):
        context.bindInput(index, to: run.snapshots[snapshot]!.pointer)
      case .pending(let commit): context.bindInput(index, to: run.pending[commit]!.pointer)
      case .drawCounter(let place): context.bindInput(index, to: run.draws + place)
      case .unused: break
      }
    }
    try binding(context)
    try withExtendedLifetime(fed) {
      do throws(RunFailureError) {
        try plan.executeUntilUpdates(context, pool: pool, recorder: recorder)
      } catch {
        throw sessionError(error.failure)
      }
      if needs.updates.isEmpty {
        plan.executeUpdates(context, pool: pool, recorder: recorder)
        try reading(context, run)
        store.commit(needs, run)
      } else {
        // What may yet throw comes first.
        try reading(context, run)
        try store.update(
          needs, run, allocate: { try storage(of: needs.commits[$0]) },
          bind: { context.bindUpdate($0, to: $1) },
          body: { plan.executeUpdates(context, pool: pool, recorder: recorder) })
      }
    }
    isCommitted = true
    guard isTimed else { return }
    let total = Recorder.now - start
    if let recorder {
      recorder.addSession(total - recorder.lastRunNanoseconds)
    } else {
      plan.addSessionTime(total: total, of: context)
    }
  }

  private func leaseContext(of plan: Plan) throws -> RunContext {
    do { return try plan.leaseContext() } catch let error as PlanError { throw sessionError(error) }
  }

  private func storage(
    of commit: (variable: Int, byteCount: Int, isUpdate: Bool)
  ) throws -> ArrayStorage {
    try storage(byteCount: commit.byteCount) {
      graph.read { $0.variables[commit.variable].name }
    }
  }

  private func storage(byteCount: Int, name: () -> String) throws -> ArrayStorage {
    do { return try ArrayStorage.allocate(byteCount: byteCount) } catch {
      throw SessionError.arrayAllocation(name: name(), bytes: byteCount)
    }
  }
}
