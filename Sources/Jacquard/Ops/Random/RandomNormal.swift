import JacquardArrays

/// Numbers from the normal distribution.
struct RandomNormal: DrawOp {
  var key: UInt64
  var shape: DrawShape
  var dtype: DType
  var mean: BitPattern
  var standardDeviation: BitPattern

  func checkDistribution() throws {
    try checkNormal(dtype, mean: mean.value, standardDeviation: standardDeviation.value)
  }

  func kernel(source: DrawSource, count: Int) throws -> any Kernel {
    NormalKernel(
      source: source, count: count, dtype: dtype, mean: mean.value,
      standardDeviation: standardDeviation.value)
  }
}

struct NormalKernel: Kernel {
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
    Element.normal(chunk, out)
    let (mean, standardDeviation) = (Element(mean), Element(standardDeviation))
    if mean == 0 && standardDeviation == 1 { return }
    for index in 0..<chunk.count { out[index] = mean + out[index] * standardDeviation }
  }
}

extension DrawOp {
  /// - Throws: `TypeRuleError` if there is no such normal distribution over `dtype`.
  func checkNormal(_ dtype: DType, mean: Double, standardDeviation: Double) throws {
    guard dtype.isFloatingPoint else {
      throw TypeRuleError("cannot draw normal \(dtype)", remedy: "choose a floating-point dtype")
    }
    guard mean.isFinite && standardDeviation.isFinite && standardDeviation >= 0 else {
      throw TypeRuleError(
        "there is no normal distribution of mean \(mean) and standard deviation \(standardDeviation)",
        remedy: "give a finite mean and a finite standard deviation of 0 or more")
    }
  }
}

extension Graph {
  /// Numbers from the normal distribution.
  ///
  /// Drawn anew in each run and each iteration of a loop, from a stream of its own that depends on the seed and the
  /// operation's name only.
  ///
  /// - Parameters:
  ///   - shape: the shape of the result.
  ///   - mean: the mean.
  ///   - standardDeviation: the standard deviation.
  ///   - dtype: the element type of the result.
  ///   - seed: used in place of the graph's seed.
  public func randomNormal(
    _ shape: [Int], mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawNormal(.fixed(shape), nil, mean, standardDeviation, dtype, seed, name, file, line)
  }

  /// Numbers from the normal distribution in the shape of `tensor`, which may be open; see
  /// ``randomNormal(_:mean:standardDeviation:dtype:seed:name:file:line:)``.
  ///
  /// - Parameters:
  ///   - tensor: only its shape matters; it is not computed.
  ///   - mean: the mean.
  ///   - standardDeviation: the standard deviation.
  ///   - dtype: by default that of `tensor`.
  ///   - seed: used in place of the graph's seed.
  public func randomNormal(
    like tensor: Tensor, mean: Double = 0, standardDeviation: Double = 1, dtype: DType? = nil,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawNormal(
      .like, tensor, mean, standardDeviation, dtype ?? tensor.dtype, seed, name, file, line)
  }

  /// Numbers from the normal distribution in the shape spelt by the integer vector `shape`; see
  /// ``randomNormal(_:mean:standardDeviation:dtype:seed:name:file:line:)``.
  public func randomNormal(
    shape: Tensor, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    seed: UInt64? = nil, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    drawNormal(.elements, shape, mean, standardDeviation, dtype, seed, name, file, line)
  }

  private func drawNormal(
    _ shape: DrawShape, _ shapeOperand: Tensor?, _ mean: Double, _ standardDeviation: Double,
    _ dtype: DType, _ seed: UInt64?, _ name: String?, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    insertDraw(
      shapeOperand: shapeOperand, seed: seed, name: name ?? RandomNormal.name, file: file,
      line: line
    ) { key in
      RandomNormal(
        key: key, shape: shape, dtype: dtype, mean: BitPattern(mean),
        standardDeviation: BitPattern(standardDeviation))
    }
  }
}
