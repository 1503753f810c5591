import Jacquard
import JacquardArrays

/// One thing of the network that reads sequences from their start, another of the one that reads them from their end.
public struct Directions<Forward, Backward> {
  /// Of the network that reads from the start.
  public var forward: Forward
  /// Of the network that reads from the end.
  public var backward: Backward

  /// One of each.
  public init(forward: Forward, backward: Backward) {
    self.forward = forward
    self.backward = backward
  }
}

extension Directions: Sendable where Forward: Sendable, Backward: Sendable {}
extension Directions: Equatable where Forward: Equatable, Backward: Equatable {}
extension Directions: Hashable where Forward: Hashable, Backward: Hashable {}

extension Directions: TensorStructure where Forward: TensorStructure, Backward: TensorStructure {
  /// Those of forward, then those of backward.
  public var tensors: [Tensor] { forward.tensors + backward.tensors }

  /// The same directions around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> Directions {
    let count = forward.tensors.count
    return Directions(
      forward: forward.rebuilt(from: Array(tensors.prefix(count))),
      backward: backward.rebuilt(from: Array(tensors.dropFirst(count))))
  }
}

extension Directions: Fetchable where Forward: Fetchable, Backward: Fetchable {
  /// What forward fetches, then what backward does.
  public var fetchedTensors: [Tensor] { forward.fetchedTensors + backward.fetchedTensors }
  /// What forward runs, then what backward does.
  public var fetchedOperations: [Operation] {
    forward.fetchedOperations + backward.fetchedOperations
  }

  /// The directions of the values fetched.
  public func assembled(
    from arrays: inout FetchedArrays
  ) -> Directions<Forward.Fetched, Backward.Fetched> {
    Directions<Forward.Fetched, Backward.Fetched>(
      forward: forward.assembled(from: &arrays), backward: backward.assembled(from: &arrays))
  }
}

extension Directions: FeedValue where Forward: FeedValue, Backward: FeedValue {
  /// What forward is fed, then what backward is.
  public var feedItems: [FeedItem] { forward.feedItems + backward.feedItems }
}
