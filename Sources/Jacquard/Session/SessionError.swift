import JacquardArrays

/// Why a session did not run, or could not finish; every variable is as it was.
public enum SessionError: Error, Sendable, Hashable {
  /// A placeholder that the fetches need was not fed; `location` is where it was made, `main.swift:12`.
  case missingFeed(name: String, type: TensorType, location: String?)
  /// An array of another element type than the tensor's was fed; nothing is cast silently.
  case feedDType(tensor: String, declared: DType, fed: DType)
  /// An array whose shape does not fit the tensor's was fed.
  case feedShape(tensor: String, declared: PartialShape, fed: [Int])
  /// A number that the tensor's element type cannot represent was fed.
  case feedRange(tensor: String, declared: DType, number: String)
  /// Nested arrays of numbers whose rows differ in length were fed.
  case raggedFeed(tensor: String)
  /// A structure of tensors was paired with a value of another structure.
  case mispairedFeed(tensors: String, value: String)
  /// A tensor was fed twice.
  case duplicateFeed(tensor: String)
  /// A tensor, which has no elements of its own, was fed as a value.
  case symbolicFeed(tensor: String, value: String)
  /// What was fed or fetched belongs to another graph.
  case foreignGraph(name: String, use: Use)
  /// What was fed or fetched is computed inside a loop or a branch.
  case insideRegion(name: String, use: Use)
  /// Variables that the run reads, or that were asked for, have no value yet.
  case uninitializedVariables(names: [String])
  /// The graph has no such variable.
  case unknownVariable(name: String)
  /// A tensor was used as a variable that is none.
  case notAVariable(name: String)
  /// A variable was to be given a value of another type.
  case variableType(name: String, declared: TensorType, given: TensorType)
  /// A callable was given another number of arrays than it has parameters.
  case argumentCount(expected: Int, given: Int)
  /// A closure that a run calls started another run that assigns variables of the same session.
  case nestedAssignment
  /// The system has no memory for the intermediate results of the run.
  case arenaAllocation(bytes: Int)
  /// The system has no memory for an array to fetch, or for a variable's new value.
  case arrayAllocation(name: String, bytes: Int)
  /// The intermediate results of the run need more memory than ``SessionOptions/memoryLimit``.
  case memoryLimit(bytes: Int, limit: Int)
  /// There is no scratch file for what loops with `swapMemory` stack beyond ``SessionOptions/swapBudget``; `operation` is the loop
  /// that stacks most.
  case scratchFile(operation: String, bytes: Int, directory: String, reason: String)
  /// An operation cannot be computed for the given types; `location` is the line that made it.
  case cannotCompile(operation: String, op: String, location: String?, reason: String)
  /// An operation found something wrong while it ran; `location` is the line that made it.
  case runFailure(operation: String, op: String, location: String?, message: String)

  /// What a run does with a tensor or an operation.
  public enum Use: String, Sendable, Hashable {
    /// Given a value from outside.
    case fed
    /// Computed, or run.
    case fetched
  }
}

