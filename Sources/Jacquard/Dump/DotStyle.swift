/// How the kinds of nodes look.
enum DotNodeStyle: CaseIterable {
  case placeholder, variable, constant, operation, gradient, random, assignment, effect
  case parameter, foldedScope, foldedGradientScope, loop, conditional, invalid

  /// What the legend says.
  var legend: String {
    switch self {
    case .placeholder: "placeholder"
    case .variable: "variable"
    case .constant: "constant"
    case .operation: "operation"
    case .gradient: "operation of a gradient"
    case .random: "random draw"
    case .assignment: "assignment"
    case .effect: "effect: print, check"
    case .parameter: "what a body takes and gives"
    case .foldedScope: "scope, folded"
    case .foldedGradientScope: "scope of gradients, folded"
    case .loop: "loop, folded"
    case .conditional: "conditional, folded"
    case .invalid: "could not be built"
    }
  }

  private var shape: String {
    switch self {
    case .variable: "cylinder"
    case .constant: "note"
    case .parameter: "oval"
    case .random: "octagon"
    default: "box"
    }
  }

  var fill: String {
    switch self {
    case .placeholder: "#cfe4fa"
    case .variable: "#ffe2a8"
    case .constant: "#f4f4f4"
    case .operation: "#ffffff"
    case .gradient: "#d9f0d3"
    case .random: "#ead9f7"
    case .assignment: "#ffcfa6"
    case .effect: "#fbd5e5"
    case .parameter: "#eef1f5"
    case .foldedScope: "#ebebeb"
    case .foldedGradientScope: "#c3e6bb"
    case .loop, .conditional: "#dbe7f5"
    case .invalid: "#ffb3b3"
    }
  }

  private var line: String {
    switch self {
    case .placeholder: "#1f6fb2"
    case .variable: "#a86500"
    case .constant, .parameter: "#8a8a8a"
    case .operation, .foldedScope: "#4d4d4d"
    case .gradient, .foldedGradientScope: "#2e7d32"
    case .random: "#7b3fa0"
    case .assignment: "#c25700"
    case .effect: "#b0286a"
    case .loop, .conditional: "#27548a"
    case .invalid: "#c00000"
    }
  }

  private var style: String {
    switch self {
    case .placeholder: "filled,rounded,bold"
    case .foldedScope, .foldedGradientScope, .loop, .conditional: "filled,rounded"
    default: "filled"
    }
  }

  func attributes(label: String) -> DotDocument.Attributes {
    var attributes: DotDocument.Attributes = [
      ("label", .plain(label)), ("shape", .plain(shape)), ("style", .plain(style)),
      ("fillcolor", .plain(fill)), ("color", .plain(line)),
    ]
    switch self {
    case .loop, .conditional: attributes.append(("peripheries", .plain("2")))
    // The lid takes part of the height.
    case .variable: attributes.append(("margin", .plain("0.06,0.045")))
    case .parameter, .constant:
      attributes += [("fontsize", .plain("9")), ("margin", .plain("0.03,0.02"))]
    default: break
    }
    return attributes
  }
}

/// How the kinds of edges look.
enum DotEdgeStyle: CaseIterable {
  case data, gradient, shapeOnly, start, scan, invariant, next, control, assignment

  /// What the legend says: how it is drawn, and what it means.
  var legend: (stroke: String, meaning: String) {
    switch self {
    case .data: ("──▶", "tensor")
    case .gradient: ("──▶", "tensor of a gradient")
    case .shapeOnly: ("──▷", "only its shape matters")
    case .start: ("●─▶", "starts a carried value")
    case .scan: ("━━▶", "one slice an iteration")
    case .invariant: ("◇─▶", "the same in every iteration")
    case .next: ("╌╌▶", "to the next iteration")
    case .control: ("┈┈▶", "must happen before")
    case .assignment: ("╌╌▶", "new value of a variable")
    }
  }

  var color: String {
    switch self {
    case .data: "#404040"
    case .gradient: "#2e7d32"
    case .shapeOnly, .control: "#9a9a9a"
    case .start, .scan, .next: "#27548a"
    case .invariant: "#6b7f99"
    case .assignment: "#c25700"
    }
  }

  func attributes(label: String) -> DotDocument.Attributes {
    var attributes: DotDocument.Attributes = []
    if !label.isEmpty { attributes.append(("label", .plain(label))) }
    attributes.append(("color", .plain(color)))
    if self != .data { attributes.append(("fontcolor", .plain(color))) }
    switch self {
    case .data, .gradient: break
    case .shapeOnly: attributes.append(("arrowhead", .plain("empty")))
    case .start: attributes += [("dir", .plain("both")), ("arrowtail", .plain("dot"))]
    case .scan: attributes.append(("penwidth", .plain("2.5")))
    case .invariant: attributes += [("dir", .plain("both")), ("arrowtail", .plain("odiamond"))]
    case .next: attributes += [("style", .plain("dashed")), ("constraint", .plain("false"))]
    case .control: attributes.append(("style", .plain("dotted")))
    case .assignment: attributes += [("style", .plain("dashed")), ("constraint", .plain("false"))]
    }
    return attributes
  }
}

extension DotDocument {
  /// An empty drawing in the style of all of them.
  init(name: String, title: String?) {
    let font = ("fontname", Text.plain("Arial"))
    self.name = name
    attributes = [
      font, ("fontsize", .plain("13")), ("labelloc", .plain("t")), ("rankdir", .plain("TB")),
      ("nodesep", .plain("0.12")), ("ranksep", .plain("0.2")), ("compound", .plain("true")),
      // Without it, Graphviz fails to rank many nested boxes and leaves edges out.
      ("newrank", .plain("true")),
    ]
    if let title { attributes.insert(("label", .plain(title)), at: 0) }
    nodeDefaults = [
      font, ("fontsize", .plain("11")), ("margin", .plain("0.06,0.03")), ("height", .plain("0.2")),
      ("width", .plain("0.3")),
    ]
    edgeDefaults = [
      font, ("fontsize", .plain("8")), ("fontcolor", .plain("#404040")),
      ("arrowsize", .plain("0.6")),
    ]
  }

  /// A box that explains the styles in use, in a fixed order.
  static func legend(nodes: [DotNodeStyle], edges: [DotEdgeStyle]) -> Item {
    let nodeCells = DotNodeStyle.allCases.filter(nodes.contains).map { style in
      "<td border=\"1\" bgcolor=\"\(style.fill)\">\(markupEscaped(style.legend))</td>"
    }
    let edgeCells = DotEdgeStyle.allCases.filter(edges.contains).map { style in
      "<td align=\"left\"><font color=\"\(style.color)\">\(style.legend.stroke)</font> "
        + "\(markupEscaped(style.legend.meaning))</td>"
    }
    let cells = nodeCells + edgeCells
    let rows = stride(from: 0, to: cells.count, by: 2).map { start in
      "<tr>" + cells[start..<min(start + 2, cells.count)].joined() + "</tr>"
    }
    let table =
      "<table border=\"0\" cellborder=\"0\" cellspacing=\"2\" cellpadding=\"2\">"
      + rows.joined() + "</table>"
    let node = Item.node(
      id: "legend",
      [("shape", .plain("plain")), ("fontsize", .plain("9")), ("label", .markup(table))])
    return .box(
      Box(
        id: "legend",
        attributes: [
          ("label", .plain("legend")), ("fontsize", .plain("9")), ("color", .plain("#bbbbbb")),
        ],
        items: [node]))
  }
}
