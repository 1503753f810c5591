import JacquardArrays

/// What a session can compute: a tensor, an operation, or a structure of them.
///
/// A fetch keeps its structure: an array of tensors gives an array of `NDArray`s, the state of a cell gives the same state of
/// arrays. To make a structure of your own fetchable, list its tensors and take the arrays back in the same order:
///
/// ```swift
/// extension Pair: Fetchable where Element: Fetchable {
///   var fetchedTensors: [Tensor] { first.fetchedTensors + second.fetchedTensors }
///   func assembled(from arrays: inout FetchedArrays) -> Pair<Element.Fetched> {
///     Pair<Element.Fetched>(first: first.assembled(from: &arrays), second: second.assembled(from: &arrays))
///   }
/// }
/// ```
public protocol Fetchable: Sendable {
  /// What fetching it gives.
  associatedtype Fetched: Sendable

  /// The tensors to compute, in a fixed order.
  var fetchedTensors: [Tensor] { get }

  /// The operations to run for what they do; none by default.
  var fetchedOperations: [Operation] { get }

  /// The fetched value, made of the next arrays: as many as ``fetchedTensors`` has, in its order.
  func assembled(from arrays: inout FetchedArrays) -> Fetched
}

extension Fetchable {
  /// None.
  public var fetchedOperations: [Operation] { [] }
}

/// The arrays that a run has computed, handed out in the order of the fetches.
public struct FetchedArrays {
  private var rest: ArraySlice<NDArray>

  init(_ arrays: [NDArray]) { rest = arrays[...] }

  /// The array of the next fetched tensor.
  public mutating func next() -> NDArray { rest.removeFirst() }
}

extension Tensor: Fetchable {
  /// The tensor.
  public var fetchedTensors: [Tensor] { [self] }
  /// Its elements.
  public func assembled(from arrays: inout FetchedArrays) -> NDArray { arrays.next() }
}

extension Operation: Fetchable {
  /// None.
  public var fetchedTensors: [Tensor] { [] }
  /// The operation.
  public var fetchedOperations: [Operation] { [self] }
  /// Nothing.
  public func assembled(from arrays: inout FetchedArrays) {}
}

extension Array: Fetchable where Element: Fetchable {
  /// The tensors of all elements, in order.
  public var fetchedTensors: [Tensor] { flatMap(\.fetchedTensors) }
  /// The operations of all elements, in order.
  public var fetchedOperations: [Operation] { flatMap(\.fetchedOperations) }

  /// What fetching each element gives.
  public func assembled(from arrays: inout FetchedArrays) -> [Element.Fetched] {
    map { $0.assembled(from: &arrays) }
  }
}

extension Optional: Fetchable where Wrapped: Fetchable {
  /// The tensors of the fetch, if there is one.
  public var fetchedTensors: [Tensor] { self?.fetchedTensors ?? [] }
  /// The operations of the fetch, if there is one.
  public var fetchedOperations: [Operation] { self?.fetchedOperations ?? [] }

  /// What fetching it gives, if there is something to fetch.
  public func assembled(from arrays: inout FetchedArrays) -> Wrapped.Fetched? {
    map { $0.assembled(from: &arrays) }
  }
}

/// The tensors and operations of several fetches, in order.
struct FetchList: Sendable {
  var tensors: [Tensor] = []
  var operations: [Operation] = []

  mutating func append(_ fetch: some Fetchable) {
    tensors += fetch.fetchedTensors
    operations += fetch.fetchedOperations
  }
}
