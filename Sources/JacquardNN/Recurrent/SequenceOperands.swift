import Jacquard
import JacquardArrays

/// Checks what a recurrent network is given before its loop is built.
struct SequenceOperands {
  let inputs: Tensor
  let sequenceLength: Tensor?
  /// The axis of the inputs along which time runs, 0 or 1; the other of the two counts the batch.
  let timeAxis: Int

  private static let op = "DynamicRNN"
  private var graph: Graph { inputs.graph }
  private var batchAxis: Int { 1 - timeAxis }
  private var layout: String {
    timeAxis == 0 ? "[steps, batch, depth]" : "[batch, steps, depth]"
  }

  /// Whether the inputs have batch, steps and known depths; a diagnostic if not, quiet for invalid inputs.
  func validate() -> Bool {
    if inputs.isInvalid { return false }
    let type = inputs.type
    guard let dimensions = type.shape.dimensions else {
      return reject(
        "the rank of the inputs is not known", remedy: "declare the inputs as \(layout)")
    }
    guard dimensions.count >= 3 else {
      return reject(
        "the inputs are \(type), of rank \(dimensions.count), where rank 3 or more is meant",
        remedy: "give the inputs the shape \(layout)")
    }
    guard dimensions.dropFirst(2).allSatisfy({ $0 != nil }) else {
      return reject(
        "the input size, the last of \(type), is not known",
        remedy: "declare the depth; only batch and steps may be open")
    }
    return true
  }

  /// The state before the first step: the given one if it fits the cell, zeros if there is none; `nil` after a diagnostic.
  func start<Cell: RNNCell>(
    of cell: Cell, from given: Cell.State?, dtype: DType?
  ) -> Cell.State? {
    guard let given else {
      guard dtype ?? inputs.dtype == inputs.dtype || !inputs.dtype.isFloatingPoint else {
        reject(
          "the inputs are \(inputs.type), and dtype is \(dtype ?? inputs.dtype)",
          remedy: "cast the inputs, or leave dtype to them")
        return nil
      }
      guard dtype != nil || inputs.dtype.isFloatingPoint else {
        reject(
          """
          recurrent cells take floating-point inputs only, not \(inputs.type), and with neither \
          initialState nor dtype the element type of the state follows from the inputs
          """, remedy: "cast the inputs, or give dtype or initialState for a cell that embeds them")
        return nil
      }
      return cell.zeroState(like: inputs, batchAxis: batchAxis, dtype: dtype)
    }
    return fits(given, cell) ? given : nil
  }

  private func fits<Cell: RNNCell>(_ state: Cell.State, _ cell: Cell) -> Bool {
    var rowShapes: [[Int]] = []
    _ = cell.makeState { rowShape in
      rowShapes.append(rowShape)
      return inputs
    }
    let parts = state.tensors
    guard parts.count == rowShapes.count else {
      return reject(
        "the initial state has \(parts.count) parts, the cell's state has \(rowShapes.count)",
        remedy: "start from the cell's zeroState(like:), or a state the cell has returned",
        operands: parts)
    }
    for (index, (part, rowShape)) in zip(parts, rowShapes).enumerated() where !part.isInvalid {
      let wanted = PartialShape([inputs.shape[batchAxis]] + rowShape.map { $0 })
      guard part.shape.isCompatible(with: wanted) else {
        return reject(
          """
          part \(index) of the initial state is \(part.type), but the cell and the inputs, \
          \(inputs.type), want the shape \(wanted)
          """, remedy: "make it with the cell's zeroState(like:), or give it that shape",
          operands: parts)
      }
      guard part.dtype == inputs.dtype || !inputs.dtype.isFloatingPoint else {
        return reject(
          "part \(index) of the initial state is \(part.type), the inputs are \(inputs.type)",
          remedy: "cast one of them", operands: parts)
      }
    }
    return true
  }

  /// The checked lengths, if there are any.
  struct Lengths {
    let checked: Tensor?

    /// The rows of the step being built that have not ended; `nil` if no row ever does.
    func live() -> LiveRows? {
      guard let checked, let step = checked.graph.loopIteration else { return nil }
      return LiveRows(mask: step .< checked)
    }
  }

  /// The lengths, to be used in the loop; `nil` after a diagnostic.
  func lengths() -> Lengths? {
    guard let sequenceLength else { return Lengths(checked: nil) }
    let checked = graph.insert(
      CheckedLengths(batchAxis: batchAxis, timeAxis: timeAxis), [sequenceLength, inputs],
      name: "sequence_length"
    ).result
    return checked.isInvalid ? nil : Lengths(checked: checked)
  }

  /// What to return where nothing can be built.
  func invalidResults<Cell: RNNCell>(of cell: Cell) -> (outputs: Tensor, state: Cell.State) {
    let shape: PartialShape =
      (inputs.rank ?? 0) >= 2 ? [inputs.shape[0], inputs.shape[1], cell.outputSize] : .unknown
    let dtype = inputs.dtype.isFloatingPoint ? inputs.dtype : .float32
    return (
      graph.invalid(TensorType(dtype, shape)), cell.invalidState(in: graph, dtype: dtype)
    )
  }

  @discardableResult
  private func reject(_ message: String, remedy: String, operands: [Tensor] = []) -> Bool {
    graph.diagnose(message, remedy: remedy, op: Self.op, operands: [inputs] + operands)
    return false
  }
}
