import JacquardArrays

/// What every context of a plan has in common: where slots point, how large the arena is.
struct RunLayout: Sendable {
  /// Where a slot points.
  enum Home: Sendable, Equatable {
    /// Into a block of the arena.
    case block(Int, offset: Int)
    /// Into a constant.
    case constant(Int, offset: Int)
    /// To what a root parameter is bound to.
    case input(Int)
    /// Wherever steps let it point.
    case running
  }

  /// A result of the root.
  struct Output: Sendable {
    /// The slot and block of the kernel result that can be written to caller's memory directly.
    struct Producer: Sendable {
      var slot: Int
      var block: Int
    }

    var slot: Int
    var type: TensorType
    var byteCount: Int
    var producer: Producer?
    var growingStack: Int?
  }

  /// A new value of a variable that may be written over the old one.
  struct Update: Sendable {
    /// Its place among the commits.
    var commit: Int
    /// The root parameter that is the old value.
    var input: Int
  }

  /// Where each slot points when a context is made.
  var slots: [Home] = []
  var constants: [NDArray] = []
  var blockOffsets: [Int] = []
  var arenaByteCount = 0
  var inputSlots: [Int] = []
  var outputs: [Output] = []
  var fetchCount = 0
  var updates: [Update] = []
  /// The first step that may write over a variable; the number of steps if none does.
  var updateStep = 0
  /// Of each stack of unknown length, whether it may lie in a scratch file.
  var growingStacks: [Bool] = []
  /// The bytes for which there is room in memory before such stacks lie in scratch files.
  var growingStackBudget = 0
  /// The blocks, and the slots that point into them, that lie in a scratch file in place of the arena.
  var scratchBlocks: [Int] = []
  var scratchSlots: [Int] = []
  var scratchByteCount = 0
  /// The operation whose results take most of the scratch file.
  var scratchOperation = OperationID(-1)
  var scratchDirectory = ""
  /// How many rows describe the plan.
  var rowCount = 0
  /// Into how many shares the rows of a loop are divided at most; 0 if there is no such loop.
  var rowShareCount = 0
  var memoryLimit: Int?
}
