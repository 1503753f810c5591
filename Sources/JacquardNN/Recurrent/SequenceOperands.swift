import Jacquard
import JacquardArrays

/// Checks what a recurrent network is given before it is built.
struct SequenceOperands<Inputs: TensorStructure> {
  /// The name of the function called, for diagnostics.
  let op: String
  let inputs: Inputs
  let sequenceLength: Tensor?
  /// The axis of the inputs along which time runs, 0 or 1; the other of the two counts the batch.
  let timeAxis: Int
  let graph: Graph
  /// The input whose rows and element type the state takes: the first floating-point one, or else the first.
  private let lead: Tensor?

  private var batchAxis: Int { 1 - timeAxis }
  private var layout: String {
    timeAxis == 0 ? "[steps, batch, depth]" : "[batch, steps, depth]"
  }

  /// The operands of `op`.
  ///
  /// - Parameter initialStates: say which graph is meant if there are no inputs.
  init(
    of op: String, _ inputs: Inputs, sequenceLength: Tensor?, timeAxis: Int,
    initialStates: [Tensor] = []
  ) {
    self.op = op
    self.inputs = inputs
    self.sequenceLength = sequenceLength
    self.timeAxis = timeAxis
    let tensors = inputs.tensors
    lead = tensors.first { $0.dtype.isFloatingPoint } ?? tensors.first
    graph = sharedGraph(of: tensors + initialStates + [sequenceLength].compactMap(\.self))
  }

  /// Whether the inputs have batch, steps and known depths; a diagnostic if not, quiet for invalid inputs.
  func validate() -> Bool {
    let tensors = inputs.tensors
    guard let lead else {
      return reject("there are no inputs", remedy: "give at least one tensor of inputs")
    }
    guard tensors.allSatisfy({ !$0.isInvalid }) else { return false }
    for tensor in tensors {
      let type = tensor.type
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
      for (axis, what) in [(timeAxis, "number of steps"), (batchAxis, "number of batch rows")] {
        guard let length = dimensions[axis], let known = lead.shape[axis], length != known else {
          continue
        }
        return reject(
          "the inputs differ in their \(what): \(lead.type) and \(type)",
          remedy: "give all parts of the inputs the same batch and steps: \(layout)")
      }
    }
    return true
  }

  /// The state before the first step: the given one if it fits the cell, zeros if there is none; `nil` after a diagnostic.
  func start<Cell: StructuredRNNCell>(
    of cell: Cell, from given: Cell.State?, dtype: DType?
  ) -> Cell.State? {
    guard let lead else { return nil }
    guard let given else {
      guard dtype ?? lead.dtype == lead.dtype || !lead.dtype.isFloatingPoint else {
        reject(
          "the inputs are \(lead.type), and dtype is \(dtype ?? lead.dtype)",
          remedy: "cast the inputs, or leave dtype to them")
        return nil
      }
      guard dtype != nil || lead.dtype.isFloatingPoint else {
        reject(
          """
          recurrent cells take floating-point inputs only, not \(lead.type), and with neither \
          initialState nor dtype the element type of the state follows from the inputs
          """, remedy: "cast the inputs, or give dtype or initialState for a cell that embeds them")
        return nil
      }
      return cell.zeroState(like: lead, batchAxis: batchAxis, dtype: dtype)
    }
    return fits(given, cell, lead) ? given : nil
  }

  private func fits<Cell: StructuredRNNCell>(
    _ state: Cell.State, _ cell: Cell, _ lead: Tensor
  ) -> Bool {
    let wanted = cell.stateTypes(rows: lead.shape[batchAxis], dtype: lead.dtype)
    let parts = state.tensors
    guard parts.count == wanted.count else {
      return reject(
        "the initial state has \(parts.count) parts, the cell's state has \(wanted.count)",
        remedy: "start from the cell's zeroState(like:), or a state the cell has returned",
        operands: parts)
    }
    for (index, (part, wanted)) in zip(parts, wanted).enumerated() where !part.isInvalid {
      guard part.shape.isCompatible(with: wanted.shape) else {
        return reject(
          """
          part \(index) of the initial state is \(part.type), but the cell and the inputs, \
          \(lead.type), want the shape \(wanted.shape)
          """, remedy: "make it with the cell's zeroState(like:), or give it that shape",
          operands: parts)
      }
      guard part.dtype == wanted.dtype || !lead.dtype.isFloatingPoint else {
        return reject(
          "part \(index) of the initial state is \(part.type), the inputs are \(lead.type)",
          remedy: "cast one of them", operands: parts)
      }
    }
    return true
  }

  /// The checked lengths, if there are any.
  struct Lengths {
    let checked: Tensor?

    /// The rows that have not ended before `step`, by default the iteration of the loop being built; `nil` if no row ever ends.
    func live(at step: Tensor? = nil) -> LiveRows? {
      guard let checked, let step = step ?? checked.graph.loopIteration else { return nil }
      return LiveRows(mask: step .< checked)
    }
  }

  /// The lengths, to be used in the steps; `nil` after a diagnostic.
  func lengths() -> Lengths? {
    guard let sequenceLength, let lead else { return Lengths(checked: nil) }
    let checked = checkedLengths(
      sequenceLength, of: lead, batchAxis: batchAxis, timeAxis: timeAxis, name: "sequence_length")
    return checked.isInvalid ? nil : Lengths(checked: checked)
  }

  /// What to return where nothing can be built.
  func invalidResults<Cell: StructuredRNNCell>(
    of cell: Cell
  ) -> (outputs: Cell.Output, state: Cell.State) {
    var leading: [Int?]?
    if let lead, (lead.rank ?? 0) >= 2 { leading = [lead.shape[0], lead.shape[1]] }
    let outputs = cell.makeOutput { rowShape in
      let shape = leading.map { PartialShape($0 + rowShape.map { $0 }) } ?? .unknown
      return graph.invalid(TensorType(invalidDType, shape))
    }
    return (outputs, cell.invalidState(in: graph, dtype: invalidDType))
  }

  /// What to return for one step where nothing can be built.
  func invalidStep<Cell: StructuredRNNCell>(of cell: Cell) -> Cell.Output {
    cell.makeOutput { rowShape in
      graph.invalid(
        TensorType(invalidDType, PartialShape([lead?.shape[batchAxis]] + rowShape.map { $0 })))
    }
  }

  private var invalidDType: DType {
    lead.flatMap { $0.dtype.isFloatingPoint ? $0.dtype : nil } ?? .float32
  }

  @discardableResult
  private func reject(_ message: String, remedy: String, operands: [Tensor] = []) -> Bool {
    graph.diagnose(message, remedy: remedy, op: op, operands: inputs.tensors + operands)
    return false
  }
}

/// The graph of `tensors`; if there are none, one of its own, whose diagnostics say what is missing.
func sharedGraph(of tensors: [Tensor]) -> Graph { tensors.first?.graph ?? Graph() }
