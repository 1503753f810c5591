import JacquardArrays
import Synchronization

/// A run prepared once: fixed fetches and fed tensors, called with arrays alone.
///
/// ```swift
/// let step = try session.makeCallable(cost, trainStep, feeding: [x, y])
/// let (cost, _) = try step(batch.images, batch.labels)
/// ```
///
/// It keeps the plan of its last call. May be called from several threads at once.
public struct Callable<each F: Fetchable>: Sendable {
  private let fetches: (repeat each F)
  private let core: CallableCore

  fileprivate init(_ fetches: repeat each F, core: CallableCore) {
    self.fetches = (repeat each fetches)
    self.core = core
  }

  /// Computes the fetches for `values`, one array for each fed tensor, in their order.
  ///
  /// - Throws: ``SessionError``, ``GraphError``.
  @discardableResult
  public func callAsFunction(_ values: NDArray...) throws -> (repeat (each F).Fetched) {
    try run(feeding: values)
  }

  /// Computes the fetches for `values`, one array for each fed tensor, in their order.
  ///
  /// - Throws: ``SessionError``, ``GraphError``.
  @discardableResult
  public func run(feeding values: [NDArray]) throws -> (repeat (each F).Fetched) {
    var arrays = FetchedArrays(try core.run(values))
    return (repeat (each fetches).assembled(from: &arrays))
  }

  /// Computes the fetches for `values` and writes them over `outputs`, one array for each fetched tensor.
  ///
  /// Where an array of `outputs` has the dtype and shape of its fetch, and shares its memory with no other array, it is
  /// overwritten in place: repeated calls with the same shapes allocate nothing. Other arrays are replaced. If it throws,
  /// the elements of `outputs` mean nothing.
  ///
  /// - Throws: ``SessionError``, ``GraphError``.
  public func run(feeding values: [NDArray], into outputs: inout [NDArray]) throws {
    try core.run(values, into: &outputs)
  }
}

extension Session {
  /// Prepares a run for repeated calls.
  ///
  /// - Parameters:
  ///   - fetches: what `run(_:feeding:)` takes.
  ///   - parameters: the tensors to feed, in the order in which calls give their arrays.
  /// - Throws: ``SessionError`` if something cannot be fed or fetched; ``GraphError``.
  public func makeCallable<each F: Fetchable>(
    _ fetches: repeat each F, feeding parameters: [Tensor] = []
  ) throws -> Callable<repeat each F> {
    var list = FetchList()
    repeat list.append(each fetches)
    return Callable(repeat each fetches, core: try CallableCore(self, list, parameters))
  }
}

/// What a callable is, whatever it fetches.
final class CallableCore: Sendable {
  /// A plan and the feeds it is for.
  private final class Choice: Sendable {
    let prepared: PreparedPlan
    let types: [(dtype: DType, shape: [Int])]

    init(_ prepared: PreparedPlan, _ values: [NDArray]) {
      self.prepared = prepared
      types = values.map { ($0.dtype, $0.shape) }
    }

    func fits(_ values: [NDArray], _ order: [Int]) -> Bool {
      for index in types.indices
      where types[index].dtype != values[index].dtype || types[index].shape != values[index].shape {
        return false
      }
      return prepared.accepts(values, order: order)
    }
  }

  private let session: Session
  private let fetches: FetchList
  private let parameters: [Tensor]
  /// The parameters in order of ascending value.
  private let order: [Int]
  private let lastChoice = Mutex<Choice?>(nil)

  init(_ session: Session, _ fetches: FetchList, _ parameters: [Tensor]) throws {
    self.session = session
    self.fetches = fetches
    self.parameters = parameters
    order = parameters.indices.sorted { parameters[$0].id < parameters[$1].id }
    try session.requireSoundGraph()
    try session.requireOwn(fetches)
    for tensor in parameters where tensor.graph !== session.graph {
      throw SessionError.foreignGraph(name: tensor.name, use: .fed)
    }
    for (first, second) in zip(order, order.dropFirst())
    where parameters[first].id == parameters[second].id {
      throw SessionError.duplicateFeed(tensor: parameters[first].name)
    }
    try session.graph.read { state in
      try state.check(fetches)
      for tensor in parameters { try state.requireRoot(of: tensor.id, use: .fed) }
    }
  }

  func run(_ values: [NDArray]) throws -> [NDArray] {
    try session.collect(try prepared(for: values), values, order: order)
  }

  func run(_ values: [NDArray], into outputs: inout [NDArray]) throws {
    try session.collect(try prepared(for: values), values, order: order, into: &outputs)
  }

  private func prepared(for values: [NDArray]) throws -> PreparedPlan {
    guard values.count == parameters.count else {
      throw SessionError.argumentCount(expected: parameters.count, given: values.count)
    }
    try session.requireSoundGraph()
    if let last = lastChoice.withLock({ $0 }), last.fits(values, order) {
      session.cache.touch(last.prepared)
      return last.prepared
    }
    var fed = ResolvedFeeds()
    fed.ids = order.map { parameters[$0].id }
    fed.arrays = order.map { values[$0] }
    let prepared = try session.prepare(fetches, fed)
    let choice = Choice(prepared, values)
    lastChoice.withLock { $0 = choice }
    return prepared
  }
}
