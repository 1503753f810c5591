// swift-format-ignore-file
// The code of CONTRIBUTING.md; bash Scripts/documentation-code.sh writes this file.
@testable import Jacquard
import JacquardArrays
import Testing

struct Softsign: ElementwiseOp {
  static let domain = ElementDomain.floating

  func lanes(_ dtypes: [DType]) -> LaneExpression {
    .apply(.divide, .operand(0), .apply(.add, .constant(1), .apply(.abs, .operand(0))))
  }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [dy / square(1 + abs(call.operands[0]))]
  }
}

/// `x / (1 + |x|)` of each element of `x`.
public func softsign(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Softsign(), x, file: file, line: line)
}

private typealias Rows = ElementwiseRows

func contributing_rows() throws {
  let cases: [OpCase] = Rows.unary("Tanh", over: -5...5, { tanh($0) }, { $0 })

  + Rows.unary("Softsign", over: -5...5, { softsign($0) }, { $0 / (1 + abs($0)) })
  _ = cases
}

struct Roll: Op {
  var shift: Int
  var axis: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    _ = try operands[0].shape.checkedAxis(axis)
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0]?.rolled(by: -shift, axis: axis)]
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let axis = try context.operands[0].shape.checkedAxis(axis) ?? 0
    return RollKernel(
      AxisView(context.shape(0), axis: axis), shift: shift,
      elementSize: context.dtype(0).byteCount)
  }
}

struct RollKernel: Kernel {
  private let rowSize: Int
  /// Bytes that leave at the end of a row.
  private let wrapped: Int
  private let cut: WorkCut

  init(_ view: AxisView, shift: Int, elementSize: Int) {
    let length = max(view.length, 1)
    let places = (shift % length + length) % length
    rowSize = view.length * view.inner * elementSize
    wrapped = places * view.inner * elementSize
    cut = WorkCut(view.outer, costPerItem: view.length * view.inner)
  }

  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let (source, target) = (buffers.operand(0), buffers.result(0))
    for row in cut.range(chunk) where rowSize > 0 {
      let start = row * rowSize
      (target + start).copyMemory(from: source + start + rowSize - wrapped, byteCount: wrapped)
      (target + start + wrapped).copyMemory(from: source + start, byteCount: rowSize - wrapped)
    }
  }
}

extension Tensor {
  /// This tensor with its elements moved on by `shift` places along `axis`; what leaves at one end enters at the other.
  public func rolled(
    by shift: Int, axis: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Roll(shift: shift, axis: axis), self, file: file, line: line)
  }
}

extension OpCase {
  private static let several: [DType] = [.float32, .int64]

  private static func rows(
    _ op: String, _ detail: String, _ shape: [Int], _ dtypes: [DType],
    build: @escaping @Sendable (Tensor) -> Tensor,
    expected: @escaping @Sendable (NDArray) -> NDArray
  ) -> [OpCase] {
    dtypes.map { dtype in
      OpCase(
        op, detail, [.sample(dtype, shape)], build: { [build($1[0])] },
        expected: { [expected($0[0])] })
    }
  }

private static let rolls: [OpCase] =
  rolled([3, 4], by: 1, axis: 0) + rolled([3, 4], by: -2, axis: 1)
  + rolled([2, 3, 2], by: 5, axis: -2) + rolled([0, 3], by: 1, axis: 0)

private static func rolled(_ shape: [Int], by shift: Int, axis: Int) -> [OpCase] {
  let along = axis < 0 ? axis + shape.count : axis
  return rows(
    "Roll", "by \(shift), axis \(axis)", shape, several,
    build: { $0.rolled(by: shift, axis: axis) },
    expected: { x in
      rearranged(x, shape) { index in
        var index = index
        index[along] = ((index[along] - shift) % shape[along] + shape[along]) % shape[along]
        return index
      }
    })
}

}
