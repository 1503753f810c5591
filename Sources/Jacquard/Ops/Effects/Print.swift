import JacquardArrays

/// Its operand, printed to the standard output when it runs.
struct Print: PassThroughOp {
  var message: String

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { upstream }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    PrintKernel(message: message, layout: ArrayLayoutInMemory(context.operands[0]))
  }

  var effect: Effect { .external }

  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0]) }
}

struct PrintKernel: Kernel {
  let message: String
  let layout: ArrayLayoutInMemory

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let (x, out) = (buffers.operand(0), buffers.result(0))
    print(text(x))
    if x != UnsafeRawPointer(out) { out.copyMemory(from: x, byteCount: layout.byteCount) }
  }

  /// The line that is printed for the elements at `x`.
  func text(_ x: UnsafeRawPointer) -> String { "\(message): \(layout.view(x))" }
}

extension Tensor {
  /// The tensor itself; whenever it is computed, `message: [values…]` goes to the standard output, once per iteration in loops.
  ///
  /// Arrays of more than 1000 elements are shortened.
  public func printed(
    _ message: String, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    graph.insert(Print(message: message), self, name: name, file: file, line: line)
  }
}
