import JacquardArrays

/// What one kind of run asks of a graph; with the fed shapes it decides the plan.
struct CompileRequest: Sendable, Hashable {
  /// The values to hand back, in order; duplicates allowed.
  var fetches: [ValueID]
  /// Operations to run for what they do.
  var targets: [OperationID]
  /// The fed values, by ascending id, and the types of their arrays.
  var feeds: [Feed]

  struct Feed: Sendable, Hashable {
    var value: ValueID
    var type: TensorType
  }
}

/// A program, and which fed elements it has been specialised to.
struct CompiledProgram: Sendable {
  var program: Program
  /// Fed values whose elements decided shapes; the program is right only for equal elements.
  var shapeDecidingFeeds: [ValueID]
}
