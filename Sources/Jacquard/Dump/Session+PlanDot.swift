extension Session {
  /// How a run would be carried out, as a drawing in Graphviz's language: `dot -Tsvg` makes a picture of it.
  ///
  /// Each kernel is a node, numbered as in ``explain(_:feeding:)``; loops and branches are boxes. Compiles the plan unless it is kept;
  /// runs nothing.
  ///
  /// - Throws: what ``run(_:feeding:)`` throws before it runs a kernel.
  public func planDot<each F: Fetchable>(
    _ fetches: repeat each F, feeding feeds: Feeds = Feeds(), title: String? = nil
  ) throws -> String {
    var list = FetchList()
    repeat list.append(each fetches)
    let (prepared, _) = try prepare(list, feeds)
    let rows = prepared.plan.rows
    let names = graph.read { state in rows.map { state[operation: $0.origin].name } }
    var drawing = PlanDrawing(rows, names: names, title: title)
    return drawing.rendered()
  }
}
