import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that help with the chunks of one kernel at a time.
///
/// Idle workers spin for a moment, then sleep. While one run has the pool, kernels of other runs do all their chunks on
/// their own thread; results are the same either way.
final class WorkerPool: Sendable {
  /// How many threads work on a kernel, the calling one included.
  let threadCount: Int

  private let crew: Crew
  private let threads: [pthread_t]

  /// A pool of `threads` threads, one of which is whoever calls; fewer if the system gives no more.
  init(threads count: Int) {
    let crew = Crew(places: max(count, 1))
    var threads: [pthread_t] = []
    for place in 1..<max(count, 1) {
      guard let thread = crew.hire(place: place) else { break }
      threads.append(thread)
    }
    self.crew = crew
    self.threads = threads
    threadCount = threads.count + 1
  }

  deinit {
    crew.dismiss(count: threads.count)
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Runs every chunk of `kernel`, and returns when all are done.
  ///
  /// The kernel comes by address: taken by value it would be copied to a box for each call.
  func run(_ kernel: UnsafePointer<any Kernel>, _ buffers: KernelBuffers, chunkCount: Int) {
    if threadCount > 1 && chunkCount > 1 && crew.tryAcquire() {
      crew.run(kernel, buffers, chunkCount: chunkCount)
      crew.release()
    } else {
      for chunk in 0..<chunkCount { kernel.pointee.run(buffers, chunk: chunk) }
    }
  }
}

/// What the threads of a pool share.
///
/// Each thread has a place, the caller the first, and of every job as many consecutive chunks: what a thread has written in one
/// kernel it mostly finds in its cache in the next. Only when none of its own are left does it take those of others.
///
/// The job is written only while no chunk of it is left to take or running; taking a chunk is what gives the right to read it.
private final class Crew: Sendable {
  private struct Job {
    var kernel: UnsafePointer<any Kernel>
    var buffers: KernelBuffers
    var chunkCount: Int
  }

  /// The chunks of one place that nobody has taken yet, with a pair of cache lines to itself.
  private struct Place: ~Copyable {
    let remaining = Atomic<Int>(0)
    private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
    private let more: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
  }

  /// How long an idle worker looks for chunks before it sleeps: longer than what one thread mostly does alone between two
  /// kernels that are cut. To be woken takes tens of microseconds.
  private static let spinNanoseconds: Int64 = 200_000
  /// How often it looks between two looks at the clock.
  private static let looksPerClock = 256
  /// How often a caller looks whether the last chunks are done before it gives up its processor.
  private static let patience = 20_000

  private let isBusy = Atomic<Bool>(false)
  private let isDismissed = Atomic<Bool>(false)
  private let completed = Atomic<Int>(0)
  /// Workers that sleep, or are about to, and that nobody has woken yet.
  private let sleepers = Atomic<Int>(0)
  private nonisolated(unsafe) let job = UnsafeMutablePointer<Job>.allocate(capacity: 1)
  private nonisolated(unsafe) let wakeUps = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let places: UnsafeMutablePointer<Place>
  private let placeCount: Int

  init(places count: Int) {
    places = .allocate(capacity: count)
    for place in 0..<count { (places + place).initialize(to: Place()) }
    placeCount = count
    wakeUps.initialize(to: sem_t())
    sem_init(wakeUps, 0, 0)
  }

  deinit {
    sem_destroy(wakeUps)
    wakeUps.deallocate()
    job.deallocate()
    places.deinitialize(count: placeCount)
    places.deallocate()
  }

  /// Starts a worker thread.
  func hire(place: Int) -> pthread_t? {
    var thread = pthread_t()
    let worker = Unmanaged.passRetained(Worker(crew: self, place: place))
    let failure = pthread_create(&thread, nil, workerMain, worker.toOpaque())
    guard failure == 0 else {
      worker.release()
      return nil
    }
    return thread
  }

  /// Makes `count` workers return from their threads.
  func dismiss(count: Int) {
    isDismissed.store(true, ordering: .sequentiallyConsistent)
    for _ in 0..<count { sem_post(wakeUps) }
  }

