// The counterparts of what steps do when nobody asks for times.

extension Schedule {
  /// Runs the steps, each timed from the end of the last.
  func runRecorded(_ frame: Frame, _ indices: Range<Int>, _ recorder: Recorder) {
    let lane = recorder.lanes[0]
    var start = Recorder.now
    for index in indices {
      let row: Int32
      let event: Int
      var threads = 1
      var isShared = false
      switch references[index] {
      case .view(let step):
        step.run(frame)
        continue
      case .joint(let step):
        // One after the other, so that each has a time of its own.
        step._withUnsafeGuaranteedRef { $0.members.run(frame) }
        start = Recorder.now
        continue
      case .kernel(let step):
        row = step._withUnsafeGuaranteedRef { $0.row }
        event = lane.open(.step, row: row, detail: lane.iteration, at: start)
        step._withUnsafeGuaranteedRef {
          isShared = $0.chunkCount > 1
          threads = min($0.chunkCount, recorder.lanes.count)
          $0.runRecorded(frame, recorder)
        }
      case .loop(let step):
        row = step._withUnsafeGuaranteedRef { $0.row }
        event = lane.open(.step, row: row, detail: lane.iteration, at: start)
        let outer = lane.iteration
        step._withUnsafeGuaranteedRef {
          isShared = $0.rows != nil
          // Shares of rows count themselves.
          threads = isShared ? 0 : 1
          $0.run(frame)
        }
        lane.iteration = outer
      case .conditional(let step):
        row = step._withUnsafeGuaranteedRef { $0.row }
        event = lane.open(.step, row: row, detail: lane.iteration, at: start)
        step._withUnsafeGuaranteedRef { $0.run(frame) }
      }
      let end = Recorder.now
      lane.close(event, at: end)
      lane.times[Int(row)].count += 1
      lane.times[Int(row)].elapsedNanoseconds += end - start
      lane.times[Int(row)].threads += Int64(threads)
      // What several threads do they note themselves.
      if !isShared { lane.times[Int(row)].threadNanoseconds += end - start }
      start = end
    }
  }
}

/// The chunks of a kernel, each timed on the thread that takes it.
private struct RecordedChunks: Kernel {
  let step: Unmanaged<KernelStep>
  let recorder: Unmanaged<Recorder>

  func run(_ buffers: KernelBuffers, chunk: Int) {
    step._withUnsafeGuaranteedRef { step in
      recorder._withUnsafeGuaranteedRef { recorder in
        let lane = recorder.currentLane
        let start = Recorder.now
        let event = lane?.open(.chunk, row: step.row, detail: Int32(chunk), part: 0, at: start)
        step.kernels.base.pointee.run(buffers, chunk: chunk)
        let end = Recorder.now
        if let lane, let event {
          lane.close(event, at: end)
          lane.times[Int(step.row)].threadNanoseconds += end - start
        }
      }
    }
  }
}

extension KernelStep {
  fileprivate func runRecorded(_ frame: Frame, _ recorder: Recorder) {
    let buffers = buffers(frame)
    if chunkCount == 1 {
      kernels.base.pointee.run(buffers, chunk: 0)
    } else {
      let chunks: any Kernel = RecordedChunks(
        step: .passUnretained(self), recorder: .passUnretained(recorder))
      withUnsafePointer(to: chunks) { chunks in
        frame.pool.run(chunks, buffers, chunkCount: chunkCount)
      }
    }
  }
}

extension Recorder {
  /// Notes on the calling thread that an iteration starts.
  func beginIteration(_ iteration: Int, of row: Int32) -> Int {
    lanes[0].iteration = Int32(truncatingIfNeeded: iteration)
    return lanes[0].open(
      .iteration, row: row, detail: lanes[0].iteration, at: lanes[0].isTracing ? Self.now : 0)
  }

  func endIteration(_ event: Int) {
    if event >= 0 { lanes[0].close(event, at: Self.now) }
  }
}

extension LoopStep {
  /// One share of the rows, through all iterations.
  ///
  /// - Parameters:
  ///   - frame: the addresses of this share.
  ///   - counter: the iteration, as this share's kernels see it.
  func runRecorded(
    _ job: RowJob, _ share: inout RowShare, _ number: Int, _ frame: Frame,
    counter: UnsafeMutableRawPointer, _ recorder: Recorder
  ) {
    guard let rows, let lane = recorder.currentLane else { return }
    let first = Recorder.now
    let total = Float(share.rows.total)
    let whole = lane.open(
      .rows, row: row, detail: Int32(number), part: Float(share.rows.range.count) / total,
      at: first)
    for iteration in 0..<job.limit {
      let detail = Int32(truncatingIfNeeded: iteration)
      let event = lane.open(
        .iteration, row: row, detail: detail, at: lane.isTracing ? Recorder.now : 0)
      prepare(frame, counter, iteration: iteration, job, &share)
      let part = Float(share.live.range.count) / total
      var start = Recorder.now
      for index in rows.entries.indices {
        switch rows.entries[index] {
        case .kernel(let step):
          let row = step._withUnsafeGuaranteedRef { $0.row }
          // One share counts for all.
          if number == 0 { lane.times[Int(row)].count += 1 }
          if number < job.threads { lane.times[Int(row)].threads += 1 }
          if share.live.range.isEmpty { continue }
          let kernel = lane.open(.step, row: row, detail: detail, part: part, at: start)
          step._withUnsafeGuaranteedRef {
            $0.run(frame, rows: share.live.range, share: number)
          }
          let end = Recorder.now
          lane.close(kernel, at: end)
          lane.times[Int(row)].threadNanoseconds += end - start
          start = end
        case .view(let step): step.run(frame)
        }
      }
      finish(frame, iteration: iteration, job, share)
      if event >= 0 { lane.close(event, at: Recorder.now) }
    }
    let last = Recorder.now
    lane.close(whole, at: last)
    if number < job.threads { lane.times[Int(row)].threads += 1 }
    lane.times[Int(row)].threadNanoseconds += last - first
  }
}
