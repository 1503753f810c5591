// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/AddingAnOp.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func addingAnOp_function() throws {
  func mish(_ x: Tensor) -> Tensor { x * tanh(softplus(x)) }
}

func gated(
  _ x: Tensor, _ gate: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) { x * sigmoid(gate) }
}

func addingAnOp_customGradient() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  let rounded = customGradient(x) { round($0) } backward: { _, _, dy in dy }
  let slope = graph.gradients(of: [rounded], withRespectTo: [x])[0]!
  print(try Session(graph).run(slope, feeding: [x: [0.4, 1.6]]))      // [1. 1.]

  #expect(try Session(graph).run(slope, feeding: [x: [0.4, 1.6]]) == [1.0, 1.0])
  _ = graph
  _ = x
  _ = rounded
  _ = slope
}

func addingAnOp_closure() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  let median = graph.call("median", [x], resultType: { _ in TensorType(.float32, []) }) { arrays in
    let sorted = arrays[0].elements(as: Float.self).sorted()
    return NDArray(sorted[sorted.count / 2])
  }
  print(try Session(graph).run(median, feeding: [x: [3, 9, 1]]))      // 3.0

  #expect(try Session(graph).run(median, feeding: [x: [3, 9, 1]]) == NDArray(Float(3)))
  _ = graph
  _ = x
  _ = median
}

struct Softsign: ElementwiseOp {
  static let domain = ElementDomain.floating

  func lanes(_ dtypes: [DType]) -> LaneExpression {
    .apply(.divide, .operand(0), .apply(.add, .constant(1), .apply(.abs, .operand(0))))
  }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] {
    [dy / square(1 + abs(call.operands[0]))]
  }
}

func softsign(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.graph.insert(Softsign(), x, file: file, line: line)
}

func addingAnOp_softsign() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [nil], name: "x")
  print(try Session(graph).run(softsign(x), feeding: [x: [1, -3]]))   // [ 0.5  -0.75]

  #expect(try Session(graph).run(softsign(x), feeding: [x: [1, -3]]) == [0.5, -0.75])
  let slope = graph.gradients(of: [softsign(x)], withRespectTo: [x])[0]!
  #expect(try Session(graph).run(slope, feeding: [x: [1]]) == [0.25])
  _ = graph
  _ = x
  _ = slope
}

struct RollRows: Op {
  var places: Int

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    if let rank = operands[0].shape.rank, rank == 0 {
      throw TypeRuleError("a scalar has no rows", remedy: "give it an axis")
    }
    return [operands[0]]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0].map { $0.rolledRows(by: -places) }]
  }

  func lower(_ context: LoweringContext) -> any Kernel {
    let shape = context.shape(0)
    let length = shape[shape.count - 1]
    let size = context.dtype(0).byteCount
    let places = length == 0 ? 0 : (places % length + length) % length
    return RollRowsKernel(
      rowCount: shape.dropLast().reduce(1, *), rowBytes: length * size, wrappedBytes: places * size)
  }
}

struct RollRowsKernel: Kernel {
  var rowCount: Int
  var rowBytes: Int
  /// Bytes that leave at the end of a row and enter at its start.
  var wrappedBytes: Int

  private var rowsPerChunk: Int { max(1, 1 << 16 / max(rowBytes, 1)) }

  var chunkCount: Int { max(1, (rowCount + rowsPerChunk - 1) / rowsPerChunk) }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let rows = chunk * rowsPerChunk..<min((chunk + 1) * rowsPerChunk, rowCount)
    for row in rows where rowBytes > 0 {
      let source = buffers.operand(0) + row * rowBytes
      let target = buffers.result(0) + row * rowBytes
      let kept = rowBytes - wrappedBytes
      target.copyMemory(from: source + kept, byteCount: wrappedBytes)
      (target + wrappedBytes).copyMemory(from: source, byteCount: kept)
    }
  }
}

extension Tensor {
  /// This tensor with the elements of its last axis moved on by `places`; those that leave at the end enter at the start.
  func rolledRows(
    by places: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(RollRows(places: places), self, file: file, line: line)
  }
}

func addingAnOp_roll() throws {
  let graph = Graph()
  let x = graph.placeholder(.int32, [nil, 3], name: "x")
  print(try Session(graph).run(x.rolledRows(by: 1), feeding: [x: [[1, 2, 3], [4, 5, 6]]]))
  // [[3 1 2]
  //  [6 4 5]]

  #expect(try Session(graph).run(x.rolledRows(by: 1), feeding: [x: [[1, 2, 3], [4, 5, 6]]]) == ([[3, 1, 2], [6, 4, 5]] as NDArray))
  let y = graph.placeholder(.float64, [nil], name: "y")
  let weighted = (y.rolledRows(by: -1) * graph.constant([1.0, 2.0, 3.0], dtype: .float64)).sum()
  let slope = graph.gradients(of: [weighted], withRespectTo: [y])[0]!
  #expect(try Session(graph).run(slope, feeding: [y: NDArray([0.0, 0.0, 0.0] as [Double])]) == NDArray([3.0, 1.0, 2.0] as [Double]))
  _ = graph
  _ = x
  _ = y
  _ = weighted
  _ = slope
}

let addingAnOp_runs: [(name: String, run: @Sendable () throws -> Void)] = [("addingAnOp_function", addingAnOp_function), ("addingAnOp_customGradient", addingAnOp_customGradient), ("addingAnOp_closure", addingAnOp_closure), ("addingAnOp_softsign", addingAnOp_softsign), ("addingAnOp_roll", addingAnOp_roll)]
