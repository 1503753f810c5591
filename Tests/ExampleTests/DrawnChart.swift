import Foundation
import FoundationXML

/// The texts and paths of a drawing in SVG.
final class DrawnChart: NSObject, XMLParserDelegate {
  /// What is written, in order.
  private(set) var texts: [String] = []
  /// The class and the data of each path.
  private(set) var paths: [(pathClass: String, data: String)] = []
  private var text: String?

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  convenience init(contentsOf path: String) throws {
    try self.init(String(contentsOfFile: path, encoding: .utf8))
  }

  /// How many points the curves of a class have, `raw` or `smooth`, without those of the legend.
  func pointCounts(ofClass name: String) -> [Int] {
    paths.filter { $0.pathClass.hasPrefix("\(name) ") && !isLegend($0.data) }
      .map { $0.data.split { $0 == "M" || $0 == "L" }.count }
  }

  /// Legends are level strokes right of where curves begin.
  private func isLegend(_ data: String) -> Bool {
    let points = data.split { $0 == "M" || $0 == "L" }.map { $0.split(separator: " ") }
    return points.count == 2 && points[0][1] == points[1][1] && points[0][0] != "60"
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if name == "text" { text = "" }
    if name == "path" { paths.append((attributes["class"] ?? "", attributes["d"] ?? "")) }
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) {
    text? += characters
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if name == "text", let text { texts.append(text) }
    if name == "text" { text = nil }
  }
}
