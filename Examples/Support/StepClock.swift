/// Measures how long steps take.
struct StepClock {
  private let clock = ContinuousClock()
  private var durations: [Duration] = []

  /// Runs `step` and notes its time.
  mutating func measure<R>(_ step: () throws -> R) rethrows -> R {
    let start = clock.now
    let result = try step()
    durations.append(clock.now - start)
    return result
  }

  /// The time of the last step in milliseconds; 0 before the first.
  var lastMilliseconds: Double { (durations.last ?? .zero) / .milliseconds(1) }

  /// The median time of a step in milliseconds; `nil` before the first.
  var medianMilliseconds: Double? {
    durations.isEmpty ? nil : durations.sorted()[durations.count / 2] / .milliseconds(1)
  }
}
