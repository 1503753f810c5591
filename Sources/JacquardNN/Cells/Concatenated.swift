import Jacquard
import JacquardArrays

/// A cell whose state is one tensor, the parts of another cell's state side by side: TensorFlow's `state_is_tuple=False`.
///
/// ```swift
/// let cell = Concatenated(MultiRNNCell(BasicLSTMCell(units: 10), GRUCell(units: 5)))
/// cell.stateSize  // 25: c and h of the first, h of the second
/// ```
///
/// The parts are in the order of `tensors`: of an ``LSTMState`` c then h, of a stack those of all its cells
/// from the first. Parts of more dimensions than `[batch, elements]` are flattened. The wrapper opens no variable scope: the
/// cell's variables are named as without it.
public struct Concatenated<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell

  /// A cell whose state is one tensor.
  public init(_ cell: Cell) { self.cell = cell }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The number of elements of all parts of the cell's state together.
  public var stateSize: Int { partSizes(of: rowShapes).reduce(0, +) }

  /// A state made from the shape `[stateSize]` of its rows.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([stateSize]) }

  /// Builds one step of the cell.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: `[batch, stateSize]`, floating-point.
  public func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let graph = inputs.graph
    guard isFit(state, inputs) else {
      let dtype = state.dtype.isFloatingPoint ? state.dtype : .float32
      return (
        graph.invalid(TensorType(dtype, [inputs.shape[0], outputSize])),
        invalidState(in: graph, dtype: dtype)
      )
    }
    let (output, next) = cell(inputs, divided(state))
    return (output, joined(next))
  }

  /// The state of the cell that `state` holds.
  public func divided(
    _ state: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Cell.State {
    withSourceLocation(file, line) {
      let shapes = rowShapes
      guard !shapes.isEmpty else { return cell.makeState { _ in state } }
      let slices = state.split(sizes: partSizes(of: shapes), axis: 1)
      var parts = zip(slices, shapes).map { slice, shape in
        shape.count == 1 ? slice : slice.reshaped(to: [-1] + shape)
      }[...]
      return cell.makeState { _ in parts.removeFirst() }
    }
  }

  /// The parts of a state of the cell side by side, `[batch, stateSize]`.
  public func joined(
    _ state: Cell.State, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let parts = zip(state.tensors, rowShapes).map { part, shape in
        shape.count == 1 ? part : part.reshaped(to: [-1, shape.reduce(1, *)])
      }
      return concatenate(parts, axis: 1)
    }
  }

  private var rowShapes: [[Int]] {
    cell.stateTypes(rows: 1, dtype: .float32).map { Array(($0.shape.known ?? [1]).dropFirst()) }
  }

  private func partSizes(of shapes: [[Int]]) -> [Int] { shapes.map { $0.reduce(1, *) } }

  private func isFit(_ state: Tensor, _ inputs: Tensor) -> Bool {
    if state.isInvalid || inputs.isInvalid { return false }
    func reject(_ message: String, remedy: String) -> Bool {
      inputs.graph.diagnose(
        message, remedy: remedy, op: "Concatenated", operands: [inputs, state])
      return false
    }
    let types = cell.stateTypes(rows: nil, dtype: .float32)
    if types.isEmpty {
      return reject(
        "the cell has no state to concatenate", remedy: "use the cell as it is")
    }
    if let odd = types.first(where: { $0.dtype != .float32 }) {
      return reject(
        "a part of the cell's state is \(odd.dtype), which does not change with the others",
        remedy: "concatenate cells with floating-point states only")
    }
    guard state.dtype.isFloatingPoint,
      state.shape.isCompatible(with: [inputs.shape[0], stateSize])
    else {
      return reject(
        "the state is \(state.type), but floats of shape [batch, \(stateSize)] are meant",
        remedy: "start from zeroState(like: inputs), or give a state of that type")
    }
    return true
  }
}
