import JacquardArrays

/// What a run is fed: tensors, or structures of them, and the arrays they have in that run.
///
/// Write it as a dictionary literal: `[x: batch.images, learningRate: 0.1, state: lastState]`. Any tensor of the graph can be
/// fed, not placeholders alone, unless it is computed inside a loop or a branch. A literal does not check that a
/// structure is paired with its like before it runs; ``feed(_:_:)-(K,_)`` does.
public struct Feeds: Sendable, ExpressibleByDictionaryLiteral {
  struct Entry: Sendable {
    var tensor: Tensor
    var item: FeedItem
  }

  var entries: [Entry] = []
  /// The first mispairing, reported by the run.
  var error: SessionError?

  /// No feeds.
  public init() {}

  /// Feeds from pairs of tensors, or structures of them, and values.
  public init(dictionaryLiteral pairs: (any TensorStructure, any FeedValue)...) {
    entries.reserveCapacity(pairs.count)
    for (key, value) in pairs { add(key, value) }
  }

  /// These feeds and one more, whose structure the compiler checks: a state of tensors takes the same state of arrays.
  public func feed<K: TensorStructure & Fetchable>(_ key: K, _ value: K.Fetched) -> Feeds
  where K.Fetched: FeedValue {
    var result = self
    result.add(key, value)
    return result
  }

  /// These feeds and a number, which takes the element type of `tensor`.
  public func feed(_ tensor: Tensor, _ number: Double) -> Feeds {
    var result = self
    result.add(tensor, number)
    return result
  }

  /// These feeds and a whole number, which takes the element type of `tensor`.
  public func feed(_ tensor: Tensor, _ number: Int) -> Feeds {
    var result = self
    result.add(tensor, number)
    return result
  }

  /// These feeds and a truth value.
  public func feed(_ tensor: Tensor, _ flag: Bool) -> Feeds {
    var result = self
    result.add(tensor, flag)
    return result
  }

  mutating func add(_ key: any TensorStructure, _ value: any FeedValue) {
    if let tensor = key as? Tensor, let array = value as? NDArray {
      entries.append(Entry(tensor: tensor, item: .array(array)))
      return
    }
    let tensors = key.tensors
    let items = value.feedItems
    guard tensors.count == items.count, Self.matches(key, value) else {
      error = error ?? Self.mispaired(key, tensors, value, items)
      return
    }
    for (tensor, item) in zip(tensors, items) { entries.append(Entry(tensor: tensor, item: item)) }
  }

  /// Whether `value` has the structure that fetching `key` gives; plain arrays fit any structure of their length.
  private static func matches(_ key: any TensorStructure, _ value: any FeedValue) -> Bool {
    if key is Tensor || value is [NDArray] || value.feedItems.contains(where: \.isTensor) {
      return true
    }
    guard let fetchable = key as? any Fetchable else { return true }
    return fetchedType(fetchable) == type(of: value) || value is any Collection
  }

  private static func fetchedType<F: Fetchable>(_ key: F) -> any Any.Type { F.Fetched.self }

  private static func mispaired(
    _ key: any TensorStructure, _ tensors: [Tensor], _ value: any FeedValue, _ items: [FeedItem]
  ) -> SessionError {
    let names = tensors.map { "'\($0.name)'" }.joined(separator: ", ")
    let keyText = key is Tensor ? names : "\(type(of: key)) of \(count(tensors.count)) (\(names))"
    return .mispairedFeed(
      tensors: keyText, value: "\(type(of: value)) of \(count(items.count, "array"))")
  }

  private static func count(_ number: Int, _ noun: String = "tensor") -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}

extension FeedItem {
  fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}
