extension NDArray: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements as NumPy prints them: aligned columns in nested brackets, at most 8 digits after
  /// the point, lines of at most 75 characters, and `...` for the middle of axes where there are
  /// more than 1000 elements.
  ///
  /// A scalar is printed as Swift prints it, and so are truth values.
  public var description: String {
    dtype.accept(PrintVisitor(array: self))
  }

  /// The element type and the shape, then the elements on a line of their own.
  public var debugDescription: String {
    "NDArray(\(dtype), shape: \(shape))\n\(description)"
  }

  private struct PrintVisitor: ElementTypeVisitor {
    let array: NDArray
    func visit<E: ArrayElement>(_ type: E.Type) -> String {
      if array.count == 0 { return "[]" }
      if array.rank == 0 { return "\(array.scalar(as: E.self))" }
      return array.withUnsafeElements(of: E.self) { elements in
        var layout = ArrayLayout(shape: array.shape)
        let positions = layout.visiblePositions()
        layout.words = ElementFormat.words(for: positions.map { elements[$0] })
        return layout.text()
      }
    }
  }
}

/// Places words in nested brackets, as NumPy does.
struct ArrayLayout {
  static let summaryThreshold = 1000
  static let edgeItems = 3
  static let lineWidth = 75

  let shape: [Int]
  let strides: [Int]
  let isSummarised: Bool

  /// The elements that are printed, in row-major order, all padded to the same width.
  var words: [String] = []

  init(shape: [Int]) {
    self.shape = shape
    strides = ShapeArithmetic.rowMajorStrides(shape)
    isSummarised = ShapeArithmetic.elementCount(shape) > ArrayLayout.summaryThreshold
  }

  /// The indices along `axis` that are printed; `nil` stands for the ellipsis.
  private func entries(_ axis: Int) -> [Int?] {
    let length = shape[axis]
    guard isSummarised && length > 2 * ArrayLayout.edgeItems else { return Array(0..<length) }
    let head = (0..<ArrayLayout.edgeItems).map(Optional.some)
    let tail = (length - ArrayLayout.edgeItems..<length).map(Optional.some)
    return head + [nil] + tail
  }

  /// The row-major positions of the elements that are printed.
  func visiblePositions() -> [Int] {
    var positions = [0]
    for axis in shape.indices {
      let offsets = entries(axis).compactMap { $0 }.map { $0 * strides[axis] }
      positions = positions.flatMap { base in offsets.map { base + $0 } }
    }
    return positions
  }

  func text() -> String {
    var nextWord = 0
    return block(axis: 0, width: ArrayLayout.lineWidth, nextWord: &nextWord)
  }

  private func block(axis: Int, width: Int, nextWord: inout Int) -> String {
    // One column per bracket that is open on the left.
    let indent = String(repeating: " ", count: axis + 1)
    if axis == shape.count - 1 {
      return "[" + row(axis: axis, indent: indent, width: width - 1, nextWord: &nextWord) + "]"
    }
    var parts: [String] = []
    for entry in entries(axis) {
      parts.append(
        entry == nil ? "..." : block(axis: axis + 1, width: width - 1, nextWord: &nextWord))
    }
    let separator = String(repeating: "\n", count: shape.count - axis - 1) + indent
    return "[" + parts.joined(separator: separator) + "]"
  }

  /// The words of the innermost axis, on as many lines of `width` as they need.
  private func row(axis: Int, indent: String, width: Int, nextWord: inout Int) -> String {
    var lines: [String] = []
    var line = ""
    for entry in entries(axis) {
      var word = "..."
      if entry != nil {
        word = words[nextWord]
        nextWord += 1
      }
      let separator = line.isEmpty ? "" : " "
      let isFull = indent.count + line.count + separator.count + word.count > width
      if isFull && !line.isEmpty {
        while line.last == " " { line.removeLast() }
        lines.append(line)
        line = word
      } else {
        line += separator + word
      }
    }
    lines.append(line)
    return lines.joined(separator: "\n" + indent)
  }
}
