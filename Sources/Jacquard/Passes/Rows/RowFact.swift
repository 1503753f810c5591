import JacquardArrays

/// What is known of a value of a loop body, row by row.
struct RowFact: Equatable {
  /// What the leading axis of a value has to do with the rows of a batch.
  enum Extent {
    /// Nothing: the value is the same whatever the order of the rows.
    case same
    /// It counts the rows, and row `r` of the value depends on row `r` of other values, and on what is the same for all rows.
    case rows
    /// Every element is the same number, so it may be taken for either.
    case either
  }

  /// What a row holds once it has ended.
  enum Ended: Equatable {
    case unknown
    case number(Double)
    /// What the row of the carry with this number held before the iteration.
    case carry(Int)

    var isZero: Bool { self == .number(0) }
  }

  var extent: Extent
  var ended: Ended

  static let same = RowFact(extent: .same, ended: .unknown)

  init(extent: Extent, ended: Ended) {
    self.extent = extent
    self.ended = ended
  }

  /// What is known of a constant.
  init(_ constant: NDArray) {
    if let number = constant.commonElement {
      self.init(extent: .either, ended: .number(number))
    } else {
      self = .same
    }
  }
}

extension NDArray {
  /// The number that every element is, if there is one.
  fileprivate var commonElement: Double? {
    let size = dtype.byteCount
    let isCommon = withUnsafeBytes { bytes in
      // Each byte is like that of the element before.
      !bytes.isEmpty && zip(bytes, bytes.dropFirst(size)).allSatisfy { $0 == $1 }
    }
    guard isCommon else { return nil }
    return reshaped(to: [count])[0].doubleValue
  }
}

/// The rules by which rows that have ended go through operations on elements.
enum EndedElements {
  /// What an elementwise operation makes of rows of which the operands hold these.
  static func result(
    of op: any ElementwiseOp, _ operands: [RowFact.Ended], _ dtypes: [DType]
  ) -> RowFact.Ended {
    let numbers = operands.map { operand -> Double? in
      if case .number(let number) = operand { number } else { nil }
    }
    if !numbers.contains(nil), let number = evaluate(op, numbers.compactMap(\.self), dtypes) {
      return .number(number)
    }
    switch op {
    case is Select:
      if let condition = numbers[0] { return operands[condition != 0 ? 1 : 2] }
      return operands[1] == operands[2] ? operands[1] : .unknown
    case is Add:
      return sum(operands)
    case is Subtract:
      return numbers[1] == 0 ? operands[0] : .unknown
    case is Multiply:
      if numbers.contains(0) { return .number(0) }
      return numbers[0] == 1 ? operands[1] : numbers[1] == 1 ? operands[0] : .unknown
    case is Divide:
      return numbers[0] == 0 ? .number(0) : numbers[1] == 1 ? operands[0] : .unknown
    case is TanhGradient, is SigmoidGradient, is ReluGradient, is EluGradient:
      return numbers[1] == 0 ? .number(0) : .unknown
    case is LogicalAnd:
      return numbers.contains(0) ? .number(0) : .unknown
    default:
      return .unknown
    }
  }

  /// The sum of what rows hold.
  static func sum(_ terms: [RowFact.Ended]) -> RowFact.Ended {
    let others = terms.filter { !$0.isZero }
    return others.isEmpty ? .number(0) : others.count == 1 ? others[0] : .unknown
  }

  private static func evaluate(
    _ op: any ElementwiseOp, _ numbers: [Double], _ dtypes: [DType]
  ) -> Double? {
    var program = Program()
    let constants = zip(numbers, dtypes).map { NDArray($0).converted(to: $1) }
    let operands = constants.map {
      program.addValue(TensorType($0.dtype, .scalar), constant: $0)
    }
    let result = program.addValue(TensorType(op.resultDType(dtypes), .scalar))
    let node = Node(op: op, operands: operands, results: [result], origin: OperationID(-1))
    let results = try? ConstantEvaluator.evaluate(node, in: program, operands: constants)
    return results?.first?.doubleValue
  }
}
