import Jacquard

/// A cell that adds its inputs to its outputs, so that it learns the difference.
///
/// The wrapper opens no variable scope: the cell's variables are named as without it.
public struct ResidualWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell

  private let combine: (@Sendable (_ inputs: Tensor, _ output: Tensor) -> Tensor)?

  /// A cell with a way around it.
  ///
  /// - Parameters:
  ///   - cell: the cell inside.
  ///   - combine: gives the output from the inputs and the cell's output, `[batch, outputSize]`; their sum by default, for
  ///     which both have one shape.
  public init(
    _ cell: Cell,
    combine: (@Sendable (_ inputs: Tensor, _ output: Tensor) -> Tensor)? = nil
  ) {
    self.cell = cell
    self.combine = combine
  }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell and the way around it.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, outputSize]`, unless `combine` says otherwise.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    let (output, next) = cell(inputs, state)
    if let combine { return (combine(inputs, output), next) }
    if inputs.isInvalid || output.isInvalid { return (output, next) }
    guard inputs.shape.isCompatible(with: output.shape) else {
      let graph = inputs.graph
      graph.diagnose(
        "the inputs are \(inputs.type), the output of the cell is \(output.type)",
        remedy: "make a cell with an output as wide as its inputs, or say how to combine the two",
        op: "ResidualWrapper", operands: [inputs, output])
      return (graph.invalid(output.type), next)
    }
    return (inputs + output, next)
  }
}
