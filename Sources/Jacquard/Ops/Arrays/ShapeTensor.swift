import JacquardArrays

/// The dimensions of its operand, of which only the shape matters.
struct ShapeOf: Op {
  static let name = "Shape"

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return [TensorType(.int64, [operands[0].shape.rank])]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [nil] }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    ShapeKernel(dimensions: context.shape(0).map { Int64($0) })
  }

  func usesElements(ofOperand index: Int) -> Bool { false }
}

struct ShapeKernel: Kernel {
  var dimensions: [Int64]

  var kind: KernelKind { .copy }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let result = buffers.result(0, as: Int64.self)
    for (axis, dimension) in dimensions.enumerated() { result[axis] = dimension }
  }
}

extension Tensor {
  /// The dimensions of this tensor, int64 `[rank]`; it costs nothing once the shape is fed.
  public func shapeTensor(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    if let known = shape.known, !isInvalid {
      let dimensions = NDArray(known.map { Int64($0) }, shape: [known.count])
      return graph.constant(dimensions, file: file, line: line)
    }
    return graph.insert(ShapeOf(), self, file: file, line: line)
  }
}
