import Jacquard
import JacquardArrays

/// One step of a recurrent network: from the inputs of a time step and the state before it to an output and the next state.
///
/// ```swift
/// let cell = BasicLSTMCell(units: 128)
/// let (output, next) = cell(x, state)            // one step, by hand
/// let (outputs, last) = dynamicRNN(cell, inputs) // all steps, in a loop
/// ```
///
/// A cell owns its weights. They are made where it is first called, in the variable scope there, and used by all its
/// further calls in the same graph; ``PerGraph`` keeps them.
public protocol RNNCell: Sendable {
  /// What goes from one step to the next.
  associatedtype State: TensorStructure
  /// Numbers in the arrangement of `State`.
  associatedtype StateSize: Sendable

  /// The number of elements of the output, per row.
  var outputSize: Int { get }

  /// The number of elements of each part of the state, per row.
  var stateSize: StateSize { get }

  /// A state whose parts `part` makes, each from its shape without the leading batch dimension.
  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State

  /// Builds one step.
  ///
  /// Call the cell instead, `cell(inputs, state)`, to have errors name the calling line.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: each part `[batch, …]`.
  /// - Returns: the output, `[batch, outputSize]`, and the next state.
  func step(_ inputs: Tensor, _ state: State) -> (output: Tensor, state: State)
}

extension RNNCell {
  /// Builds one step: the output, `[batch, outputSize]`, and the next state.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: each part `[batch, …]`.
  public func callAsFunction(
    _ inputs: Tensor, _ state: State, file: StaticString = #fileID, line: UInt = #line
  ) -> (output: Tensor, state: State) {
    withSourceLocation(file, line) { step(inputs, state) }
  }

  /// A state of zeros for `batchSize` rows.
  public func zeroState(
    batchSize: Int, dtype: DType = .float32, in graph: Graph, file: StaticString = #fileID,
    line: UInt = #line
  ) -> State {
    withSourceLocation(file, line) { makeState { graph.zeros(dtype, [batchSize] + $0) } }
  }

  /// A state of zeros for as many rows as `rows` has along an axis, which may be open.
  ///
  /// - Parameters:
  ///   - rows: a tensor of which only the number of rows is used.
  ///   - batchAxis: the axis that counts the rows.
  ///   - dtype: the element type; that of `rows` by default.
  public func zeroState(
    like rows: Tensor, batchAxis: Int = 0, dtype: DType? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) -> State {
    withSourceLocation(file, line) {
      makeState { zeros(rowsOf: rows, axis: batchAxis, trailing: $0, dtype: dtype) }
    }
  }

  /// A state of tensors that stand in for what cannot be built.
  func invalidState(in graph: Graph, dtype: DType) -> State {
    makeState { graph.invalid(TensorType(dtype, PartialShape([nil] + $0.map { $0 }))) }
  }
}
