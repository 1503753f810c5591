import JacquardArrays

/// A number of tensors of one type, written at indices known when the graph runs, each at most once: TensorFlow 1's `TensorArray`.
///
/// ```swift
/// let squares = TensorArray(size: 5, elementShape: [], in: graph)
/// let (_, filled) = graph.whileLoop(i, squares) { i, _ in i .< 5 } do: { i, squares in
///   (i + 1, squares.write(i, square(i.cast(to: .float32))))
/// }
/// filled.stack()  // float32[5]
/// ```
///
/// It is a value: a write returns the array with the element written, and the array it was called on stays as it was. Loops carry
/// it like a tensor. An index that is written a second time, or lies outside `0..<size`, fails the run with the line that
/// writes. What is not written reads as zeros. Elements may be read as often as one likes.
///
/// The elements are one dense tensor. A write puts its row into it where it lies if nobody else needs the tensor as it was: so it is
/// in a loop that only writes the array it carries; one that also reads it copies it in each iteration. The gradient of a
/// read in a loop is a tensor of the size of the array, in each iteration.
/// ``Graph/scan(_:initial:axis:reversed:parallelIterations:swapMemory:name:file:line:step:)``
/// reads slices and stacks what its steps give out without either. The size is fixed, there is no `dynamic_size`: for a number of steps that a
/// condition decides there is ``Graph/unfold(_:maximumSteps:stepsOf:axis:parallelIterations:swapMemory:name:file:line:while:step:)``.
public struct TensorArray: TensorStructure {
  /// `[size, …]`, with zeros where nothing is written.
  private let elements: Tensor
  /// Bool, `[size]`: whether the element is written.
  private let marks: Tensor

  private init(elements: Tensor, marks: Tensor) {
    self.elements = elements
    self.marks = marks
  }

  /// An array of `size` elements, none of them written.
  ///
  /// - Parameters:
  ///   - size: the number of elements.
  ///   - elementShape: the shape of each.
  ///   - dtype: the type of their elements.
  ///   - graph: the graph to build it in.
  public init(
    size: Int, elementShape: [Int], dtype: DType = .float32, in graph: Graph,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self = withSourceLocation(file, line) {
      guard size >= 0, elementShape.allSatisfy({ $0 >= 0 }) else {
        graph.report(
          "a tensor array of \(size) elements of shape \(elementShape)",
          remedy: "give a size and dimensions of 0 or more", op: "TensorArray")
        return Self(
          elements: graph.invalidTensor(TensorType(dtype, .unknown)),
          marks: graph.invalidTensor(TensorType(.bool, [nil])))
      }
      return Self(
        elements: graph.zeros(dtype, [size] + elementShape), marks: graph.zeros(.bool, [size]))
    }
  }

  /// An array of as many elements as `tensor` has slices along `axis`, which may be open, none of them written.
  ///
  /// - Parameters:
  ///   - tensor: only the length of its axis matters; it is not computed.
  ///   - axis: negative if counted from the end.
  ///   - elementShape: the shape of each element.
  ///   - dtype: the type of their elements; that of `tensor` by default.
  public init(
    sizeOf tensor: Tensor, axis: Int = 0, elementShape: [Int], dtype: DType? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    self = withSourceLocation(file, line) {
      Self(
        elements: zeros(rowsOf: tensor, axis: axis, trailing: elementShape, dtype: dtype),
        marks: zeros(rowsOf: tensor, axis: axis, trailing: [], dtype: .bool))
    }
  }

  /// An array of as many elements as the number that `size` is when the graph runs, none of them written.
  ///
  /// - Parameters:
  ///   - size: int32 or int64 scalar. Where it depends on data that are fed, a plan is compiled for each size.
  ///   - elementShape: the shape of each element.
  ///   - dtype: the type of their elements.
  public init(
    size: Tensor, elementShape: [Int], dtype: DType = .float32, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    self = withSourceLocation(file, line) {
      let marks = fill(
        shape: size.expandingDimensions(at: 0), value: size.graph.scalar(0, .bool))
      return Self(
        elements: zeros(rowsOf: marks, trailing: elementShape, dtype: dtype), marks: marks)
    }
  }

  /// An array of as many elements as `tensor` has slices along its first axis, and of their type, none of them written.
  ///
  /// - Parameters:
  ///   - tensor: `[size, …]`; only its shape matters, of which every dimension may be open; it is not computed.
  ///   - dtype: the type of the elements; by default that of `tensor`.
  public init(
    like tensor: Tensor, dtype: DType? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self = withSourceLocation(file, line) {
      Self(
        elements: zeros(like: tensor, dtype: dtype),
        marks: zeros(rowsOf: tensor, trailing: [], dtype: .bool))
    }
  }

