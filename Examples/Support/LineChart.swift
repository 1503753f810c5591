/// A drawing of curves over a common x axis, one panel above the other, as SVG.
///
/// Each curve is drawn twice: thin as it is, and thick smoothed, so that both noise and trend are seen. Colours follow what the viewer prefers, light or dark.
struct LineChart {
  /// One curve.
  struct Series {
    var name: String
    /// The values at x = 0, 1, 2, …; what is not finite is left out.
    var values: [Double]
  }

  /// Curves with a common y axis.
  struct Panel {
    var label: String
    var series: [Series]
    /// What the y axis covers; by default what the values need, from 0 on.
    var range: ClosedRange<Double>?
  }

  var title: String
  var subtitle: String
  var xLabel: String
  var panels: [Panel]

  /// The weight of a value in the smoothed one beside it; that one's own is 1.
  static let smoothing = 0.9

  private static let width = 860.0
  private static let (left, right, top, bottom) = (60.0, 24.0, 92.0, 52.0)
  private static let (panelHeight, gap) = (200.0, 44.0)
  private static let colours = 4

  /// The document.
  func svg() -> String {
    let steps = max(panels.flatMap(\.series).map(\.values.count).max() ?? 0, 2)
    let x = Scale(
      from: 0...Double(steps - 1), to: Self.left, Self.width - Self.right, ticks: 9)
    let height =
      Self.top + Double(panels.count) * (Self.panelHeight + Self.gap) - Self.gap + Self.bottom
    var lines = header(height: height)
    for (index, panel) in panels.enumerated() {
      let top = Self.top + Double(index) * (Self.panelHeight + Self.gap)
      lines += draw(panel, x, top: top, isLast: index == panels.count - 1)
    }
    lines.append(
      text(xLabel, x: (Self.left + Self.width - Self.right) / 2, y: height - 14, "middle"))
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func header(height: Double) -> [String] {
    let size = "width=\"\(number(Self.width))\" height=\"\(number(height))\""
    let box = "viewBox=\"0 0 \(number(Self.width)) \(number(height))\""
    return [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) \(box) role=\"img\">",
      "<title>\(escaped(title)): \(escaped(subtitle))</title>",
      Self.style,
      "<rect class=\"paper\" \(size)/>",
      text(title, x: Self.left, y: 28, "start", "title"),
      text(subtitle, x: Self.left, y: 48, "start", "quiet"),
    ]
  }

  private static let style = """
    <style>
    text { font: 12px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
    .title { font-size: 16px; font-weight: 600; }
    .quiet { fill: #57606a; }
    .paper { fill: #ffffff; }
    .grid { stroke: #d8dee4; }
    .axis { stroke: #57606a; }
    path { fill: none; stroke-linejoin: round; }
    .raw { stroke-width: 1; opacity: 0.35; }
    .smooth { stroke-width: 2.2; }
    .c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
    @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .paper { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .axis { stroke: #9198a1; }
    .raw { opacity: 0.55; }
    .c0 { stroke: #58a6ff; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #bc8cff; }
    }
    </style>
    """

  private func draw(_ panel: Panel, _ x: Scale, top: Double, isLast: Bool) -> [String] {
    let bottom = top + Self.panelHeight
    let values = panel.series.flatMap(\.values).filter(\.isFinite)
    // Downwards, as SVG counts
    let y = Scale(
      from: panel.range ?? min(0, values.min() ?? 0)...max(values.max() ?? 1, 1e-12),
      to: bottom, top, ticks: 5)
    var lines: [String] = []
    for tick in y.ticks {
      lines.append(line("grid", Self.left, y[tick], Self.width - Self.right, y[tick]))
      lines.append(text(y.label(tick), x: Self.left - 8, y: y[tick] + 4, "end", "quiet"))
    }
    for tick in x.ticks {
      lines.append(line("axis", x[tick], bottom, x[tick], bottom + 5))
      if isLast { lines.append(text(x.label(tick), x: x[tick], y: bottom + 20, "middle", "quiet")) }
    }
    lines.append(line("axis", Self.left, bottom, Self.width - Self.right, bottom))
    lines.append(text(panel.label, x: Self.left, y: top - 10, "start"))
    lines += legend(panel, y: top - 10)
    for (index, series) in panel.series.enumerated() {
      let colour = "c\(index % Self.colours)"
      lines.append(path("raw \(colour)", series.values, x, y))
      lines.append(path("smooth \(colour)", Self.smoothed(series.values), x, y))
    }
    return lines
  }

