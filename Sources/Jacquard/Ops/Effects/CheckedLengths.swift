import JacquardArrays

/// The lengths of sequences as int64, each found to be between 0 and the number of steps.
///
/// Operands: the lengths, int32 or int64 `[batch]`, and the inputs, of which only the shape is used. A length out of range fails
/// the run.
struct CheckedLengths: Op {
  var batchAxis: Int
  var timeAxis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(2)
    let (lengths, inputs) = (operands[0], operands[1])
    guard lengths.dtype == .int32 || lengths.dtype == .int64 else {
      throw TypeRuleError(
        "sequenceLength is \(lengths), not int32 or int64", remedy: "cast it to .int32")
    }
    if let rank = lengths.shape.rank, rank != 1 {
      throw TypeRuleError(
        "sequenceLength is \(lengths), not a vector of one length for each batch row",
        remedy: "give sequenceLength the shape [\(Self.text(inputs.shape[batchAxis]))]")
    }
    for axis in [batchAxis, timeAxis] { _ = try inputs.shape.checkedAxis(axis) }
    let batch = inputs.shape[batchAxis]
    if let given = lengths.shape[0], let batch, given != batch {
      throw TypeRuleError(
        "sequenceLength has \(given) entries, but the inputs, \(inputs), have \(batch) batch rows",
        remedy: "give sequenceLength one entry per batch row")
    }
    return [TensorType(.int64, [lengths.shape[0] ?? batch])]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil, nil] }

  func usesElements(ofOperand index: Int) -> Bool { index == 0 }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let inputs = context.shape(1)
    let steps = inputs[inputs.normalized(axis: timeAxis)]
    return CheckedLengthsKernel(
      count: context.shape(0)[0], steps: steps, dtype: context.dtype(0),
      location: context.location)
  }

  private static func text(_ dimension: Int?) -> String { dimension.map(String.init) ?? "batch" }
}

struct CheckedLengthsKernel: Kernel {
  let count: Int
  let steps: Int
  let dtype: DType
  let location: KernelLocation

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let result = buffers.result(0, as: Int64.self)
    if dtype == .int32 {
      check(buffers.operand(0, as: Int32.self), result, buffers.status)
    } else {
      check(buffers.operand(0, as: Int64.self), result, buffers.status)
    }
  }

  private func check<Length: BinaryInteger>(
    _ lengths: UnsafePointer<Length>, _ result: UnsafeMutablePointer<Int64>, _ status: RunStatus
  ) {
    for row in 0..<count {
      let length = Int64(lengths[row])
      result[row] = min(max(length, 0), Int64(steps))
      if length != result[row] {
        status.fail(
          .lengthOutOfRange, at: location, row: row, detail: length, limit: Int64(steps))
      }
    }
  }
}

/// `lengths` as int64 `[batch]`, each found to be between 0 and the number of steps of `inputs`; a length out of range fails the run.
///
/// The check happens where the result is used. For loops over sequences that end at different steps.
///
/// - Parameters:
///   - lengths: int32 or int64 `[batch]`.
///   - inputs: only its shape is used; it is not computed.
///   - batchAxis: the axis of `inputs` that counts the sequences.
///   - timeAxis: the axis of `inputs` that counts the steps.
public func checkedLengths(
  _ lengths: Tensor, of inputs: Tensor, batchAxis: Int = 0, timeAxis: Int = 1,
  name: String? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  lengths.graph.insert(
    CheckedLengths(batchAxis: batchAxis, timeAxis: timeAxis), lengths, inputs, name: name,
    file: file, line: line)
}
