import JacquardArrays

/// Finds or makes the arrays that a loop scans for values that differ from step to step.
struct LoopOperands {
  /// Computes arrays that are not there yet, in terms of the block.
  private(set) var preparation: [Node] = []
  /// How many arrays are gathered from single values.
  private(set) var gathered = 0
  private var known: [[Value?]: Value] = [:]
  private var parts: [Part: Value] = [:]
  private let count: Int

  init(count: Int) { self.count = count }

  /// The value of the body of `loop` that is `values` in turn.
  mutating func slice(
    _ values: [Value?], for loop: inout RolledLoop, from rolling: inout LoopRolling,
    _ program: inout Program
  ) -> Value {
    if let known = known[values] { return known }
    let slice =
      sliceOfConstant(values, for: &loop, &program)
      ?? sliceOfArray(values, for: &loop, from: &rolling, &program)
      ?? sliceOfStack(values, for: &loop, &program)
    known[values] = slice
    return slice
  }

  // MARK: Constants

  private func sliceOfConstant(
    _ values: [Value?], for loop: inout RolledLoop, _ program: inout Program
  ) -> Value? {
    let arrays = filled(values).map { program.constant($0) }
    guard let first = arrays[0], arrays.allSatisfy({ $0 != nil }) else { return nil }
    let ordered = loop.isReversed ? arrays.reversed() : arrays
    let whole = NDArray(uninitialized: first.dtype, shape: [count] + first.shape) { target in
      for (index, array) in ordered.enumerated() {
        array?.withUnsafeBytes { bytes in
          guard let source = bytes.baseAddress, let base = target.baseAddress else { return }
          (base + index * bytes.count).copyMemory(from: source, byteCount: bytes.count)
        }
      }
    }
    let value = program.addValue(TensorType(of: whole), constant: whole)
    return loop.form.scan(value, ScanSpecification(reversed: loop.isReversed), &program)
  }

  /// The values, with the nearest where any will do.
  private func filled(_ values: [Value?]) -> [Value] {
    var result: [Value] = []
    let first = values.lazy.compactMap(\.self).first!
    for value in values { result.append(value ?? result.last ?? first) }
    return result
  }

  // MARK: Arrays

  private mutating func sliceOfArray(
    _ values: [Value?], for loop: inout RolledLoop, from rolling: inout LoopRolling,
    _ program: inout Program
  ) -> Value? {
    let locations = values.map { value in value.flatMap { rolling.location(of: $0, program) } }
    guard
      let start = (0..<count - 1).first(where: {
        locations[$0] != nil && locations[$0]?.source == locations[$0 + 1]?.source
      }), let first = locations[start], let second = locations[start + 1],
      abs(second.index - first.index) == 1
    else { return nil }
    let stride = second.index - first.index
    let indices = (0..<count).map { first.index + ($0 - start) * stride }
    let others = (0..<count).filter {
      values[$0] != nil
        && !(locations[$0]?.source == first.source && locations[$0]?.index == indices[$0])
    }
    let length = first.length
    var low = min(indices[0], indices[count - 1])
    let array: Value
    var axis = 0
    switch first.source {
    case .array(let whole, let along):
      guard others.isEmpty else { return nil }
      (array, axis) = (whole, along)
    case .loop(let source):
      // The value before the first step is what the loop carried into it.
      let before = others.first.flatMap { values[$0] }
      if low == -1, count <= length, others.allSatisfy({ indices[$0] == -1 }),
        let carried = rolling.loops[source.loop].stackOfPrevious(
          source.value, initial: before, &program)
      {
        array = carried
        low = 0
      } else {
        guard others.isEmpty else { return nil }
        array = rolling.loops[source.loop].stack(source.value, &program)
      }
      if rolling.isStackedBackwards(first.source) { low = length - low - count }
    }
    let part = Part(array: array, axis: axis, start: low, length: length)
    guard let scanned = parts[part] ?? take(part, loop.form.origin, &program) else { return nil }
    parts[part] = scanned
    let specification = ScanSpecification(
      axis: axis, reversed: rolling.isReversedIndex(first, second))
    return loop.form.scan(scanned, specification, &program)
  }

  /// As many slices of an array as there are steps; the first or last again where it has none.
  private struct Part: Hashable {
    var array: Value
    var axis: Int
    var start: Int
    var length: Int
  }

  private mutating func take(
    _ part: Part, _ origin: OperationID, _ program: inout Program
  ) -> Value? {
    let (low, high) = (max(part.start, 0), min(part.start + count, part.length))
    let (missing, last) = (low - part.start, part.start + count - high)
    guard low < high, missing + last <= 2 else { return nil }
    if high - low == part.length, missing + last == 0 { return part.array }
    var list = NodeList(origin: origin)
    func slices(_ range: Range<Int>) -> Value? {
      let bound = Slice.Bound(axis: part.axis, begin: range.lowerBound, end: range.upperBound)
      return list.append(Slice(bounds: [bound]), [part.array], in: &program)
    }
    var pieces = (0..<missing).map { _ in slices(0..<1) }
    pieces.append(slices(low..<high))
    pieces += (0..<last).map { _ in slices(part.length - 1..<part.length) }
    let known = pieces.compactMap(\.self)
    guard known.count == pieces.count else { return nil }
    let whole =
      known.count == 1
      ? known[0] : list.append(Concatenate(axis: part.axis), known, in: &program)
    preparation += list.nodes
    return whole
  }

  // MARK: Single values

  private mutating func sliceOfStack(
    _ values: [Value?], for loop: inout RolledLoop, _ program: inout Program
  ) -> Value {
    let single = filled(values)
    let type = program.type(of: single[0])
    let whole = program.addValue(
      TensorType(type.dtype, PartialShape(known: [count] + (type.shape.known ?? []))))
    preparation.append(
      Node(
        op: Stack(axis: 0), operands: loop.isReversed ? single.reversed() : single,
        results: [whole], origin: loop.form.origin))
    gathered += 1
    return loop.form.scan(whole, ScanSpecification(reversed: loop.isReversed), &program)
  }
}
