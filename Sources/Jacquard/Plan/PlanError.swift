/// Why a plan cannot be made, or cannot have the memory it needs.
public enum PlanError: Error, Sendable, CustomStringConvertible {
  /// The system has no memory for the intermediate results of a run.
  case arenaAllocation(bytes: Int)
  /// The intermediate results of a run need more memory than the session may use.
  case memoryLimit(bytes: Int, limit: Int)
  /// There is no scratch file for the stacks of a run.
  case scratchFile(bytes: Int, directory: String, reason: String, operation: OperationID)
  /// A value has more bytes than can be counted.
  case tooLarge(type: TensorType, op: String, operation: OperationID)
  /// An operation takes or gives an array whose length only a run can tell.
  case shapeDependsOnData(type: TensorType, op: String, operation: OperationID)
  /// An operation has no kernel for its types.
  case cannotLower(reason: String, op: String, operation: OperationID)

  /// What was found, and what would mend it.
  public var description: String {
    switch self {
    case .arenaAllocation(let bytes):
      """
      could not allocate \(Self.megabytes(bytes)) (\(bytes) bytes) for the intermediate results of \
      the run; feed smaller batches
      """
    case .memoryLimit(let bytes, let limit):
      """
      the intermediate results of the run need \(Self.megabytes(bytes)) (\(bytes) bytes), and the \
      session may use \(Self.megabytes(limit)); raise its memory limit or feed smaller batches
      """
    case .scratchFile(let bytes, let directory, let reason, _):
      "\(ScratchFile.Failure(bytes: bytes, directory: directory, reason: reason))"
    case .tooLarge(let type, let op, _):
      "\(op) gives \(type), which has more bytes than can be counted"
    case .shapeDependsOnData(let type, let op, _):
      """
      \(op) uses or gives \(type), whose length only a run can tell; give the loop that stacks it \
      maximumIterations, or consume it with another loop
      """
    case .cannotLower(let reason, let op, _):
      "\(op) cannot be computed: \(reason)"
    }
  }

  private static func megabytes(_ bytes: Int) -> String {
    let tenths = bytes / 104_858
    return "\(tenths / 10).\(tenths % 10) MB"
  }
}

/// Thrown by a run in which a kernel found something wrong; nothing was committed.
public struct RunFailureError: Error, Sendable {
  /// What was found, and where.
  public let failure: RunFailure

  /// An error from what a kernel reported.
  public init(_ failure: RunFailure) { self.failure = failure }
}
