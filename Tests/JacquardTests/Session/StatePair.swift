import Jacquard
import JacquardArrays

/// A structure as cells have: fetched and fed as one.
struct StatePair<Element: Sendable>: Sendable {
  var c: Element
  var h: Element
}

extension StatePair: TensorStructure where Element: TensorStructure {
  var tensors: [Tensor] { c.tensors + h.tensors }

  func rebuilt(from tensors: [Tensor]) -> StatePair {
    let count = c.tensors.count
    return StatePair(
      c: c.rebuilt(from: Array(tensors.prefix(count))),
      h: h.rebuilt(from: Array(tensors.dropFirst(count))))
  }
}

extension StatePair: Fetchable where Element: Fetchable {
  var fetchedTensors: [Tensor] { c.fetchedTensors + h.fetchedTensors }

  func assembled(from arrays: inout FetchedArrays) -> StatePair<Element.Fetched> {
    let first = c.assembled(from: &arrays)
    return StatePair<Element.Fetched>(c: first, h: h.assembled(from: &arrays))
  }
}

extension StatePair: FeedValue where Element: FeedValue {
  var feedItems: [FeedItem] { c.feedItems + h.feedItems }
}

/// The error `body` throws, if it is a session's.
func sessionError(_ body: () throws -> Void) -> SessionError? {
  do {
    try body()
    return nil
  } catch { return error as? SessionError }
}
