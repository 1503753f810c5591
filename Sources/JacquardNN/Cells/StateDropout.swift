import Jacquard

/// A state some of whose tensors dropout must leave alone, such as the memory of an LSTM.
///
/// ``DropoutWrapper`` drops elements of all tensors of other states. Conform a state of your own to say otherwise.
public protocol PartlyDroppedState: TensorStructure {
  /// For each of `tensors`, whether dropout of the state applies to it.
  var isDropped: [Bool] { get }
}

extension LSTMState: PartlyDroppedState where Element == Tensor {
  /// Not c, but h: what is dropped from the memory would be forgotten for good.
  public var isDropped: [Bool] { [false, true] }
}

extension States: PartlyDroppedState where repeat each Part: TensorStructure {
  /// What each state says, in order.
  public var isDropped: [Bool] {
    var flags: [Bool] = []
    for part in repeat each parts { flags += dropFlags(of: part) }
    return flags
  }
}

extension Array: PartlyDroppedState where Element: TensorStructure {
  /// What each state says, in order.
  public var isDropped: [Bool] { flatMap { dropFlags(of: $0) } }
}

/// For each tensor of `state`, whether dropout of the state applies to it.
func dropFlags(of state: some TensorStructure) -> [Bool] {
  if let state = state as? any PartlyDroppedState { return state.isDropped }
  return state.tensors.map { _ in true }
}
