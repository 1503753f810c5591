import Jacquard
import JacquardArrays

/// One step of a recurrent network whose inputs and outputs may be structures of tensors: a pair of times and values, several streams.
///
/// ```swift
/// struct Mixer: StructuredRNNCell {
///   func step(_ inputs: [Tensor], _ state: Tensor) -> (output: [Tensor], state: Tensor) { … }
///   …
/// }
/// let (outputs, state) = dynamicRNN(Mixer(), [words, pictures])  // each [batch, steps, …]
/// ```
///
/// Networks take such cells as they take any. A cell of one input tensor and one output tensor is an ``RNNCell``; wrappers and cells
/// on top of each other take those only.
public protocol StructuredRNNCell: Sendable {
  /// What a step reads: a tensor, or a structure of tensors.
  associatedtype Input: TensorStructure
  /// What a step gives out: a tensor, or a structure of tensors.
  associatedtype Output: TensorStructure
  /// What goes from one step to the next.
  associatedtype State: TensorStructure
  /// Numbers in the arrangement of `State`.
  associatedtype StateSize: Sendable

  /// The number of elements of each part of the state, per row.
  var stateSize: StateSize { get }

  /// A state whose parts `part` makes, each from its shape without the leading batch dimension.
  func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> State

  /// An output whose parts `part` makes, each from its shape without the leading batch dimension.
  func makeOutput(_ part: (_ rowShape: [Int]) -> Tensor) -> Output

  /// Builds one step.
  ///
  /// Call the cell instead, `cell(inputs, state)`, to have errors name the calling line.
  ///
  /// - Parameters:
  ///   - inputs: each part `[batch, …]`.
  ///   - state: each part `[batch, …]`.
  /// - Returns: the output, each part `[batch, …]`, and the next state.
  func step(_ inputs: Input, _ state: State) -> (output: Output, state: State)
}

extension StructuredRNNCell {
  /// Builds one step: the output, each part `[batch, …]`, and the next state.
  ///
  /// - Parameters:
  ///   - inputs: each part `[batch, …]`.
  ///   - state: each part `[batch, …]`.
  public func callAsFunction(
    _ inputs: Input, _ state: State, file: StaticString = #fileID, line: UInt = #line
  ) -> (output: Output, state: State) {
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

  /// The types of the parts of a state for `rows` rows, found without a trace in the graph being built.
  func stateTypes(rows: Int?, dtype: DType) -> [TensorType] {
    let scratch = Graph()
    return makeState { scratch.placeholder(dtype, PartialShape([rows] + $0.map { $0 })) }
      .tensors.map(\.type)
  }

  /// A state of tensors that stand in for what cannot be built.
  func invalidState(in graph: Graph, dtype: DType) -> State {
    makeState { graph.invalid(TensorType(dtype, PartialShape([nil] + $0.map { $0 }))) }
  }
}
