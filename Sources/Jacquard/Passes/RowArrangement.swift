/// An order of the rows of a matrix: their index is taken apart into dimensions, some of which run backwards, and which change
/// places.
struct RowArrangement: Hashable {
  private var dimensions: [Int] = []
  /// The dimensions that run backwards, in ascending order.
  private var flipped: [Int] = []
  private var permutation: [Int] = []

  /// The rows as they are.
  static let unchanged = RowArrangement()

  var isUnchanged: Bool { flipped.isEmpty && keepsPlaces }

  private var keepsPlaces: Bool { permutation == permutation.sorted() }

  /// The arrangement that undoes this one.
  var inverse: RowArrangement {
    RowArrangement(
      dimensions: permutation.map { dimensions[$0] },
      flipped: permutation.indices.filter { flipped.contains(permutation[$0]) },
      permutation: permutation.indices.map { permutation.firstIndex(of: $0) ?? 0 })
  }

  /// The arrangement after `node`, which shows or moves rows whole; `nil` if it does something else, or would take the row index
  /// apart in another way.
  func followed(by node: Node, in program: Program) -> RowArrangement? {
    guard let from = program.type(of: node.operands[0]).shape.known, from.count > 1,
      let to = program.type(of: node.results[0]).shape.known, to.count > 1, from.last == to.last,
      program.type(of: node.operands[0]).dtype == program.type(of: node.results[0]).dtype,
      from.reduce(1, *) == to.reduce(1, *)
    else { return nil }
    if node.isReshape { return self }
    switch node.op {
    case let op as Transpose:
      let order = op.order(rank: from.count)
      guard keepsPlaces, order.last == from.count - 1,
        var next = taken(apart: Array(from.dropLast()))
      else { return nil }
      next.permutation = Array(order.dropLast())
      return next
    case let op as Reverse:
      let axes = op.axes.map { from.normalized(axis: $0) }
      guard !axes.contains(from.count - 1), var next = taken(apart: Array(from.dropLast())) else {
        return nil
      }
      next.flipped = Set(next.flipped).symmetricDifference(axes.map { next.permutation[$0] })
        .sorted()
      return next
    default:
      return nil
    }
  }

  /// This arrangement of rows whose index is made up of `leading` dimensions; `nil` if it makes it up of others.
  private func taken(apart leading: [Int]) -> RowArrangement? {
    if isUnchanged {
      return RowArrangement(dimensions: leading, permutation: Array(leading.indices))
    }
    return permutation.map { dimensions[$0] } == leading ? self : nil
  }

  /// Appends what arranges the rows of `matrix`, `[rows, columns]`.
  func append(
    to list: inout NodeList, _ matrix: Value, in program: inout Program
  ) -> Value? {
    if isUnchanged { return matrix }
    guard let shape = program.type(of: matrix).shape.known,
      var moved = list.append(
        Reshape(shape: dimensions + [shape[1]]), [matrix], in: &program)
    else { return nil }
    if !flipped.isEmpty {
      guard let turned = list.append(Reverse(axes: flipped), [moved], in: &program) else {
        return nil
      }
      moved = turned
    }
    if !keepsPlaces {
      guard
        let turned = list.append(
          Transpose(permutation: permutation + [permutation.count]), [moved], in: &program)
      else { return nil }
      moved = turned
    }
    return list.append(Reshape(shape: shape), [moved], in: &program)
  }
}
