import Jacquard

/// The state of a ``ClockworkRNNCell``, or what stands for its parts: tensors, fetched arrays, sizes.
public struct ClockworkState<Element> {
  /// The outputs of all modules, each that of the last step it was updated in: `[batch, units]`.
  public var h: Element
  /// The number of steps each row has made, `[batch]`, int64.
  public var step: Element

  /// A state from its parts.
  public init(h: Element, step: Element) {
    self.h = h
    self.step = step
  }
}

extension ClockworkState: Sendable where Element: Sendable {}
extension ClockworkState: Equatable where Element: Equatable {}
extension ClockworkState: Hashable where Element: Hashable {}

extension ClockworkState: CustomStringConvertible {
  /// The parts by name: `ClockworkState(h: 128, step: 1)`.
  public var description: String { "ClockworkState(h: \(h), step: \(step))" }
}

extension ClockworkState: TensorStructure where Element == Tensor {
  /// h, then step.
  public var tensors: [Tensor] { [h, step] }

  /// A state of the two tensors h and step.
  public func rebuilt(from tensors: [Tensor]) -> ClockworkState {
    ClockworkState(h: tensors[0], step: tensors[1])
  }
}

extension ClockworkState: PartlyDroppedState where Element == Tensor {
  /// h, but not the number of steps.
  public var isDropped: [Bool] { [true, false] }
}

extension ClockworkState: Fetchable where Element: Fetchable {
  /// What h fetches, then what step does.
  public var fetchedTensors: [Tensor] { h.fetchedTensors + step.fetchedTensors }
  /// What h runs, then what step does.
  public var fetchedOperations: [Operation] { h.fetchedOperations + step.fetchedOperations }

  /// A state of the values fetched.
  public func assembled(from arrays: inout FetchedArrays) -> ClockworkState<Element.Fetched> {
    ClockworkState<Element.Fetched>(
      h: h.assembled(from: &arrays), step: step.assembled(from: &arrays))
  }
}

extension ClockworkState: FeedValue where Element: FeedValue {
  /// What h is fed, then what step is.
  public var feedItems: [FeedItem] { h.feedItems + step.feedItems }
}
