extension MemoryProfile {
  /// The arena as a drawing: steps from left to right, addresses from bottom to top, a box for each piece of memory.
  ///
  /// A pointer over a box shows what it is.
  public var svg: String {
    let (left, top, width, height) = (72, 36, 960, 480)
    let steps = max(timeline.count, 1)
    let size = max(arenaBytes, 1)
    func x(_ step: Int) -> Double { Double(left) + Double(width) * Double(step) / Double(steps) }
    func y(_ address: Int) -> Double {
      Double(top + height) - Double(height) * Double(address) / Double(size)
    }
    func text(_ x: Double, _ y: Double, _ anchor: String, _ text: String) -> String {
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\">"
        + "\(DotDocument.markupEscaped(text))</text>"
    }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1056 572\" "
        + "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">",
      "<rect width=\"1056\" height=\"572\" fill=\"#fff\"/>",
      text(
        Double(left), 20, "start",
        "arena \(Format.bytes(arenaBytes)), at most \(Format.bytes(peakBytes)) in use, "
          + "at step \(peakStep) of \(timeline.count)"),
      "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" "
        + "fill=\"#f4f4f4\" stroke=\"#999\"/>",
    ]
    for block in blocks where !block.isSwapped && block.lastStep >= block.firstStep {
      let (bottom, end) = (y(block.offset), y(block.offset + block.bytes))
      let steps = "steps \(block.firstStep)–\(block.lastStep)"
      let words = [
        Format.bytes(block.bytes), block.role.rawValue, block.type ?? "", block.operation, steps,
      ]
      let start = x(block.firstStep - 1)
      lines.append(
        "<rect x=\"\(Self.number(start))\" y=\"\(Self.number(end))\" "
          + "width=\"\(Self.number(x(block.lastStep) - start))\" "
          + "height=\"\(Self.number(bottom - end))\" fill=\"\(block.role.colour)\" "
          + "stroke=\"#fff\" stroke-width=\"0.5\"><title>"
          + DotDocument.markupEscaped(words.filter { !$0.isEmpty }.joined(separator: ", "))
          + "</title></rect>")
    }
    for share in 0...4 {
      let address = size / 4 * share
      lines.append(text(Double(left - 6), y(address) + 4, "end", Format.bytes(address)))
    }
    lines.append(text(x(0), Double(top + height + 18), "start", "step 1"))
    lines.append(text(x(steps), Double(top + height + 18), "end", "step \(steps)"))
    var place = Double(left)
    for role in Block.Role.drawn {
      lines.append(
        "<rect x=\"\(Self.number(place))\" y=\"546\" width=\"12\" height=\"12\" "
          + "fill=\"\(role.colour)\"/>")
      lines.append(text(place + 18, 556, "start", role.rawValue))
      place += 96
    }
    return lines.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func number(_ value: Double) -> String { Format.decimal(value, places: 2) }
}

extension MemoryProfile.Block.Role {
  fileprivate static let drawn: [Self] = [.result, .carried, .slice, .scratch]

  fileprivate var colour: String {
    switch self {
    case .result: "#4c78a8"
    case .carried: "#f58518"
    case .slice: "#72b7b2"
    case .scratch: "#bab0ac"
    case .counter, .reserved: "#e45756"
    }
  }
}