  func tryAcquire() -> Bool {
    isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
  }

  func release() { isBusy.store(false, ordering: .releasing) }

  func run(_ kernel: UnsafePointer<any Kernel>, _ buffers: KernelBuffers, chunkCount: Int) {
    job.initialize(to: Job(kernel: kernel, buffers: buffers, chunkCount: chunkCount))
    completed.store(0, ordering: .relaxed)
    // The caller's last: who looks for chunks now has its own before.
    for place in (0..<placeCount).reversed() {
      let count = firstChunk(place + 1, of: chunkCount) - firstChunk(place, of: chunkCount)
      places[place].remaining.store(count, ordering: .sequentiallyConsistent)
    }
    wakeSleepers(atMost: chunkCount - 1)
    while takeChunk(place: 0) {}
    var looks = 0
    while completed.load(ordering: .acquiring) < chunkCount {
      looks += 1
      if looks > Self.patience { sched_yield() }
    }
    job.deinitialize(count: 1)
  }

  /// The caller, who begins at once, has no fewer than others.
  private func firstChunk(_ place: Int, of chunkCount: Int) -> Int {
    (chunkCount * place + placeCount - 1) / placeCount
  }

  /// Runs a chunk, if any is left, rather one of `place` than of others.
  private func takeChunk(place: Int) -> Bool {
    for other in 0..<placeCount {
      let owner = place + other < placeCount ? place + other : place + other - placeCount
      var left = places[owner].remaining.load(ordering: .relaxed)
      while left > 0 {
        let (taken, current) = places[owner].remaining.weakCompareExchange(
          expected: left, desired: left - 1, ordering: .acquiring)
        guard taken else {
          left = current
          continue
        }
        let chunk = firstChunk(owner + 1, of: job.pointee.chunkCount) - left
        job.pointee.kernel.pointee.run(job.pointee.buffers, chunk: chunk)
        completed.add(1, ordering: .acquiringAndReleasing)
        return true
      }
    }
    return false
  }

  private func wakeSleepers(atMost count: Int) {
    for _ in 0..<count {
      guard tryRemoveSleeper() else { return }
      sem_post(wakeUps)
    }
  }

  private func tryRemoveSleeper() -> Bool {
    var count = sleepers.load(ordering: .sequentiallyConsistent)
    while count > 0 {
      let (removed, current) = sleepers.weakCompareExchange(
        expected: count, desired: count - 1, ordering: .sequentiallyConsistent)
      if removed { return true }
      count = current
    }
    return false
  }

  func work(place: Int) {
    while !isDismissed.load(ordering: .relaxed) {
      takeChunksForAWhile(place: place)
      sleep()
    }
  }

  /// Runs chunks until there have been none for a while.
  private func takeChunksForAWhile(place: Int) {
    var idleSince = Recorder.now
    var now = idleSince
    while now - idleSince < Self.spinNanoseconds {
      var hasWorked = false
      for _ in 0..<Self.looksPerClock where takeChunk(place: place) { hasWorked = true }
      now = Recorder.now
      if hasWorked { idleSince = now }
    }
  }

  /// Sleeps until there are chunks to take, or nothing more to do at all.
  private func sleep() {
    sleepers.add(1, ordering: .sequentiallyConsistent)
    let isNeeded =
      (0..<placeCount).contains {
        places[$0].remaining.load(ordering: .sequentiallyConsistent) > 0
      } || isDismissed.load(ordering: .sequentiallyConsistent)
    // Whoever took this worker off the list has posted for it, and the post must be consumed.
    if isNeeded && tryRemoveSleeper() { return }
    while sem_wait(wakeUps) != 0 {}
  }
}

/// What a thread is started with.
private final class Worker: Sendable {
  let crew: Crew
  let place: Int

  init(crew: Crew, place: Int) {
    self.crew = crew
    self.place = place
  }
}

private func workerMain(_ worker: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let worker else { return nil }
  let retained = Unmanaged<Worker>.fromOpaque(worker).takeRetainedValue()
  retained.crew.work(place: retained.place)
  return nil
}
