import Jacquard

/// The states of several cells, or what stands for them: fetched arrays, sizes.
///
/// ```swift
/// let states = States(LSTMState(c: 128, h: 128), 64)
/// states.parts.0.c  // 128
/// ```
public struct States<each Part: Sendable>: Sendable {
  /// The states, in the order of the cells.
  public var parts: (repeat each Part)

  /// The states in the order of the cells.
  public init(_ parts: repeat each Part) { self.parts = (repeat each parts) }
}

extension States: Equatable where repeat each Part: Equatable {
  /// Whether all states are equal, each to its counterpart.
  public static func == (a: Self, b: Self) -> Bool {
    for (x, y) in repeat (each a.parts, each b.parts) {
      guard x == y else { return false }
    }
    return true
  }
}

extension States: Hashable where repeat each Part: Hashable {
  /// Hashes the states in order.
  public func hash(into hasher: inout Hasher) {
    for part in repeat each parts { hasher.combine(part) }
  }
}

extension States: CustomStringConvertible {
  /// The states in order: `States(LSTMState(c: 128, h: 128), 64)`.
  public var description: String {
    var texts: [String] = []
    for part in repeat each parts { texts.append("\(part)") }
    return "States(\(texts.joined(separator: ", ")))"
  }
}

extension States: TensorStructure where repeat each Part: TensorStructure {
  /// The tensors of all states, in order.
  public var tensors: [Tensor] {
    var tensors: [Tensor] = []
    for part in repeat each parts { tensors += part.tensors }
    return tensors
  }

  /// The same states around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> Self {
    var rest = tensors[...]
    func next<Structure: TensorStructure>(like part: Structure) -> Structure {
      let count = part.tensors.count
      defer { rest = rest.dropFirst(count) }
      return part.rebuilt(from: Array(rest.prefix(count)))
    }
    return Self(repeat next(like: each parts))
  }
}

extension States: Fetchable where repeat each Part: Fetchable {
  /// What each state fetches, in order.
  public var fetchedTensors: [Tensor] {
    var tensors: [Tensor] = []
    for part in repeat each parts { tensors += part.fetchedTensors }
    return tensors
  }

  /// What each state runs, in order.
  public var fetchedOperations: [Operation] {
    var operations: [Operation] = []
    for part in repeat each parts { operations += part.fetchedOperations }
    return operations
  }

  /// The states of the values fetched.
  public func assembled(
    from arrays: inout FetchedArrays
  ) -> States<repeat (each Part).Fetched> {
    States<repeat (each Part).Fetched>(repeat (each parts).assembled(from: &arrays))
  }
}

extension States: FeedValue where repeat each Part: FeedValue {
  /// What each state is fed, in order.
  public var feedItems: [FeedItem] {
    var items: [FeedItem] = []
    for part in repeat each parts { items += part.feedItems }
    return items
  }
}
