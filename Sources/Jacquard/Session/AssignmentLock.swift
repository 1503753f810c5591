import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lets one run of a session assign at a time.
final class AssignmentLock: Sendable {
  private let lock = Mutex<Void>(())
  /// The thread that holds the lock, or 0.
  private let owner = Atomic<UInt>(0)

  /// Runs `body` while no other run assigns.
  ///
  /// - Throws: ``SessionError/nestedAssignment`` on a thread that holds the lock already.
  func withLock(_ body: () throws -> Void) throws {
    let thread = Self.currentThread
    guard owner.load(ordering: .relaxed) != thread else { throw SessionError.nestedAssignment }
    try lock.withLock { _ in
      owner.store(thread, ordering: .relaxed)
      defer { owner.store(0, ordering: .relaxed) }
      try body()
    }
  }

  private static var currentThread: UInt {
    #if canImport(Darwin)
      UInt(bitPattern: pthread_self())
    #else
      UInt(pthread_self())
    #endif
  }
}
