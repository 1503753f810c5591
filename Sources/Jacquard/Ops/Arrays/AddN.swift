import JacquardArrays

/// The sum of operands of one shape.
struct AddN: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    let dtype = try operands.requireSameDType()
    try operands.requireDType(in: .numeric)
    var common: PartialShape = .unknown
    for type in operands.types {
      guard let merged = common.merged(with: type.shape) else {
        throw TypeRuleError(
          "tensors of shapes \(common) and \(type.shape) do not add up without broadcasting",
          remedy: "make all shapes equal, or add with +, which broadcasts")
      }
      common = merged
    }
    return [TensorType(dtype, common)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    call.operands.map { _ in upstream[0] }
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let functions = try Reduction.sum.functions(for: context.dtype(0))
    return AddNKernel(
      combine: functions.combine, operandCount: context.operands.count,
      dtype: context.dtype(0), count: context.resultShape().reduce(1, *))
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    // The first two are read before anything is written in their place.
    .inPlace(operands: Array(context.operands.indices.prefix(2)))
  }
}

struct AddNKernel: Kernel {
  private let combine: VectorInstruction.TileFunction
  private let operandCount: Int
  private let elementSize: Int
  let floatingPointOperations: Int
  private let cut: WorkCut

  private static let tile = 2048

  init(
    combine: @escaping VectorInstruction.TileFunction, operandCount: Int, dtype: DType, count: Int
  ) {
    self.combine = combine
    self.operandCount = operandCount
    elementSize = dtype.byteCount
    floatingPointOperations = dtype.isFloatingPoint ? max(operandCount - 1, 0) * count : 0
    cut = WorkCut(count, costPerItem: operandCount, multipleOf: 64)
  }

  var kind: KernelKind { .elementwise }
  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.tile) {
      let count = min(Self.tile, range.upperBound - start)
      let offset = start * elementSize
      let target = buffers.result(0) + offset
      guard operandCount > 1 else {
        target.copyMemory(from: buffers.operand(0) + offset, byteCount: count * elementSize)
        continue
      }
      combine(count, buffers.operand(0) + offset, buffers.operand(1) + offset, nil, target)
      for index in 2..<max(operandCount, 2) {
        combine(count, target, buffers.operand(index) + offset, nil, target)
      }
    }
  }
}

/// The sum of tensors of one shape; nothing broadcasts.
///
/// - Parameter tensors: at least one.
public func sum(
  of tensors: [Tensor], file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  guard !tensors.isEmpty else {
    return Graph.invalidResult(of: "AddN", file: file, line: line)
  }
  if tensors.count == 1 { return tensors[0] }
  return tensors[0].graph.insert(AddN(), tensors, file: file, line: line).result
}
