import Jacquard

/// A cell whose output is mapped linearly: `activation(output · kernel + bias)`.
///
/// The state is the cell's own. Inside `dynamicRNN` it is cheaper to map the whole outputs after it. As
/// `tf.contrib.rnn.OutputProjectionWrapper`. Variables: `output_projection_wrapper/kernel`, `[cell.outputSize, size]`, and
/// `output_projection_wrapper/bias`, `[size]`, which starts at 0; the cell's, made before, are in the same variable scope.
public final class OutputProjectionWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell
  /// The name of the variable scope around the weights and the cell's.
  public let name: String

  private let map: LinearMap

  /// A cell before a linear map.
  ///
  /// - Parameters:
  ///   - cell: the cell inside.
  ///   - size: the number of elements of the output.
  ///   - activation: of the output; none by default.
  ///   - name: the name of the variable scope around the weights and the cell's.
  public init(
    _ cell: Cell, size: Int, activation: (@Sendable (Tensor) -> Tensor)? = nil,
    name: String = "output_projection_wrapper"
  ) {
    self.cell = cell
    self.name = name
    map = LinearMap(size: size, activation: activation)
  }

  /// The number of elements the cell's output is mapped to.
  public var outputSize: Int { map.size }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell, and maps its output.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    inputs.graph.variableScope(name) {
      let (output, next) = cell(inputs, state)
      return (
        map(output, to: "outputs after the projection", op: "OutputProjectionWrapper"), next
      )
    }
  }
}
