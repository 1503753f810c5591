import JacquardArrays

/// One value everywhere, in the shape of its operand, of which only the shape matters.
///
/// With `trailing`, one dimension of the operand is followed by these: a state of as many rows as a batch has.
struct FillLike: Op {
  var value: BitPattern
  var dtype: DType?
  var axis: Int?
  var trailing: [Int] = []

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    let shape = operands[0].shape
    let dtype = dtype ?? operands[0].dtype
    guard dtype.holds(value.value) else {
      throw TypeRuleError(
        "\(dtype) does not hold the number \(value)",
        remedy: "use a number that \(dtype) holds, or another dtype")
    }
    guard let axis else { return [TensorType(dtype, shape)] }
    try requireValidShape(trailing)
    let length = try shape.checkedAxis(axis).flatMap { shape[$0] }
    return [TensorType(dtype, PartialShape([length] + trailing))]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    FillKernel(
      value: value.value, dtype: context.results[0].dtype,
      count: context.resultShape().reduce(1, *))
  }

  func usesElements(ofOperand index: Int) -> Bool { false }
}

/// `value` in each element, in the shape of `tensor`.
///
/// - Parameters:
///   - value: the number, converted to the element type.
///   - tensor: only its shape matters; it is not computed.
///   - dtype: the element type; that of `tensor` by default.
public func full(
  _ value: Double, like tensor: Tensor, dtype: DType? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let op = FillLike(value: BitPattern(value), dtype: dtype == tensor.dtype ? nil : dtype)
  return tensor.graph.insert(op, tensor, file: file, line: line)
}

/// Zeros in the shape of `tensor`, of which only the shape matters.
public func zeros(
  like tensor: Tensor, dtype: DType? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  full(0, like: tensor, dtype: dtype, file: file, line: line)
}

/// Ones in the shape of `tensor`, of which only the shape matters.
public func ones(
  like tensor: Tensor, dtype: DType? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  full(1, like: tensor, dtype: dtype, file: file, line: line)
}

/// Zeros of shape `[n] + trailing`, where `n` is the length of `tensor` along `axis`: a state with as many rows as a batch.
///
/// - Parameters:
///   - tensor: only the length of its axis matters; it is not computed.
///   - axis: the axis that says how many rows there are, negative if counted from the end.
///   - trailing: the dimensions of a row.
///   - dtype: the element type; that of `tensor` by default.
public func zeros(
  rowsOf tensor: Tensor, axis: Int = 0, trailing: [Int], dtype: DType? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let op = FillLike(
    value: 0, dtype: dtype == tensor.dtype ? nil : dtype, axis: axis, trailing: trailing)
  return tensor.graph.insert(op, tensor, file: file, line: line)
}

extension Graph {
  /// Zeros of a known shape.
  public func zeros(
    _ dtype: DType, _ shape: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(0, dtype, shape, file: file, line: line)
  }

  /// Ones of a known shape.
  public func ones(
    _ dtype: DType, _ shape: [Int], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(1, dtype, shape, file: file, line: line)
  }

  /// `value` in each element of a tensor of a known shape.
  public func full(
    _ value: Double, _ dtype: DType, _ shape: [Int], file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    withSourceLocation(file, line) {
      let scalar = scalar(value, dtype)
      return shape.isEmpty ? scalar : scalar.broadcast(to: shape)
    }
  }
}
