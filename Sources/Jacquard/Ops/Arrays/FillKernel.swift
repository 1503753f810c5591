import CVectorKernels
import JacquardArrays

/// Fills result 0 with one value: a number known now, or the scalar of an operand.
struct FillKernel: Kernel {
  private enum Value: Sendable {
    case bits(UInt64)
    case operand(Int)
  }

  private let value: Value
  private let elementSize: Int
  private let cut: WorkCut

  /// `count` elements of `value`, converted to `dtype`.
  init(value: Double, dtype: DType, count: Int) {
    self.value = .bits(elementBits(of: value, dtype))
    elementSize = dtype.byteCount
    cut = WorkCut(count, costPerItem: 1, multipleOf: 64)
  }

  /// `count` times the only element of operand `index`.
  init(scalarOperand index: Int, dtype: DType, count: Int) {
    value = .operand(index)
    elementSize = dtype.byteCount
    cut = WorkCut(count, costPerItem: 1, multipleOf: 64)
  }

  var kind: KernelKind { .copy }
  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let range = cut.range(chunk)
    let target = buffers.result(0) + range.lowerBound * elementSize
    switch value {
    case .bits(let bits):
      withUnsafeBytes(of: bits.littleEndian) {
        jq_fill(range.count, elementSize, $0.baseAddress, target)
      }
    case .operand(let index):
      jq_fill(range.count, elementSize, buffers.operand(index), target)
    }
  }
}

/// The bytes of `value` as an element of `dtype`, lowest first.
func elementBits(of value: Double, _ dtype: DType) -> UInt64 {
  switch dtype {
  case .float32: UInt64(Float(value).bitPattern)
  case .float64: value.bitPattern
  case .int32: UInt64(UInt32(bitPattern: value.int32Value))
  case .int64: UInt64(bitPattern: value.int64Value)
  case .uint8: UInt64(value.uint8Value)
  case .bool: value != 0 ? 1 : 0
  }
}
