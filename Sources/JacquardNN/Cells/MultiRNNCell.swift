import Jacquard
import JacquardArrays

/// Cells of any kinds on top of each other: the output of each is the input of the next.
///
/// ```swift
/// let cell = MultiRNNCell(LSTMCell(units: 128), GRUCell(units: 64))
/// let (outputs, state) = dynamicRNN(cell, x)
/// state.parts.0.c  // the memory of the first cell
/// ```
///
/// The cell at index k makes its weights in the variable scope `multi_rnn_cell/cell_k`. A cell that is listed twice shares its
/// weights with itself, which stay where they were first made. For a number of cells known only when the program runs,
/// an array of cells is a cell too.
public struct MultiRNNCell<each Cell: RNNCell>: RNNCell {
  /// The state of each cell.
  public typealias State = States<repeat (each Cell).State>

  /// The cells, from the one that takes the inputs to the one that gives the output.
  public let cells: (repeat each Cell)
  /// The name of the variable scope around the cells'.
  public let name: String

  /// The cells on top of each other, at least one; the first takes the inputs.
  public init(_ cells: repeat each Cell, name: String = "multi_rnn_cell") {
    self.cells = (repeat each cells)
    self.name = name
  }

  /// The number of elements of the last cell's output.
  public var outputSize: Int {
    var size = 0
    for cell in repeat each cells { size = cell.outputSize }
    return size
  }

  /// The sizes of each cell's state.
  public var stateSize: States<repeat (each Cell).StateSize> {
    States<repeat (each Cell).StateSize>(repeat (each cells).stateSize)
  }

  /// The states of all cells, whose parts are made from the shapes of their rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State {
    States<repeat (each Cell).State>(repeat (each cells).makeState(part))
  }

  /// Builds one step of each cell.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, for the first cell.
  ///   - state: the state of each cell.
  public func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State) {
    var stack = CellStack(inputs: inputs)
    let next = inputs.graph.variableScope(name) {
      States<repeat (each Cell).State>(repeat stack.step(each cells, each state.parts))
    }
    return (stack.output(name: "MultiRNNCell"), next)
  }
}

/// An array of cells is the cells on top of each other: the output of each is the input of the next.
///
/// ```swift
/// let cell = (0..<layers).map { _ in LSTMCell(units: 128) }
/// let (outputs, states) = dynamicRNN(cell, x)
/// states[0].c  // the memory of the first cell
/// ```
///
/// As in ``MultiRNNCell``, the cell at index k makes its weights in the variable scope `multi_rnn_cell/cell_k`.
extension Array: StructuredRNNCell, RNNCell where Element: RNNCell {
  /// The number of elements of the last cell's output.
  public var outputSize: Int { last?.outputSize ?? 0 }

  /// The sizes of each cell's state.
  public var stateSize: [Element.StateSize] { map(\.stateSize) }

  /// The states of all cells, whose parts are made from the shapes of their rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> [Element.State] {
    map { $0.makeState(part) }
  }

  /// Builds one step of each cell.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, inputs]`, for the first cell.
  ///   - state: the state of each cell.
  public func step(
    _ inputs: Tensor, _ state: [Element.State]
  ) -> (output: Tensor, state: [Element.State]) {
    let graph = inputs.graph
    guard state.count == count else {
      graph.diagnose(
        "there are \(count) cells, but the states of \(state.count)",
        remedy: "start from zeroState(like: inputs), or give one state for each cell",
        op: "MultiRNNCell", operands: [inputs] + state.tensors)
      let invalid = invalidState(in: graph, dtype: inputs.dtype)
      return (graph.invalid(TensorType(inputs.dtype, [nil, outputSize])), invalid)
    }
    var stack = CellStack(inputs: inputs)
    let next = graph.variableScope("multi_rnn_cell") {
      zip(self, state).map { stack.step($0, $1) }
    }
    return (stack.output(name: "MultiRNNCell"), next)
  }
}

/// One step of cells on top of each other, cell by cell.
private struct CellStack {
  private var current: Tensor
  private var count = 0

  init(inputs: Tensor) { current = inputs }

  /// The next state of `cell`, which takes the output of the cell before.
  mutating func step<Cell: RNNCell>(_ cell: Cell, _ state: Cell.State) -> Cell.State {
    let (output, next) = current.graph.variableScope("cell_\(count)") { cell(current, state) }
    current = output
    count += 1
    return next
  }

  /// The output of the last cell; a diagnostic if there was none.
  func output(name: String) -> Tensor {
    if count > 0 || current.isInvalid { return current }
    current.graph.diagnose(
      "there are no cells to compute a step", remedy: "give at least one cell", op: name,
      operands: [current])
    return current.graph.invalid(TensorType(current.dtype, .unknown))
  }
}
