/// What a drawing of a graph shows.
public struct DotOptions: Sendable {
  /// How many levels of scopes and loops are drawn as boxes; what lies deeper is folded into one node. `nil` draws everything; 0 is the coarsest view.
  ///
  /// Where scopes are folded, so is everything under the name of a variable: its initialiser and its optimizer slots.
  public var maxDepth: Int?

  /// Whether operations that were appended by ``Graph/gradients(of:withRespectTo:gradientsOf:stoppingAt:unconnected:file:line:)`` are drawn, and what is
  /// computed from them.
  public var includeGradients: Bool

  /// What has to be computed: only operations that it needs are drawn. Everything is drawn if empty.
  public var fetches: [any Fetchable]

  /// A heading.
  public var title: String?

  /// Whether a legend explains the shapes and colours in use.
  public var includeLegend: Bool

  /// Options; by default everything is drawn, with nothing folded.
  public init(
    maxDepth: Int? = nil, includeGradients: Bool = true, fetches: [any Fetchable] = [],
    title: String? = nil, includeLegend: Bool = true
  ) {
    self.maxDepth = maxDepth
    self.includeGradients = includeGradients
    self.fetches = fetches
    self.title = title
    self.includeLegend = includeLegend
  }
}

extension Graph {
  /// The graph as a drawing in Graphviz's language: `dot -Tsvg` makes a picture of it.
  ///
  /// Scopes and loops are boxes, every edge tells dtype and shape, and placeholders, variables and gradients look different. The
  /// same program gives the same text, whenever and wherever it runs.
  ///
  /// Constants of up to four elements are written into the operations that use them: `Multiply(·, 0.5)`.
  public func dot(_ options: DotOptions = DotOptions()) -> String {
    let state = read { copy $0 }
    var drawing = GraphDrawing(state, options)
    return drawing.document().rendered()
  }

  /// Writes the drawing of ``dot(_:)`` to a file, which is either replaced as a whole or left as it was.
  ///
  /// - Throws: `FileWriteError`.
  public func writeDot(to path: String, _ options: DotOptions = DotOptions()) throws {
    try replaceFile(at: path, with: dot(options))
  }
}
