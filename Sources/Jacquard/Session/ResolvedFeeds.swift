import JacquardArrays

/// Feeds as arrays, in order of ascending value.
struct ResolvedFeeds: Sendable {
  var ids: [ValueID] = []
  var arrays: [NDArray] = []

  init() {}

  /// Sorts `feeds` and gives numbers the element types of their tensors.
  init(_ feeds: Feeds, in graph: Graph) throws {
    if let error = feeds.error { throw error }
    ids.reserveCapacity(feeds.entries.count)
    arrays.reserveCapacity(feeds.entries.count)
    for entry in feeds.entries {
      guard entry.tensor.graph === graph else {
        throw SessionError.foreignGraph(name: entry.tensor.name, use: .fed)
      }
      let id = entry.tensor.id
      var place = ids.count
      while place > 0 && ids[place - 1] > id { place -= 1 }
      if place > 0 && ids[place - 1] == id {
        throw SessionError.duplicateFeed(tensor: entry.tensor.name)
      }
      ids.insert(id, at: place)
      arrays.insert(try Self.array(entry), at: place)
    }
  }

  /// Where the array fed for `id` is.
  func position(of id: ValueID) -> Int? { ids.firstIndex(of: id) }

  private static func array(_ entry: Feeds.Entry) throws -> NDArray {
    let tensor = entry.tensor
    switch entry.item {
    case .array(let array): return array
    case .tensor(let value):
      throw SessionError.symbolicFeed(tensor: tensor.name, value: value.name)
    case .ragged: throw SessionError.raggedFeed(tensor: tensor.name)
    case .literal(let literal):
      let dtype = tensor.dtype
      switch literal.misfit(for: dtype) {
      case nil: return .from(literal, dtype: dtype)
      case .dtype(let fed):
        throw SessionError.feedDType(tensor: tensor.name, declared: dtype, fed: fed)
      case .range(let number):
        throw SessionError.feedRange(tensor: tensor.name, declared: dtype, number: number)
      }
    }
  }
}

extension GraphState {
  /// Throws what is wrong with feeding `feeds`: values inside loops, element types, shapes.
  func check(_ feeds: ResolvedFeeds) throws {
    for (id, array) in zip(feeds.ids, feeds.arrays) {
      try requireRoot(of: id, use: .fed)
      let type = self[value: id].type
      guard array.dtype == type.dtype else {
        throw SessionError.feedDType(
          tensor: displayName(of: id), declared: type.dtype, fed: array.dtype)
      }
      guard PartialShape(known: array.shape).isContained(in: type.shape) else {
        throw SessionError.feedShape(
          tensor: displayName(of: id), declared: type.shape, fed: array.shape)
      }
    }
  }

  /// Throws if a fetch is computed inside a loop or a branch.
  func check(_ fetches: FetchList) throws {
    for tensor in fetches.tensors { try requireRoot(of: tensor.id, use: .fetched) }
    for operation in fetches.operations where self[operation: operation.id].region != .root {
      throw SessionError.insideRegion(name: self[operation: operation.id].name, use: .fetched)
    }
  }

  func requireRoot(of id: ValueID, use: SessionError.Use) throws {
    guard home(of: id) == .root else {
      throw SessionError.insideRegion(name: displayName(of: id), use: use)
    }
  }
}
