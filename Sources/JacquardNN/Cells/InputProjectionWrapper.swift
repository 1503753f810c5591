import Jacquard

/// A cell whose inputs are mapped linearly first: the cell sees `activation(inputs · kernel + bias)`.
///
/// Inside `dynamicRNN` it is cheaper to map the whole sequences before. As `tf.contrib.rnn.InputProjectionWrapper`. Variables:
/// `input_projection_wrapper/kernel`, `[inputs, size]`, and `input_projection_wrapper/bias`, `[size]`, which starts at 0; the cell's
/// are in the same variable scope.
public final class InputProjectionWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell
  /// The name of the variable scope around the weights and the cell's.
  public let name: String

  private let map: LinearMap

  /// A cell behind a linear map.
  ///
  /// - Parameters:
  ///   - cell: the cell inside.
  ///   - size: the number of inputs of the cell.
  ///   - activation: of what the inputs are mapped to; none by default.
  ///   - name: the name of the variable scope around the weights and the cell's.
  public init(
    _ cell: Cell, size: Int, activation: (@Sendable (Tensor) -> Tensor)? = nil,
    name: String = "input_projection_wrapper"
  ) {
    self.cell = cell
    self.name = name
    map = LinearMap(size: size, activation: activation)
  }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell on the mapped inputs.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, floating-point.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    inputs.graph.variableScope(name) {
      cell(map(inputs, to: "inputs after the projection", op: "InputProjectionWrapper"), state)
    }
  }
}