extension SessionError: CustomStringConvertible {
  /// What was found, and what would mend it.
  public var description: String {
    switch self {
    case .missingFeed(let name, let type, let location):
      """
      \(Self.prefix(location))the placeholder '\(name)' of type \(type) was not fed, and a fetch \
      needs it; add it to feeding:
      """
    case .feedDType(let tensor, let declared, let fed):
      """
      '\(tensor)' is \(declared), but \(fed) was fed; convert the array with \
      converted(to: .\(declared)), or make the tensor \(fed)
      """
    case .feedShape(let tensor, let declared, let fed):
      """
      '\(tensor)' has shape \(declared), but an array of shape \(fed) was fed; \
      \(Self.shapeRemedy(declared, fed))
      """
    case .feedRange(let tensor, let declared, let number):
      "'\(tensor)' is \(declared), which cannot represent \(number); feed a number in its range"
    case .raggedFeed(let tensor):
      "the rows fed to '\(tensor)' differ in length; feed rows of one length"
    case .mispairedFeed(let tensors, let value):
      """
      \(tensors) cannot be fed with \(value); feed a structure of the same kind, and use \
      Feeds().feed(key, value) to have the compiler check it
      """
    case .duplicateFeed(let tensor):
      "'\(tensor)' was fed twice; feed each tensor once"
    case .symbolicFeed(let tensor, let value):
      """
      '\(tensor)' was fed the tensor '\(value)', which has no elements before it is run; fetch it \
      first, and feed the array
      """
    case .foreignGraph(let name, let use):
      "'\(name)' is \(use), but belongs to another graph; use the session's own graph"
    case .insideRegion(let name, let use):
      """
      '\(name)' is computed inside a loop or a branch and cannot be \(use); \
      \(Self.regionRemedy(use))
      """
    case .uninitializedVariables(let names):
      """
      \(Self.variables(names)) no value yet; run graph.variablesInitializer, or assign a value \
      with session.assign, first
      """
    case .unknownVariable(let name):
      "there is no variable '\(name)'; session.variableNames lists those there are"
    case .notAVariable(let name):
      "'\(name)' is not a variable; use a tensor made by variable(…) or getVariable(…), or run it"
    case .variableType(let name, let declared, let given):
      """
      the variable '\(name)' is \(declared), but \(given) was assigned; give an array of its \
      dtype and shape
      """
    case .argumentCount(let expected, let given):
      "the callable takes \(expected) arrays, but \(given) were given; give one for each it feeds"
    case .nestedAssignment:
      """
      a closure called by a run that assigns variables started another one on the same session, \
      which would wait for the first forever; assign after the run, or use a session of its own
      """
    case .arenaAllocation(let bytes):
      """
      could not allocate \(Self.megabytes(bytes)) (\(bytes) bytes) for the intermediate results \
      of the run; feed smaller batches
      """
    case .arrayAllocation(let name, let bytes):
      """
      could not allocate \(Self.megabytes(bytes)) (\(bytes) bytes) for the value of '\(name)'; \
      free other arrays or feed smaller batches
      """
    case .memoryLimit(let bytes, let limit):
      """
      the intermediate results of the run need \(Self.megabytes(bytes)) (\(bytes) bytes), and the \
      session may use \(Self.megabytes(limit)); raise its memoryLimit or feed smaller batches
      """
    case .scratchFile(let operation, let bytes, let directory, let reason):
      """
      what '\(operation)' stacks is more than the swapBudget of the session, but \
      \(ScratchFile.Failure(bytes: bytes, directory: directory, reason: reason))
      """
    case .cannotCompile(let operation, let op, let location, let reason):
      "\(Self.prefix(location))\(op) '\(operation)' cannot be computed: \(reason)"
    case .runFailure(let operation, let op, let location, let message):
      "\(Self.prefix(location))\(op) '\(operation)': \(message); nothing was committed"
    }
  }

  private static func prefix(_ location: String?) -> String { location.map { "\($0): " } ?? "" }

  private static func variables(_ names: [String]) -> String {
    let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
    return names.count == 1 ? "the variable \(quoted) has" : "the variables \(quoted) have"
  }

  private static func shapeRemedy(_ declared: PartialShape, _ fed: [Int]) -> String {
    if let rank = declared.rank, rank != fed.count {
      return "feed an array of rank \(rank), not \(fed.count), with reshaped(to:)"
    }
    return "feed the declared shape, or declare the dimensions that vary as nil"
  }

  private static func regionRemedy(_ use: Use) -> String {
    switch use {
    case .fed: "feed what the loop or branch takes from outside"
    case .fetched: "return it from the body, or stack it as an output of the loop"
    }
  }

  static func megabytes(_ bytes: Int) -> String {
    let tenths = bytes / 104_858
    return "\(tenths / 10).\(tenths % 10) MB"
  }
}
