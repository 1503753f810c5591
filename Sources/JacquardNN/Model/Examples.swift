import Jacquard
import JacquardArrays

/// Examples and their labels, checked to be what a model takes.
struct Examples {
  let x: NDArray
  /// `nil` where there are none to compare with.
  let y: NDArray?

  var count: Int { x.shape[0] }

  /// Checks `x` against the model's input.
  init(_ x: NDArray, for input: Tensor) throws {
    guard x.dtype == input.dtype else {
      throw ModelError.wrongType(
        what: "examples", expected: "\(input.type)", given: "\(TensorType(of: x))",
        remedy: "convert them with converted(to: .\(input.dtype))")
    }
    guard PartialShape(known: x.shape).isCompatible(with: input.shape), !x.shape.isEmpty else {
      throw ModelError.wrongType(
        what: "examples", expected: "\(input.type)", given: "\(TensorType(of: x))",
        remedy: "reshape them, or make the model with their inputShape")
    }
    self.x = x
    y = nil
  }

  /// Checks `x` and `y` against the model's input and labels.
  init(_ x: NDArray, _ y: NDArray, for input: Tensor, _ training: CompiledTraining) throws {
    let examples = try Examples(x, for: input)
    guard !y.shape.isEmpty, y.shape[0] == examples.count else {
      throw ModelError.countMismatch(examples: examples.count, labels: y.shape.first ?? 0)
    }
    self.x = x
    self.y = try Self.fitted(y, to: training.labels, training.labelForm)
  }

  private init(x: NDArray, y: NDArray?) {
    self.x = x
    self.y = y
  }

  /// The labels in the shape of the placeholder; their element type is converted batch by batch.
  private static func fitted(
    _ y: NDArray, to labels: Tensor, _ form: Loss.LabelForm
  ) throws -> NDArray {
    let wanted = labels.type
    func wrong(_ remedy: String) -> ModelError {
      .wrongType(
        what: "labels", expected: "\(wanted)", given: "\(TensorType(of: y))", remedy: remedy)
    }
    guard form != .classes || y.dtype.isInteger else {
      throw wrong("give the numbers of classes as integers, or use .categoricalCrossentropy")
    }
    if PartialShape(known: y.shape).isCompatible(with: wanted.shape) { return y }
    // A last axis of length 1 may be left out, or be there too many.
    let variants = [y.shape + [1]] + (y.shape.last == 1 ? [Array(y.shape.dropLast())] : [])
    for shape in variants where PartialShape(known: shape).isCompatible(with: wanted.shape) {
      return y.reshaped(to: shape)
    }
    throw wrong(
      form == .classes
        ? "give one number for each example, or use .categoricalCrossentropy for one-hot labels"
        : "give labels of that shape, or use .sparseCategoricalCrossentropy for the numbers of classes"
    )
  }

  /// Those of `range`; shares the memory.
  subscript(range: Range<Int>) -> Examples { Examples(x: x[range], y: y?[range]) }

  /// Those of `rows`, in their order.
  func taking(rows: [Int]) -> Examples {
    Examples(x: x.taking(rows: rows), y: y?.taking(rows: rows))
  }

  /// What to feed.
  func feeds(_ input: Tensor, _ labels: Tensor?) -> Feeds {
    let feeds: Feeds = [input: x]
    guard let labels, let y else { return feeds }
    return feeds.feed(labels, y.converted(to: labels.dtype))
  }
}

/// Ranges of at most `size` rows, one after the other, that are `count` together.
func batchRanges(count: Int, size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}

/// The rows of one epoch in random order, which depends on the seed and the number of the epoch alone.
func shuffledRows(_ count: Int, seed: UInt64, epoch: Int) -> [Int] {
  var order = Array(0..<count)
  let stream = StableHash.hash64("shuffle") &+ UInt64(epoch)
  var generator = PhiloxGenerator(seed: seed, stream: stream)
  // Written out (Fisher, Yates): the same order under any version of the standard library.
  for last in stride(from: count - 1, to: 0, by: -1) {
    order.swapAt(last, Int(generator.next().multipliedFullWidth(by: UInt64(last) + 1).high))
  }
  return order
}
