/// What a drawing's text says, taken apart line by line.
struct DotReader {
  struct Edge {
    var from: String
    var to: String
    var attributes: [String: String]

    var label: String { attributes["label"] ?? "" }
  }

  private(set) var nodes: [String: [String: String]] = [:]
  private(set) var edges: [Edge] = []
  private(set) var boxes: [String] = []
  /// The boxes around each node, outermost first.
  private(set) var nesting: [String: [String]] = [:]

  init(_ text: String) {
    var open: [String] = []
    for line in text.split(separator: "\n").dropFirst() {
      var rest = line.drop { $0 == " " }
      if rest == "}" {
        _ = open.popLast()
      } else if rest.hasPrefix("subgraph ") {
        rest.removeFirst("subgraph ".count)
        let name = Self.quoted(&rest).dropFirst("cluster ".count)
        boxes.append(String(name))
        open.append(String(name))
      } else if rest.first == "\"" {
        let id = Self.quoted(&rest)
        if rest.hasPrefix(" -> ") {
          rest.removeFirst(" -> ".count)
          let head = Self.quoted(&rest)
          edges.append(Edge(from: id, to: head, attributes: Self.attributes(&rest)))
        } else {
          nodes[id] = Self.attributes(&rest)
          nesting[id] = open
        }
      }
    }
  }

  func edges(from: String, to: String) -> [Edge] {
    edges.filter { $0.from == from && $0.to == to }
  }

  func label(_ node: String) -> String? { nodes[node]?["label"] }

  /// The text in quotation marks at the start of `rest`, as it is shown.
  private static func quoted(_ rest: inout Substring) -> String {
    var text = ""
    rest.removeFirst()
    while let character = rest.popFirst(), character != "\"" {
      if character != "\\" {
        text.append(character)
      } else if let escaped = rest.popFirst() {
        text.append(escaped == "n" ? "\n" : escaped)
      }
    }
    return text
  }

  private static func attributes(_ rest: inout Substring) -> [String: String] {
    var attributes: [String: String] = [:]
    while let start = rest.firstIndex(where: { $0.isLetter }) {
      rest = rest[start...]
      guard let end = rest.firstIndex(of: "=") else { break }
      let key = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      guard rest.first == "\"" else { break }
      attributes[key] = quoted(&rest)
    }
    return attributes
  }
}
