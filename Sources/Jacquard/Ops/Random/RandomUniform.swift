import JacquardArrays

/// Numbers from the uniform distribution over `low..<high`.
struct RandomUniform: DrawOp {
  var key: UInt64
  var shape: DrawShape
  var dtype: DType
  var low: BitPattern
  var high: BitPattern

  func checkDistribution() throws {
    guard dtype.isFloatingPoint else {
      throw TypeRuleError(
        "cannot draw \(dtype) from \(low)..<\(high)",
        remedy: "choose a floating-point dtype, or whole bounds and an integer dtype")
    }
    guard (high.value - low.value).isFinite && low.value <= high.value else {
      throw TypeRuleError(
        "there is no uniform distribution over \(low)..<\(high)",
        remedy: "give finite bounds, the lower one first")
    }
  }

  func kernel(source: DrawSource, count: Int) throws -> any Kernel {
    UniformKernel(
      source: source, count: count, dtype: dtype, low: low.value, high: high.value)
  }
}

struct UniformKernel: Kernel {
  let source: DrawSource
  let count: Int
  let dtype: DType
  let low: Double
  let high: Double

  var kind: KernelKind { .random }
  var chunkCount: Int { DrawChunk.count(of: count) }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let chunk = DrawChunk(chunk, of: count, source, buffers)
    if dtype == .float32 {
      draw(chunk, buffers.result(0, as: Float.self) + chunk.start)
    } else {
      draw(chunk, buffers.result(0, as: Double.self) + chunk.start)
    }
  }

  private func draw<Element: RandomElement>(
    _ chunk: DrawChunk, _ out: UnsafeMutablePointer<Element>
  ) {
    Element.uniform(chunk, out)
    let (low, high) = (Element(low), Element(high))
    if low == 0 && high == 1 { return }
    // Rounding must not yield the upper bound itself.
    let (range, greatest) = (high - low, low < high ? high.nextDown : low)
    for index in 0..<chunk.count {
      let number = low + out[index] * range
      out[index] = number < greatest ? number : greatest
    }
  }
}

extension Graph {
  /// Numbers from the uniform distribution over `low..<high`; of an integer dtype, whole numbers.
  ///
  /// Drawn anew in each run and each iteration of a loop, from a stream of its own that depends on the seed and the
  /// operation's name only.
  ///
  /// - Parameters:
  ///   - shape: the shape of the result.
  ///   - low: the smallest number.
  ///   - high: above the greatest number.
  ///   - dtype: the element type of the result.
  ///   - seed: used in place of the graph's seed.
  public func randomUniform(
    _ shape: [Int], from low: Double = 0, to high: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawUniform(.fixed(shape), nil, low, high, dtype, seed, name, file, line)
  }

  /// Numbers from the uniform distribution over `low..<high` in the shape of `tensor`, which may be open; see
  /// ``randomUniform(_:from:to:dtype:seed:name:file:line:)``.
  ///
  /// - Parameters:
  ///   - tensor: only its shape matters; it is not computed.
  ///   - low: the least number.
  ///   - high: the bound above, not drawn itself.
  ///   - dtype: by default that of `tensor`.
  ///   - seed: used in place of the graph's seed.
  public func randomUniform(
    like tensor: Tensor, from low: Double = 0, to high: Double = 1, dtype: DType? = nil,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawUniform(.like, tensor, low, high, dtype ?? tensor.dtype, seed, name, file, line)
  }

  /// Numbers from the uniform distribution over `low..<high` in the shape spelt by the integer vector `shape`; see
  /// ``randomUniform(_:from:to:dtype:seed:name:file:line:)``.
  public func randomUniform(
    shape: Tensor, from low: Double = 0, to high: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawUniform(.elements, shape, low, high, dtype, seed, name, file, line)
  }

  private func drawUniform(
    _ shape: DrawShape, _ shapeOperand: Tensor?, _ low: Double, _ high: Double, _ dtype: DType,
    _ seed: UInt64?, _ name: String?, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    if dtype.isInteger, let low = Int(exactly: low), let high = Int(exactly: high) {
      return drawInteger(shape, shapeOperand, low, high, dtype, seed, name, file, line)
    }
    return insertDraw(
      shapeOperand: shapeOperand, seed: seed, name: name ?? RandomUniform.name, file: file,
      line: line
    ) { key in
      RandomUniform(
        key: key, shape: shape, dtype: dtype, low: BitPattern(low), high: BitPattern(high))
    }
  }
}
