/// Steps in the order they run in.
struct Schedule: ~Copyable, Sendable {
  /// A step without a share in it: running it counts no references.
  enum Reference: Sendable {
    case kernel(Unmanaged<KernelStep>)
    case joint(Unmanaged<JointStep>)
    case view(ViewStep)
    case loop(Unmanaged<LoopStep>)
    case conditional(Unmanaged<ConditionalStep>)

    init(_ step: Step) {
      switch step {
      case .kernel(let step): self = .kernel(.passUnretained(step))
      case .joint(let step): self = .joint(.passUnretained(step))
      case .view(let step): self = .view(step)
      case .loop(let step): self = .loop(.passUnretained(step))
      case .conditional(let step): self = .conditional(.passUnretained(step))
      }
    }
  }

  let steps: [Step]
  let references: Table<Reference>

  init(_ steps: [Step]) {
    self.steps = steps
    references = Table(steps.map { Reference($0) })
  }

  func run(_ frame: Frame) { run(frame, references.indices) }

  func run(_ frame: Frame, _ indices: Range<Int>) {
    if let recorder = frame.recorder { return runRecorded(frame, indices, recorder) }
    for index in indices {
      switch references[index] {
      case .kernel(let step): step._withUnsafeGuaranteedRef { $0.run(frame) }
      case .joint(let step): step._withUnsafeGuaranteedRef { $0.run(frame) }
      case .view(let step): step.run(frame)
      case .loop(let step): step._withUnsafeGuaranteedRef { $0.run(frame) }
      case .conditional(let step): step._withUnsafeGuaranteedRef { $0.run(frame) }
      }
    }
  }
}

extension Plan {
  /// Runs every step once, on this thread and those of `pool`.
  ///
  /// - Parameter recorder: what notes the times of this run; by default one of the plan's own if it is to profile, else none.
  /// - Throws: ``RunFailureError`` if a kernel found something wrong; outputs are then meaningless.
  func execute(
    _ context: RunContext, pool: WorkerPool, recorder: Recorder? = nil
  ) throws(RunFailureError) {
    try executeUntilUpdates(context, pool: pool, recorder: recorder)
    executeUpdates(context, pool: pool, recorder: recorder)
  }

  /// Runs the steps before the first that may write over a variable; all if there is none.
  ///
  /// - Throws: ``RunFailureError`` if a kernel found something wrong.
  func executeUntilUpdates(
    _ context: RunContext, pool: WorkerPool, recorder: Recorder? = nil
  ) throws(RunFailureError) {
    let own = ownRecorder(context, pool, besides: recorder)
    (recorder ?? own)?.begin()
    context.begin()
    run(0..<layout.updateStep, context, pool, recorder ?? own)
    guard context.status.hasFailed, let failure = context.status.firstFailure else { return }
    (recorder ?? own)?.end()
    if let own { collectTimes(of: own) }
    throw RunFailureError(failure)
  }

  /// Runs the rest, which cannot fail, and completes the outputs.
  func executeUpdates(_ context: RunContext, pool: WorkerPool, recorder: Recorder? = nil) {
    let own = ownRecorder(context, pool, besides: recorder)
    run(layout.updateStep..<schedule.steps.count, context, pool, recorder ?? own)
    (recorder ?? own)?.end()
    if let own { collectTimes(of: own) }
    context.copyBoundOutputs()
  }

  private func ownRecorder(
    _ context: RunContext, _ pool: WorkerPool, besides recorder: Recorder?
  ) -> Recorder? {
    recorder == nil && options.profile ? context.recorder(threads: pool.threadCount) : nil
  }

  private func run(
    _ indices: Range<Int>, _ context: RunContext, _ pool: WorkerPool, _ recorder: Recorder?
  ) {
    schedule.run(
      Frame(
        pointers: context.pointers, blocks: context.blocks, context: context,
        status: context.status, pool: pool, recorder: recorder), indices)
  }
}
