import JacquardArrays

/// Fails the run unless all elements of its first operand hold; the others are shown then.
struct Assert: Op {
  var message: String

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    guard operands.count >= 1 else { throw TypeRuleError("needs a condition") }
    guard operands[0].dtype == .bool else {
      throw TypeRuleError(
        "the condition is \(operands[0]), not bool", remedy: "compare with .<, .== or the like")
    }
    return []
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { call.operands.map { _ in nil } }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    AssertKernel(
      message: message, conditionCount: context.shape(0).reduce(1, *),
      data: context.operands.dropFirst().map { ArrayLayoutInMemory($0) },
      location: context.location)
  }

  var effect: Effect { .external }
}

struct AssertKernel: Kernel {
  let message: String
  let conditionCount: Int
  let data: [ArrayLayoutInMemory]
  let location: KernelLocation

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let condition = buffers.operand(0, as: UInt8.self)
    for index in 0..<conditionCount where condition[index] == 0 {
      let shown = data.enumerated().map { position, layout in
        "\(layout.view(buffers.operand(position + 1)))"
      }
      buffers.status.fail(
        .assertionFailed, at: location, row: index, limit: Int64(conditionCount),
        message: ([message] + shown).joined(separator: shown.isEmpty ? "" : "\n"))
      return
    }
  }
}

/// Fails the run, before anything is committed, unless every element of `condition` holds.
///
/// Nothing depends on an assertion by itself: run the operation, or build what it guards under
/// ``Graph/controlDependencies(_:_:)``.
///
/// - Parameters:
///   - condition: a bool tensor of any shape.
///   - message: says what should have held.
///   - data: tensors whose values are shown with the message.
public func assert(
  _ condition: Tensor, _ message: String, data: [Tensor] = [], name: String? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Operation {
  condition.graph.insert(
    Assert(message: message), [condition] + data, name: name, resultCount: 0, file: file,
    line: line)
}
