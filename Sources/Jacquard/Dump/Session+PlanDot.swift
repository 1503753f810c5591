extension Session {
  /// How a run would be carried out, as a drawing in Graphviz's language: `dot -Tsvg` makes a picture of it.
  ///
  /// Each kernel is a node, numbered as in ``explain(_:feeding:order:includingViews:)``; loops and branches are boxes. Compiles the plan unless it is kept;
  /// runs nothing.
  ///
  /// - Throws: what `run(_:feeding:)` throws before it runs a kernel.
  public func planDot<each F: Fetchable>(
    _ fetches: repeat each F, feeding feeds: Feeds = Feeds(), title: String? = nil
  ) throws -> String {
    var list = FetchList()
    repeat list.append(each fetches)
    let (prepared, _) = try prepare(list, feeds)
    let plan = prepared.plan
    var drawing = graph.read { state in
      PlanDrawing(
        plan.rows, names: plan.rows.map { state[operation: $0.origin].name },
        inputs: plan.inputs.map { PlanDrawing.Input($0.source, state) }, title: title)
    }
    return drawing.rendered()
  }
}

extension PlanDrawing.Input {
  fileprivate init(_ source: InputSource, _ state: borrowing GraphState) {
    switch source {
    case .feed(let value): self.init(name: state.displayName(of: value), style: .placeholder)
    case .variable(let id), .pending(let id):
      self.init(name: state.variables[id.index].name, style: .variable)
    case .drawCounter: self.init(name: "draw counter", style: .random)
    }
  }
}
