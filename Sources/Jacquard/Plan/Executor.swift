/// Steps in the order they run in.
struct Schedule: ~Copyable, Sendable {
  /// A step without a share in it: running it counts no references.
  enum Reference: Sendable {
    case kernel(Unmanaged<KernelStep>)
    case view(ViewStep)
    case loop(Unmanaged<LoopStep>)
    case conditional(Unmanaged<ConditionalStep>)

    init(_ step: Step) {
      switch step {
      case .kernel(let step): self = .kernel(.passUnretained(step))
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

  func run(_ frame: Frame) {
    if let recorder = frame.recorder { return runRecorded(frame, recorder) }
    for index in references.indices {
      switch references[index] {
      case .kernel(let step): step._withUnsafeGuaranteedRef { $0.run(frame) }
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
    let own = recorder == nil && options.profile ? context.recorder(threads: pool.threadCount) : nil
    let recorder = recorder ?? own
    recorder?.begin()
    context.begin()
    schedule.run(
      Frame(
        pointers: context.pointers, blocks: context.blocks, context: context,
        status: context.status, pool: pool, recorder: recorder))
    recorder?.end()
    if let own { collectTimes(of: own) }
    if let failure = context.status.hasFailed ? context.status.firstFailure : nil {
      throw RunFailureError(failure)
    }
    context.copyBoundOutputs()
  }
}