  /// The names of the curves, at the right end of the line above them.
  private func legend(_ panel: Panel, y: Double) -> [String] {
    var lines: [String] = []
    var right = Self.width - Self.right
    func add(_ name: String, _ entryClass: String) {
      lines.append(text(name, x: right, y: y, "end", "quiet"))
      right -= Double(name.count) * 7 + 12
      lines.append(line(entryClass, right - 22, y - 4, right, y - 4))
      right -= 44
    }
    if panel.series.count == 1 {
      add("smoothed", "smooth c0")
      add("each step", "raw c0")
    } else {
      for (index, series) in panel.series.enumerated().reversed() {
        add(series.name, "smooth c\(index % Self.colours)")
      }
    }
    return lines
  }

  /// Means over neighbours, whose weights fall by ``smoothing`` from one to the next in both directions.
  static func smoothed(_ values: [Double]) -> [Double] {
    /// Sums and weights of each value and those before it.
    func sums(_ values: [Double]) -> [(sum: Double, weight: Double)] {
      var (sum, weight) = (0.0, 0.0)
      return values.map { value in
        sum = sum * smoothing + (value.isFinite ? value : 0)
        weight = weight * smoothing + (value.isFinite ? 1 : 0)
        return (sum, weight)
      }
    }
    let (before, after) = (sums(values), Array(sums(values.reversed()).reversed()))
    return values.indices.map { index in
      let value = values[index]
      guard value.isFinite else { return .nan }
      return (before[index].sum + after[index].sum - value)
        / (before[index].weight + after[index].weight - 1)
    }
  }

  private func path(_ pathClass: String, _ values: [Double], _ x: Scale, _ y: Scale) -> String {
    var data = ""
    var isDrawing = false
    for (position, value) in Self.thinned(values) {
      guard value.isFinite else {
        isDrawing = false
        continue
      }
      data += "\(isDrawing ? "L" : "M")\(number(x[position])) \(number(y[y.clamped(value)]))"
      isDrawing = true
    }
    return "<path class=\"\(pathClass)\" d=\"\(data)\"/>"
  }

  /// Of many values, the lowest and the highest of each stretch: what a drawing of this width can show.
  static func thinned(_ values: [Double]) -> [(position: Double, value: Double)] {
    let stretches = 700
    let all = values.enumerated().map { (position: Double($0), value: $1) }
    guard values.count > 2 * stretches else { return all }
    return (0..<stretches).flatMap { index in
      let range = values.count * index / stretches..<values.count * (index + 1) / stretches
      let stretch = all[range]
      guard stretch.allSatisfy(\.value.isFinite),
        let low = stretch.min(by: { $0.value < $1.value }),
        let high = stretch.max(by: { $0.value < $1.value })
      else { return Array(stretch.prefix(2)) }
      return low.position < high.position ? [low, high] : [high, low]
    }
  }

  private func line(
    _ lineClass: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
  ) -> String {
    "<path class=\"\(lineClass)\" d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\"/>"
  }

  private func text(
    _ content: String, x: Double, y: Double, _ anchor: String, _ textClass: String = "label"
  ) -> String {
    "<text class=\"\(textClass)\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">"
      + "\(escaped(content))</text>"
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  /// One decimal, or none.
  private func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }
}
