import Jacquard
import JacquardArrays

/// What a cell with weights checks of its inputs and its state before it builds a step.
struct CellOperands {
  /// The name of the cell's type, for diagnostics.
  let cell: String
  let inputs: Tensor
  /// The parts of the state, each with its name and the number of elements it should have per row.
  let state: [(name: String, tensor: Tensor, size: Int)]

  /// The number of inputs per row and the element type, if the operands fit; a diagnostic, or quiet for invalid operands, if not.
  func validated(dtype expected: DType?) -> (inputSize: Int, dtype: DType)? {
    let all = [inputs] + state.map(\.tensor)
    guard all.allSatisfy({ !$0.isInvalid }) else { return nil }
    let type = inputs.type
    guard type.dtype.isFloatingPoint else {
      return reject(
        "the cell computes with floating-point inputs only, not \(type)",
        remedy: "cast the inputs to float32 or float64")
    }
    if let expected, expected != type.dtype {
      return reject(
        "the inputs are \(type), the cell is \(expected)",
        remedy: "cast the inputs, or make the cell with dtype: .\(type.dtype)")
    }
    guard type.shape.rank == 2 else {
      return reject(
        "the inputs of one step are \(type), not of rank 2",
        remedy: "pass [batch, inputs]; dynamicRNN takes whole sequences")
    }
    guard let inputSize = type.shape[1] else {
      return reject(
        "the number of inputs per row is not known: \(type)",
        remedy: "declare the last dimension; the weights take their shape from it")
    }
    for part in state {
      let found = part.tensor.type
      let wanted = TensorType(type.dtype, [type.shape[0], part.size])
      guard found.dtype == wanted.dtype, found.shape.isCompatible(with: wanted.shape) else {
        return reject(
          "the state's \(part.name) is \(found), but \(wanted) is meant",
          remedy: "start from zeroState(like: inputs), or give a state of that type")
      }
    }
    return (inputSize, type.dtype)
  }

  /// Whether inputs of `inputSize` fit weights made for `known` inputs.
  func fits(_ inputSize: Int, weightsFor known: Int, _ kernel: Tensor) -> Bool {
    if inputSize == known { return true }
    reject(
      """
      the inputs have \(inputSize) elements per row, but the weights '\(kernel.name)', \
      \(kernel.type), were made for \(known)
      """, remedy: "call the cell with \(known) inputs, or make another cell")
    return false
  }

  @discardableResult
  private func reject(_ message: String, remedy: String) -> (inputSize: Int, dtype: DType)? {
    inputs.graph.diagnose(
      message, remedy: remedy, op: cell, operands: [inputs] + state.map(\.tensor))
    return nil
  }
}
