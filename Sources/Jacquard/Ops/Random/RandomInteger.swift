import CVectorKernels
import JacquardArrays

/// Whole numbers from the uniform distribution over `low..<high`.
struct RandomInteger: DrawOp {
  var key: UInt64
  var shape: DrawShape
  var dtype: DType
  var low: Int
  var high: Int

  func checkDistribution() throws {
    let limits: (least: Int, greatest: Int)
    switch dtype {
    case .int32: limits = (Int(Int32.min), Int(Int32.max))
    case .int64: limits = (.min, .max)
    case .uint8: limits = (0, 255)
    default:
      throw TypeRuleError(
        "cannot draw whole numbers as \(dtype)", remedy: "choose an integer dtype")
    }
    guard low < high else {
      throw TypeRuleError(
        "there are no numbers in \(low)..<\(high)", remedy: "give the lower bound first")
    }
    guard limits.least <= low && high - 1 <= limits.greatest else {
      throw TypeRuleError(
        "\(dtype) cannot hold all numbers of \(low)..<\(high)", remedy: "choose .int64")
    }
  }

  func kernel(source: DrawSource, count: Int) throws -> any Kernel {
    IntegerKernel(source: source, count: count, dtype: dtype, low: low, high: high)
  }
}

/// Element i is `low` plus the upper word of the product of `high − low` with 64 random bits, which favours no number by more than
/// `high − low` parts in 2⁶⁴.
struct IntegerKernel: Kernel {
  let source: DrawSource
  let count: Int
  let dtype: DType
  let low: Int
  let range: UInt64

  init(source: DrawSource, count: Int, dtype: DType, low: Int, high: Int) {
    self.source = source
    self.count = count
    self.dtype = dtype
    self.low = low
    range = UInt64(bitPattern: Int64(high &- low))
  }

  var kind: KernelKind { .random }
  var chunkCount: Int { DrawChunk.count(of: count) }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let chunk = DrawChunk(chunk, of: count, source, buffers)
    switch dtype {
    case .int32: draw(chunk, buffers.result(0, as: Int32.self) + chunk.start)
    case .int64: draw(chunk, buffers.result(0, as: Int64.self) + chunk.start)
    default: draw(chunk, buffers.result(0, as: UInt8.self) + chunk.start)
    }
  }

  private func draw<Element: FixedWidthInteger>(
    _ chunk: DrawChunk, _ out: UnsafeMutablePointer<Element>
  ) {
    let tileCount = 128
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: tileCount) { bits in
      for offset in stride(from: 0, to: chunk.count, by: tileCount) {
        let part = min(tileCount, chunk.count - offset)
        jq_philox_bits_u64(
          chunk.key, chunk.stream, UInt64(chunk.start + offset), part, bits.baseAddress!)
        for index in 0..<part {
          let above = Int(truncatingIfNeeded: bits[index].multipliedFullWidth(by: range).high)
          out[offset + index] = Element(truncatingIfNeeded: low &+ above)
        }
      }
    }
  }
}

extension Graph {
  /// Whole numbers from the uniform distribution over `range`; see ``randomUniform(_:from:to:dtype:seed:name:file:line:)``.
  public func randomUniform(
    _ shape: [Int], in range: Range<Int>, dtype: DType = .int64, seed: UInt64? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawInteger(
      .fixed(shape), nil, range.lowerBound, range.upperBound, dtype, seed, name, file, line)
  }

  /// Whole numbers from the uniform distribution over `range` in the shape of `tensor`, which may be open.
  public func randomUniform(
    like tensor: Tensor, in range: Range<Int>, dtype: DType = .int64, seed: UInt64? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawInteger(.like, tensor, range.lowerBound, range.upperBound, dtype, seed, name, file, line)
  }

  func drawInteger(
    _ shape: DrawShape, _ shapeOperand: Tensor?, _ low: Int, _ high: Int, _ dtype: DType,
    _ seed: UInt64?, _ name: String?, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    insertDraw(
      shapeOperand: shapeOperand, seed: seed, name: name ?? RandomInteger.name, file: file,
      line: line
    ) { key in
      RandomInteger(key: key, shape: shape, dtype: dtype, low: low, high: high)
    }
  }
}
