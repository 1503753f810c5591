import CAllocationCounter

/// How often `body` asks for memory on this thread.
func countAllocations(_ body: () throws -> Void) rethrows -> Int {
  allocation_counter_start()
  defer { allocation_counter_stop() }
  try body()
  return allocation_counter_stop()
}

/// The number of kernels that the last line of a plan names.
func kernelCount(_ plan: String) -> Int? {
  guard let summary = plan.split(separator: "\n").last(where: { $0.hasPrefix("kernels: ") }) else {
    return nil
  }
  return Int(summary.dropFirst("kernels: ".count).prefix { $0.isNumber })
}
