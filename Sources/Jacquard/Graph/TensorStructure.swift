/// A value made of tensors: a tensor, an array of them, the state of a cell.
///
/// Loops carry such structures, sessions feed and fetch them, as one.
public protocol TensorStructure: Sendable {
  /// The tensors in it, in a fixed order.
  var tensors: [Tensor] { get }

  /// The same structure around other tensors, as many as ``tensors`` has, in its order.
  func rebuilt(from tensors: [Tensor]) -> Self
}

extension Tensor: TensorStructure {
  /// The tensors in it, in order.
  public var tensors: [Tensor] { [self] }
  /// The same structure around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> Tensor { tensors[0] }
}

extension Array: TensorStructure where Element: TensorStructure {
  /// The tensors in it, in order.
  public var tensors: [Tensor] { flatMap(\.tensors) }

  /// The same structure around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> [Element] {
    var rest = tensors[...]
    return map { element in
      let count = element.tensors.count
      defer { rest = rest.dropFirst(count) }
      return element.rebuilt(from: [Tensor](rest.prefix(count)))
    }
  }
}

extension Optional: TensorStructure where Wrapped: TensorStructure {
  /// The tensors in it, in order.
  public var tensors: [Tensor] { self?.tensors ?? [] }
  /// The same structure around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> Wrapped? { self?.rebuilt(from: tensors) }
}

/// Takes structures back out of a flat list, in order.
struct StructureReader {
  var rest: ArraySlice<Tensor>

  init(_ tensors: [Tensor]) { rest = tensors[...] }

  mutating func read<S: TensorStructure>(like structure: S) -> S {
    let count = structure.tensors.count
    defer { rest = rest.dropFirst(count) }
    return structure.rebuilt(from: Array(rest.prefix(count)))
  }
}
