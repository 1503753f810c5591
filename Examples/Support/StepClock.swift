/// Measures how long steps take.
struct StepClock {
  private let clock = ContinuousClock()
  private var durations: [Duration] = []

  /// Runs `step` and notes its time.
  mutating func measure(_ step: () throws -> Void) rethrows {
    durations.append(try clock.measure(step))
  }

  /// The median time of a step in milliseconds; `nil` before the first.
  var medianMilliseconds: Double? {
    durations.isEmpty ? nil : durations.sorted()[durations.count / 2] / .milliseconds(1)
  }
}
