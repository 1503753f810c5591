/// How long the repetitions of a run took, in milliseconds.
struct Timings: Encodable {
  var repetitions: Int
  var medianMilliseconds: Double
  var minimumMilliseconds: Double
  var p95Milliseconds: Double

  /// Repeats `run` for as long and as often as `options` say, and a few times before to warm up.
  ///
  /// - Parameters:
  ///   - group: how many runs are timed at once, for those that take hardly longer than to read the clock.
  ///   - parts: how many equal parts of a run the times are of.
  init(
    _ options: RunOptions, group: Int = 1, parts: Int = 1, _ run: () throws -> Void
  ) rethrows {
    let clock = ContinuousClock()
    let least = Duration.seconds(options.seconds)
    let warmUpEnd = clock.now + least / 10
    for _ in 0..<100 {
      try run()
      if clock.now > warmUpEnd { break }
    }
    var durations: [Duration] = []
    durations.reserveCapacity(options.repetitions)
    let end = clock.now + least
    while durations.count < options.repetitions || clock.now < end {
      durations.append(try clock.measure { for _ in 0..<group { try run() } })
    }
    durations.sort()
    let count = durations.count
    func milliseconds(_ index: Int) -> Double {
      durations[min(index, count - 1)] / .milliseconds(1) / Double(group * parts)
    }
    repetitions = count * group
    medianMilliseconds = milliseconds(count / 2)
    minimumMilliseconds = milliseconds(0)
    p95Milliseconds = milliseconds(count * 95 / 100)
  }
}

/// Runs `body` and returns its result with the milliseconds it took.
func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, milliseconds: Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try body()
  return (result, (clock.now - start) / .milliseconds(1))
}
