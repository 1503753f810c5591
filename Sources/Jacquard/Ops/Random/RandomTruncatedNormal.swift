import JacquardArrays

/// Numbers from the normal distribution, drawn again where they lie more than two standard deviations off the mean.
struct RandomTruncatedNormal: DrawOp {
  var key: UInt64
  var shape: DrawShape
  var dtype: DType
  var mean: BitPattern
  var standardDeviation: BitPattern

  func checkDistribution() throws {
    try checkNormal(dtype, mean: mean.value, standardDeviation: standardDeviation.value)
  }

  func kernel(source: DrawSource, count: Int) throws -> any Kernel {
    TruncatedNormalKernel(
      source: source, count: count, dtype: dtype, mean: mean.value,
      standardDeviation: standardDeviation.value)
  }
}

struct TruncatedNormalKernel: Kernel {
  let source: DrawSource
  let count: Int
  let dtype: DType
  let mean: Double
  let standardDeviation: Double

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
    Element.truncatedNormal(chunk, out)
    let (mean, standardDeviation) = (Element(mean), Element(standardDeviation))
    if mean == 0 && standardDeviation == 1 { return }
    for index in 0..<chunk.count { out[index] = mean + out[index] * standardDeviation }
  }
}

extension Graph {
  /// Numbers from the normal distribution, drawn again where they lie more than two standard deviations off.
  ///
  /// Drawn anew in each run and each iteration of a loop, from a stream of its own that depends on the seed and the
  /// operation's name only.
  ///
  /// - Parameters:
  ///   - shape: the shape of the result.
  ///   - mean: the mean.
  ///   - standardDeviation: that of the distribution before it is cut; the numbers deviate 0.8796 times as much.
  ///   - dtype: the element type of the result.
  ///   - seed: used in place of the graph's seed.
  public func truncatedNormal(
    _ shape: [Int], mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawTruncatedNormal(.fixed(shape), nil, mean, standardDeviation, dtype, seed, name, file, line)
  }

  /// Numbers from the normal distribution, drawn again where they lie more than two standard deviations off in the shape of `tensor`, which may be open; see
  /// ``truncatedNormal(_:mean:standardDeviation:dtype:seed:name:file:line:)``.
  ///
  /// - Parameters:
  ///   - tensor: only its shape matters; it is not computed.
  ///   - mean: the mean.
  ///   - standardDeviation: the standard deviation before what lies far out is drawn again.
  ///   - dtype: by default that of `tensor`.
  ///   - seed: used in place of the graph's seed.
  public func truncatedNormal(
    like tensor: Tensor, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawTruncatedNormal(
      .like, tensor, mean, standardDeviation, dtype ?? tensor.dtype, seed, name, file, line)
  }

  /// Numbers from the normal distribution, drawn again where they lie more than two standard deviations off in the shape spelt by the integer vector `shape`; see
  /// ``truncatedNormal(_:mean:standardDeviation:dtype:seed:name:file:line:)``.
  public func truncatedNormal(
    shape: Tensor, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawTruncatedNormal(.elements, shape, mean, standardDeviation, dtype, seed, name, file, line)
  }

  private func drawTruncatedNormal(
    _ shape: DrawShape, _ shapeOperand: Tensor?, _ mean: Double, _ standardDeviation: Double,
    _ dtype: DType, _ seed: UInt64?, _ name: String?, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    insertDraw(
      shapeOperand: shapeOperand, seed: seed, name: name ?? RandomTruncatedNormal.name, file: file,
      line: line
    ) { key in
      RandomTruncatedNormal(
        key: key, shape: shape, dtype: dtype, mean: BitPattern(mean),
        standardDeviation: BitPattern(standardDeviation))
    }
  }
}
