/// How many committed runs have drawn from the stream of `key`: hidden state of the session. Has no kernel.
struct DrawCounter: Op {
  var key: UInt64

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(0)
    return [TensorType(.int64, .scalar)]
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] { [] }

  var effect: Effect { .random }
}
