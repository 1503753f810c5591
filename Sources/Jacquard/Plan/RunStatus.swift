import Synchronization

/// What went wrong while kernels ran.
public struct RunFailure: Sendable {
  /// What a kernel may find wrong.
  public enum Code: Int32, Sendable {
    /// An index outside the axis it indexes; `detail` is the index, `limit` the length.
    case indexOutOfRange
    /// A NaN or infinity under a check.
    case notFinite
    /// An assertion that does not hold.
    case assertionFailed
    /// A place of a tensor array written a second time; `detail` is its index.
    case writtenTwice
    /// A sequence length outside 0…limit; `detail` is the length.
    case lengthOutOfRange
    /// A user's closure threw, or returned something of another type than declared.
    case closureFailed
    /// Memory for a stack of unknown length ran out.
    case outOfMemory
    /// There is no room in a scratch file for a stack of unknown length.
    case outOfScratchSpace
    /// A domain error named by the message.
    case invalidValue
  }

  /// What was found.
  public var code: Code
  /// The operation that found it.
  public var location: KernelLocation
  /// The row, or element, at which it was found.
  public var row: Int
  /// The iteration of each loop around the operation, the outermost first; empty outside loops.
  public var iterations: [Int]
  /// The offending number.
  public var detail: Int64
  /// The limit it breaks.
  public var limit: Int64
  /// Further words, or the error a closure threw.
  public var message: String
}

/// Where the kernels of one run report failures; the first step to fail, and of it the lowest row, is kept.
public final class RunStatus: Sendable {
  private let failed = Atomic<Bool>(false)
  private let failure = Mutex<RunFailure?>(nil)
  // Changed between kernels, by the thread that starts them; read by those that run them.
  private nonisolated(unsafe) var iterations: [Int] = []

  /// A status without failure.
  public init() { iterations.reserveCapacity(8) }

  /// Whether anything has failed.
  public var hasFailed: Bool { failed.load(ordering: .relaxed) }

  /// The failure kept, if any.
  public var firstFailure: RunFailure? { failure.withLock { $0 } }

  /// Notes that a loop starts, within those that are running.
  func enterLoop() { iterations.append(0) }

  /// Notes the iteration of the innermost loop that is running.
  func setIteration(_ iteration: Int) { iterations[iterations.count - 1] = iteration }

  /// Notes that the innermost loop has ended.
  func leaveLoop() { iterations.removeLast() }

  func reset() {
    guard hasFailed else { return }
    failure.withLock { $0 = nil }
    failed.store(false, ordering: .relaxed)
  }

  /// Reports a failure.
  public func fail(
    _ code: RunFailure.Code, at location: KernelLocation, row: Int = 0, detail: Int64 = 0,
    limit: Int64 = 0, message: String = ""
  ) {
    let new = RunFailure(
      code: code, location: location, row: row, iterations: iterations, detail: detail,
      limit: limit,
      message: message)
    failure.withLock { kept in
      if let kept, kept.location != location || kept.iterations != new.iterations || kept.row <= row
      {
        return
      }
      kept = new
    }
    failed.store(true, ordering: .releasing)
  }
}
