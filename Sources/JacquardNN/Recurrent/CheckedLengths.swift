import Jacquard
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
    CheckedLengthsKernel(
      count: context.shape(0)[0], steps: context.shape(1)[timeAxis], dtype: context.dtype(0),
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
