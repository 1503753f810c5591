import Jacquard

/// The rows that have not ended before the step being built.
struct LiveRows {
  /// Bool, `[batch]`.
  let mask: Tensor

  /// The rows of `new` where live, elsewhere those of `old`; scalars are never masked.
  func choose<Structure: TensorStructure>(
    _ new: Structure, else old: Structure
  ) -> Structure {
    let (tensors, others) = (new.tensors, old.tensors)
    // A loop, or the next step, tells what differs.
    guard tensors.count == others.count else { return new }
    return new.rebuilt(
      from: zip(tensors, others).map { new, old in
        new.rank == 0 ? new : select(mask(for: new), new, old)
      })
  }

  /// The rows of `x` where live, elsewhere 0; scalars are never masked.
  func orZero<Structure: TensorStructure>(_ x: Structure) -> Structure {
    x.rebuilt(
      from: x.tensors.map { x in x.rank == 0 ? x : select(mask(for: x), x, 0) })
  }

  private func mask(for x: Tensor) -> Tensor {
    (1..<max(x.rank ?? 2, 1)).reduce(mask) { mask, axis in mask.expandingDimensions(at: axis) }
  }
}

extension StructuredRNNCell {
  /// One step for the rows that are live: the others give 0, and keep their state.
  ///
  /// - Parameter live: all rows if `nil`.
  func step(
    _ inputs: Input, _ state: State, live: LiveRows?
  ) -> (output: Output, state: State) {
    guard let live else { return self(inputs, state) }
    // The inputs are masked too: the gradient of a kernel has 0 · x in it, which is NaN if x is.
    let (output, next) = self(live.orZero(inputs), state)
    let frozen = live.choose(next, else: state)
    return (live.orZero(output), frozen)
  }
}
