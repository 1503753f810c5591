import JacquardArrays

@testable import Jacquard

/// Ops of the plan tests: float32, elementwise over equal shapes unless said otherwise.

/// a·x + b·y, which may overwrite either operand.
struct WeightedSum: Op {
  var a: BitPattern = 1
  var b: BitPattern = 1

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [operands[0]] }
  func aliasing(_ context: LoweringContext) -> Aliasing { .inPlace(operands: [0, 1]) }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    let (a, b) = (Float(a.value), Float(b.value))
    let count = context.operands[0].shape.elementCount ?? 0
    return FunctionKernel(name: "WeightedSum") { buffers, _ in
      let x = buffers.operand(0, as: Float.self)
      let y = buffers.operand(1, as: Float.self)
      let z = buffers.result(0, as: Float.self)
      for index in 0..<count { z[index] = a * x[index] + b * y[index] }
    }
  }
}

/// The product, cut into chunks of three elements; operands stay as they are.
struct ChunkedProduct: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [operands[0]] }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    let count = context.operands[0].shape.elementCount ?? 0
    return FunctionKernel(name: "ChunkedProduct", chunkCount: (count + 2) / 3) { buffers, chunk in
      let x = buffers.operand(0, as: Float.self)
      let y = buffers.operand(1, as: Float.self)
      let z = buffers.result(0, as: Float.self)
      for index in chunk * 3..<min(count, chunk * 3 + 3) { z[index] = x[index] * y[index] }
    }
  }
}

/// factor·x + shift, through scratch memory of the size of x.
struct Affine: Op {
  var factor: BitPattern = 1
  var shift: BitPattern = 0

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [operands[0]] }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    let (factor, shift) = (Float(factor.value), Float(shift.value))
    let count = context.operands[0].shape.elementCount ?? 0
    return FunctionKernel(name: "Affine", scratchByteCount: count * 4) { buffers, _ in
      let x = buffers.operand(0, as: Float.self)
      let z = buffers.result(0, as: Float.self)
      let scratch = buffers.scratch.assumingMemoryBound(to: Float.self)
      for index in 0..<count { scratch[index] = factor * x[index] }
      for index in 0..<count { z[index] = scratch[index] + shift }
    }
  }
}

/// The operand from `offset` on, in another shape, without a kernel.
struct Window: Op {
  var shape: [Int]
  var offset = 0

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    [TensorType(operands[0].dtype, PartialShape(known: shape))]
  }
  func aliasing(_ context: LoweringContext) -> Aliasing {
    .view(operand: 0, byteOffset: offset * context.dtype(0).byteCount)
  }
}

/// Whether the first element of x is less than that of y.
struct FirstIsLess: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [TensorType(.bool, [])] }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    FunctionKernel(name: "FirstIsLess") { buffers, _ in
      buffers.result(0, as: Bool.self)[0] =
        buffers.operand(0, as: Float.self)[0] < buffers.operand(1, as: Float.self)[0]
    }
  }
}

/// The int64 scalar as float32.
struct ToFloat: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [TensorType(.float32, [])] }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    FunctionKernel(name: "ToFloat") { buffers, _ in
      buffers.result(0, as: Float.self)[0] = Float(buffers.operand(0, as: Int64.self)[0])
    }
  }
}

/// As many ones as the operand has elements, whatever these are.
struct OnesLike: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [operands[0]] }
  func usesElements(ofOperand index: Int) -> Bool { false }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    let count = context.operands[0].shape.elementCount ?? 0
    return FunctionKernel(name: "OnesLike") { buffers, _ in
      for index in 0..<count { buffers.result(0, as: Float.self)[index] = 1 }
    }
  }
}

/// x, and a failure where the first element of x is at least the limit.
struct RequireBelow: Op {
  var limit: BitPattern

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { [operands[0]] }
  func lower(_ context: LoweringContext) throws -> any Kernel {
    let limit = Float(limit.value)
    let (count, location) = (context.operands[0].shape.elementCount ?? 0, context.location)
    return FunctionKernel(name: "RequireBelow") { buffers, _ in
      let x = buffers.operand(0, as: Float.self)
      for index in 0..<count {
        buffers.result(0, as: Float.self)[index] = x[index]
        guard x[index] < limit else {
          buffers.status.fail(.invalidValue, at: location, row: index, detail: Int64(x[index]))
          continue
        }
      }
    }
  }
}

struct FunctionKernel: Kernel {
  var name: String
  var chunkCount = 1
  var scratchByteCount = 0
  var body: @Sendable (KernelBuffers, Int) -> Void

  init(
    name: String, chunkCount: Int = 1, scratchByteCount: Int = 0,
    body: @escaping @Sendable (KernelBuffers, Int) -> Void
  ) {
    self.name = name
    self.chunkCount = chunkCount
    self.scratchByteCount = scratchByteCount
    self.body = body
  }

  func run(_ buffers: KernelBuffers, chunk: Int) { body(buffers, chunk) }
}
