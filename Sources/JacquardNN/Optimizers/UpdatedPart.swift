import Jacquard

/// The part of a variable, and of its slots, that a step of an optimizer changes: all of it, or the rows that a sparse gradient has.
///
/// Formulas are written once, for the part; of a table with many rows only those are read and written that the step is about.
/// A row that several indices name is computed for each of them, from the sum of their gradients, and so to the same values.
struct UpdatedPart {
  private let variable: Variable
  /// The gradient of the part.
  let gradient: Tensor
  /// `[k]`; the whole variable if `nil`.
  private let indices: Tensor?

  /// The part that `gradient`, shaped as `variable`, has elements for.
  init(_ variable: Variable, by gradient: Tensor) {
    self.variable = variable
    let slices = gradient.indexedSlices
    indices = slices?.indices
    self.gradient = slices?.totals() ?? gradient
  }

  /// The variable's part.
  var value: Tensor { part(of: variable) }

  /// The part of a slot.
  func part(of slot: Variable) -> Tensor { indices.map { slot.gathered(at: $0) } ?? slot }

  /// Gives the part of a slot, or of the variable itself, a new value.
  func assign(_ slot: Variable, _ value: Tensor) -> Operation {
    indices.map { slot.assign(value, at: $0) } ?? slot.assign(value)
  }

  /// Gives the variable's part a new value.
  func assign(_ value: Tensor) -> Operation { assign(variable, value) }

  /// Subtracts from the variable's part.
  func subtract(_ change: Tensor) -> Operation {
    indices == nil ? variable.assignSubtract(change) : assign(value - change)
  }
}
