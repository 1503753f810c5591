import Jacquard

/// One step of a recurrent network: from the inputs of a time step and the state before it to an output and the next state.
///
/// ```swift
/// let cell = BasicLSTMCell(units: 128)
/// let (output, next) = cell(x, state)            // one step, by hand
/// let (outputs, last) = dynamicRNN(cell, inputs) // all steps, in a loop
/// ```
///
/// To write a cell: `outputSize`, `stateSize`, `makeState` and `step`, from inputs `[batch, …]` and a state to an output
/// `[batch, outputSize]` and the next state. A cell that takes or gives several tensors a step is a ``StructuredRNNCell``.
///
/// A cell owns its weights. They are made where it is first called, in the variable scope there, and used by all its
/// further calls in the same graph; ``PerGraph`` keeps them.
public protocol RNNCell: StructuredRNNCell where Input == Tensor, Output == Tensor {
  /// The number of elements of the output, per row.
  var outputSize: Int { get }
}

extension RNNCell {
  /// An output made from the shape `[outputSize]` of its rows.
  public func makeOutput(_ part: (_ rowShape: [Int]) -> Tensor) -> Tensor { part([outputSize]) }
}
