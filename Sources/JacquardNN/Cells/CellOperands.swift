import Jacquard
import JacquardArrays

/// What a cell with weights checks before it builds a step: its inputs, its state and its options.
struct CellOperands {
  /// The name of the cell's type, for diagnostics.
  let cell: String
  let inputs: Tensor
  /// The element type of the cell; that of the inputs if `nil`.
  var dtype: DType?
  /// The parts of the state, each with its name and the number of elements it should have per row.
  var state: [(name: String, tensor: Tensor, size: Int)] = []
  /// Options that count something, each with the name of what it counts: 1 or more.
  var counts: [(count: Int, name: String)] = []
  /// Options that bound magnitudes, each with its name: 0 or more, or absent.
  var bounds: [(bound: Double?, name: String)] = []

  /// The number of inputs per row and the element type, if all fits; a diagnostic, or quiet for invalid operands, if not.
  func validated() -> (inputSize: Int, dtype: DType)? {
    let all = [inputs] + state.map(\.tensor)
    guard all.allSatisfy({ !$0.isInvalid }) else { return nil }
    let type = inputs.type
    guard type.dtype.isFloatingPoint else {
      return reject(
        "the cell computes with floating-point inputs only, not \(type)",
        remedy: "cast the inputs to float32 or float64")
    }
    if let dtype, dtype != type.dtype {
      return reject(
        "the inputs are \(type), the cell is \(dtype)",
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
    let isFit =
      state.allSatisfy {
        hasType(TensorType(type.dtype, [type.shape[0], $0.size]), $0.tensor, $0.name)
      } && counts.allSatisfy(isPositive) && bounds.allSatisfy(isBound)
    return isFit ? (inputSize, type.dtype) : nil
  }

  /// Whether a part of the state is of the type wanted; a diagnostic if not.
  func hasType(_ wanted: TensorType, _ part: Tensor, _ name: String) -> Bool {
    let found = part.type
    if found.dtype == wanted.dtype, found.shape.isCompatible(with: wanted.shape) { return true }
    reject(
      "the state's \(name) is \(found), but \(wanted) is meant",
      remedy: "start from zeroState(like: inputs), or give a state of that type")
    return false
  }

  /// Whether inputs of `inputSize` fit weights made for `known` inputs; a diagnostic if not.
  func fits(_ inputSize: Int, weightsFor known: Int, _ kernel: Tensor) -> Bool {
    if inputSize == known { return true }
    reject(
      """
      the inputs have \(inputSize) elements per row, but the weights '\(kernel.name)', \
      \(kernel.type), were made for \(known)
      """, remedy: "call the cell with \(known) inputs, or make another cell")
    return false
  }

  private func isPositive(_ count: Int, _ name: String) -> Bool {
    if count > 0 { return true }
    inputs.graph.diagnose("the cell has \(count) \(name)", remedy: "give 1 or more", op: cell)
    return false
  }

  private func isBound(_ bound: Double?, _ name: String) -> Bool {
    guard let bound, !(bound >= 0) else { return true }
    inputs.graph.diagnose(
      "\(name) is \(bound)", remedy: "give 0 or more, or nil not to clip", op: cell)
    return false
  }

  @discardableResult
  private func reject(_ message: String, remedy: String) -> (inputSize: Int, dtype: DType)? {
    inputs.graph.diagnose(
      message, remedy: remedy, op: cell, operands: [inputs] + state.map(\.tensor))
    return nil
  }
}
