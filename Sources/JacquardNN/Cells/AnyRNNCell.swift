import Jacquard
import JacquardArrays

/// A cell of some kind: cells of different kinds in one array, of a length known only when the program runs.
///
/// ```swift
/// var cells = [AnyRNNCell(LSTMCell(units: 64))]
/// for _ in 0..<depth { cells.append(AnyRNNCell(GRUCell(units: 64))) }
/// let (outputs, states) = dynamicRNN(cells, x)
/// (states[0].base as? LSTMState<Tensor>)?.c  // the memory of the first cell
/// ```
///
/// Where the kinds are known when the program is compiled, ``MultiRNNCell`` keeps the types of the states.
public struct AnyRNNCell: RNNCell {
  /// The cell inside.
  public let base: any RNNCell

  /// A cell of any kind.
  public init(_ cell: some RNNCell) { base = (cell as? AnyRNNCell)?.base ?? cell }

  /// The number of elements of the cell's output.
  public var outputSize: Int { base.outputSize }

  /// The number of elements of each part of the cell's state, in order.
  public var stateSize: [Int] {
    base.stateTypes(rows: 1, dtype: .float32).map { ($0.shape.known ?? []).reduce(1, *) }
  }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> AnyRNNState {
    func make(_ cell: some RNNCell) -> AnyRNNState { AnyRNNState(cell.makeState(part)) }
    return make(base)
  }

  /// Builds one step of the cell.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: a state of the cell.
  public func step(
    _ inputs: Tensor, _ state: AnyRNNState
  ) -> (output: Tensor, state: AnyRNNState) {
    func step<Cell: RNNCell>(_ cell: Cell) -> (output: Tensor, state: AnyRNNState) {
      let graph = inputs.graph
      guard let given = state.base as? Cell.State else {
        graph.diagnose(
          "the state is a \(type(of: state.base)), but the cell, a \(Cell.self), has a \(Cell.State.self)",
          remedy: "start from zeroState(like: inputs), or give a state of that kind",
          op: "AnyRNNCell", operands: [inputs] + state.tensors)
        return (
          graph.invalid(TensorType(inputs.dtype, [inputs.shape[0], outputSize])),
          invalidState(in: graph, dtype: inputs.dtype)
        )
      }
      let (output, next) = cell(inputs, given)
      return (output, AnyRNNState(next))
    }
    return step(base)
  }
}

/// The state of an ``AnyRNNCell``.
///
/// Fetched, it is an array of the values of its parts, and such an array may be fed to it.
public struct AnyRNNState: TensorStructure, Fetchable, PartlyDroppedState {
  /// The state of the cell inside: `state.base as? LSTMState<Tensor>`.
  public let base: any TensorStructure

  /// A state of any kind.
  public init(_ state: some TensorStructure) { base = (state as? AnyRNNState)?.base ?? state }

  /// The tensors of the state inside.
  public var tensors: [Tensor] { base.tensors }

  /// The same state around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> AnyRNNState {
    func rebuild(_ state: some TensorStructure) -> AnyRNNState {
      AnyRNNState(state.rebuilt(from: tensors))
    }
    return rebuild(base)
  }

  /// What the state inside says.
  public var isDropped: [Bool] { dropFlags(of: base) }

  /// Its tensors.
  public var fetchedTensors: [Tensor] { tensors }

  /// The values of its tensors, in order.
  public func assembled(from arrays: inout FetchedArrays) -> [NDArray] {
    tensors.map { _ in arrays.next() }
  }
}
