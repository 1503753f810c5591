/// A drawing in Graphviz's language: nodes in nested boxes, and edges between them.
///
/// Everything is written in the order in which it was added.
struct DotDocument {
  /// The value of an attribute.
  enum Text {
    /// Plain text; shown as it is, whatever characters it holds.
    case plain(String)
    /// Markup of Graphviz's HTML-like labels.
    case markup(String)
  }

  typealias Attributes = [(key: String, value: Text)]

  /// What a box holds.
  enum Item {
    case node(id: String, Attributes)
    /// Nodes to stand in one row.
    case row([String])
    indirect case box(Box)
  }

  struct Box {
    var id: String
    var attributes: Attributes
    var items: [Item] = []
  }

  struct Edge {
    var from: String
    var to: String
    var attributes: Attributes
  }

  var name: String
  var attributes: Attributes
  var nodeDefaults: Attributes
  var edgeDefaults: Attributes
  var items: [Item] = []
  var edges: [Edge] = []

  /// The text, with a newline at its end.
  func rendered() -> String {
    var lines = ["digraph \(Self.identifier(name)) {"]
    for (keyword, list) in [("graph", attributes), ("node", nodeDefaults), ("edge", edgeDefaults)] {
      lines.append("  \(keyword)\(Self.list(list));")
    }
    for item in items { append(item, indentation: "  ", to: &lines) }
    for edge in edges {
      lines.append(
        "  \(Self.identifier(edge.from)) -> \(Self.identifier(edge.to))\(Self.list(edge.attributes));"
      )
    }
    lines.append("}\n")
    return lines.joined(separator: "\n")
  }

  private func append(_ item: Item, indentation: String, to lines: inout [String]) {
    switch item {
    case .node(let id, let attributes):
      lines.append("\(indentation)\(Self.identifier(id))\(Self.list(attributes));")
    case .row(let ids):
      lines.append(
        "\(indentation){ rank=same; \(ids.map { Self.identifier($0) + ";" }.joined(separator: " ")) }"
      )
    case .box(let box):
      // Graphviz draws subgraphs whose names start with "cluster" as boxes.
      lines.append("\(indentation)subgraph \(Self.identifier("cluster \(box.id)")) {")
      for (key, value) in box.attributes {
        lines.append("\(indentation)  \(key)=\(Self.rendered(value));")
      }
      for inner in box.items { append(inner, indentation: indentation + "  ", to: &lines) }
      lines.append("\(indentation)}")
    }
  }

  private static func list(_ attributes: Attributes) -> String {
    guard !attributes.isEmpty else { return "" }
    let pairs = attributes.map { "\($0.key)=\(rendered($0.value))" }
    return " [" + pairs.joined(separator: ", ") + "]"
  }

  private static func rendered(_ text: Text) -> String {
    switch text {
    case .plain(let text): quoted(text)
    case .markup(let markup): "<\(markup)>"
    }
  }

  /// `text` in quotation marks, so that Graphviz shows exactly `text`, line breaks included.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      // Graphviz reads character entities in plain text too.
      case "&": result += "&amp;"
      default: result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result + "\""
  }

  /// `text` in quotation marks, as the name of a node.
  static func identifier(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result + "\""
  }

  /// `text` for use inside markup.
  static func markupEscaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { value < 0x20 || 0x7F..<0xA0 ~= value }
}