  /// The array of the slices of `tensor` along its first axis, all of them written.
  ///
  /// - Parameter tensor: `[size, …]`.
  public init(unstacking tensor: Tensor, file: StaticString = #fileID, line: UInt = #line) {
    self = withSourceLocation(file, line) {
      let marks = zeros(rowsOf: tensor, trailing: [], dtype: .bool)
      return Self(elements: tensor, marks: full(1, like: marks))
    }
  }

  // MARK: - Structure

  /// The elements, then which of them are written.
  public var tensors: [Tensor] { [elements, marks] }

  /// The same array around other tensors.
  public func rebuilt(from tensors: [Tensor]) -> TensorArray {
    TensorArray(elements: tensors[0], marks: tensors[1])
  }

  /// The element type.
  public var dtype: DType { elements.dtype }

  /// The shape of an element, as far as it is known.
  public var elementShape: PartialShape { elements.shape.removing(axis: 0) }

  /// The number of elements, an int64 scalar.
  public func size(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    marks.sizeTensor(file: file, line: line)
  }

  // MARK: - Writing

  /// The array with `value` written at `index`.
  ///
  /// - Parameters:
  ///   - index: int32 or int64 scalar. One outside `0..<size`, or that is written already, fails the run.
  ///   - value: of the shape of an element.
  public func write(
    _ index: Tensor, _ value: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorArray {
    withSourceLocation(file, line) {
      guard index.shape.isCompatible(with: .scalar) else {
        index.graph.report(
          "the index is \(index.type), not a scalar",
          remedy: "write several elements with scatter(_:_:)", op: "TensorArray",
          operands: [index, value])
        return TensorArray(elements: index.graph.invalidTensor(elements.type), marks: marks)
      }
      return scatter(index, value)
    }
  }

  /// The array with `value` written at `index`.
  public func write(
    _ index: Int, _ value: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorArray {
    withSourceLocation(file, line) { write(value.graph.scalar(Double(index), .int64), value) }
  }

  /// The array with the slices of `values` along its first axis written at `indices`.
  ///
  /// - Parameters:
  ///   - indices: int32 or int64, `[count]`. One outside `0..<size`, or that is written already or occurs twice, fails the run.
  ///   - values: `[count, …]`.
  public func scatter(
    _ indices: Tensor, _ values: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorArray {
    withSourceLocation(file, line) {
      let graph = elements.graph
      let marks = graph.insert(TensorArrayMark(), marks, indices)
      return TensorArray(
        elements: graph.insert(TensorArrayWrite(), elements, marks, indices, values), marks: marks)
    }
  }

  /// The array with the slices of `values` along its first axis written from index 0 on.
  ///
  /// - Parameter values: `[count, …]`; `count` is at most the size. An array of just the slices of a tensor is
  ///   ``init(unstacking:file:line:)``.
  public func unstack(
    _ values: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> TensorArray {
    withSourceLocation(file, line) {
      let places = ones(rowsOf: values).cumulativeSum(axis: 0, exclusive: true)
      return scatter(places, values)
    }
  }

  // MARK: - Reading

  /// The element at `index`; zeros if it is not written.
  ///
  /// - Parameter index: int32 or int64 scalar; one outside `0..<size` fails the run.
  public func read(_ index: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    elements.gathered(at: index, file: file, line: line)
  }

  /// The element at `index`; zeros if it is not written.
  public func read(_ index: Int, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    withSourceLocation(file, line) { read(elements.graph.scalar(Double(index), .int64)) }
  }

  /// The elements at `indices`, stacked: `[count, …]`.
  ///
  /// - Parameter indices: int32 or int64, `[count]`; one outside `0..<size` fails the run.
  public func gather(
    _ indices: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    elements.gathered(at: indices, file: file, line: line)
  }

  /// All elements, stacked: `[size, …]`.
  public func stack() -> Tensor { elements }

  /// All elements, joined along their first axis: `size` elements `[n, …]` make `[size · n, …]`.
  public func concatenated(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    withSourceLocation(file, line) {
      guard elements.rank != 1 else {
        elements.graph.report(
          "the elements are scalars, which have no axis to be joined along",
          remedy: "use stack()", op: "TensorArray", operands: [elements])
        return elements.graph.invalidTensor(elements.type)
      }
      let joined = elements.sizeTensor(along: [0, 1]).expandingDimensions(at: 0)
      let rest = elements.shapeTensor().stridedSlice(begin: [2], end: [nil])
      return elements.reshaped(to: concatenate([joined, rest], axis: 0))
    }
  }
}

/// int64 ones `[n]`, one for each row of `tensor`.
private func ones(rowsOf tensor: Tensor) -> Tensor {
  ones(like: zeros(rowsOf: tensor, trailing: [], dtype: .int64))
}
