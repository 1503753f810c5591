#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How a session compiles and runs.
public struct SessionOptions: Sendable {
  /// The threads that work on one run; results are bitwise the same for any number.
  public var threads: Int

  /// The most plans the session keeps; one for each combination of fetches, fed tensors and fed shapes.
  public var planCacheCount: Int

  /// The most bytes that kept plans may hold for intermediate results, in bytes.
  public var planCacheBytes: Int

  /// The most bytes that one run may take for its intermediate results; `nil` for no limit but the system's.
  public var memoryLimit: Int?

  /// The most bytes that what loops with `swapMemory` stack may take in memory in one run; where it is more, the largest stacks lie
  /// in a file in ``scratchDirectory``, and are in memory while they are written or read only.
  ///
  /// ``memoryLimit`` does not count what lies in files. Results are bitwise the same.
  public var swapBudget: Int

  /// The path of the directory for scratch files, by default the system's for temporary files: it should be on a disk.
  ///
  /// A file has no name, takes room during a run only, and is gone with the session or the process.
  public var scratchDirectory: String

  /// The names of compiler passes to leave out.
  public var disabledPasses: Set<String>

  /// Whether all runs are counted and timed, for ``Session/explain(_:feeding:order:includingViews:)``.
  ///
  /// Costs about 30 ns for each kernel, and again for each part of it that another thread may take; results are bitwise the same.
  public var isProfiling: Bool

  /// As ``PlanOptions/leastRowOperations``, for tests.
  var leastRowOperations: Int?

  /// As ``PlanOptions/dividesRows``, for tests.
  var dividesRows = true

  /// As ``PlanOptions/updatesInPlace``, for tests.
  var updatesInPlace = true

  /// When loops are cut into windows, for tests.
  var windowLimits: WindowLimits?

  /// Options, by default one thread for each active processor, 64 plans within 1 GiB, and 64 MiB before stacks are swapped.
  public init(
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, planCacheCount: Int = 64,
    planCacheBytes: Int = 1 << 30, memoryLimit: Int? = nil, swapBudget: Int = 64 << 20,
    scratchDirectory: String = FileManager.default.temporaryDirectory.path,
    disabledPasses: Set<String> = [], isProfiling: Bool = false
  ) {
    self.threads = max(threads, 1)
    self.planCacheCount = max(planCacheCount, 1)
    self.planCacheBytes = planCacheBytes
    self.memoryLimit = memoryLimit
    self.swapBudget = max(swapBudget, 0)
    self.scratchDirectory = scratchDirectory
    self.disabledPasses = disabledPasses
    self.isProfiling = isProfiling
  }
}
