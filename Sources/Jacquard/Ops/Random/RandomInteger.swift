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
    switch dtype {
    case .int32: IntegerKernel<Int32>(source: source, count: count, low: low, high: high)
    case .int64: IntegerKernel<Int64>(source: source, count: count, low: low, high: high)
    default: IntegerKernel<UInt8>(source: source, count: count, low: low, high: high)
    }
  }
}

/// Element i is `low` plus the upper word of the product of `high − low` with 64 random bits, which favours no number by more than
/// `high − low` parts in 2⁶⁴.
struct IntegerKernel<Element: ArrayElement & FixedWidthInteger>: DrawKernel {
  let source: DrawSource
  let count: Int
  let low: Int
  let range: UInt64

  init(source: DrawSource, count: Int, low: Int, high: Int) {
    self.source = source
    self.count = count
    self.low = low
    range = UInt64(bitPattern: Int64(high &- low))
  }

  var name: String { RandomInteger.name }

  func draw(stream: UInt64, start: Int, count: Int, _ out: UnsafeMutablePointer<Element>) {
    let tileCount = 128
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: tileCount) { bits in
      for offset in stride(from: 0, to: count, by: tileCount) {
        let part = min(tileCount, count - offset)
        jq_philox_bits_u64(source.key, stream, UInt64(start + offset), part, bits.baseAddress!)
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
