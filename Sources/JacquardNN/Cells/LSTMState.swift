import Jacquard

/// The state of an LSTM cell, or what stands for its parts: tensors, fetched arrays, sizes.
public struct LSTMState<Element> {
  /// The memory, which a step changes by gates only: `[batch, units]`.
  public var c: Element
  /// The output of the step before: `[batch, units]`.
  public var h: Element

  /// A state from its parts.
  public init(c: Element, h: Element) {
    self.c = c
    self.h = h
  }
}

extension LSTMState: Sendable where Element: Sendable {}
extension LSTMState: Equatable where Element: Equatable {}
extension LSTMState: Hashable where Element: Hashable {}

extension LSTMState: CustomStringConvertible {
  /// The parts by name: `LSTMState(c: 128, h: 128)`.
  public var description: String { "LSTMState(c: \(c), h: \(h))" }
}

extension LSTMState: TensorStructure where Element == Tensor {
  /// c, then h.
  public var tensors: [Tensor] { [c, h] }

  /// A state of the two tensors c and h.
  public func rebuilt(from tensors: [Tensor]) -> LSTMState {
    LSTMState(c: tensors[0], h: tensors[1])
  }
}

extension LSTMState: Fetchable where Element: Fetchable {
  /// What c fetches, then what h does.
  public var fetchedTensors: [Tensor] { c.fetchedTensors + h.fetchedTensors }
  /// What c runs, then what h does.
  public var fetchedOperations: [Operation] { c.fetchedOperations + h.fetchedOperations }

  /// A state of the values fetched.
  public func assembled(from arrays: inout FetchedArrays) -> LSTMState<Element.Fetched> {
    LSTMState<Element.Fetched>(
      c: c.assembled(from: &arrays), h: h.assembled(from: &arrays))
  }
}

extension LSTMState: FeedValue where Element: FeedValue {
  /// What c is fed, then what h is.
  public var feedItems: [FeedItem] { c.feedItems + h.feedItems }
}
