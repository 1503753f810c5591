import CVectorKernels
import JacquardArrays

/// The stream of one execution of a draw.
///
/// It is the draw counter c, mixed with the iterations t₁, t₂, … of the loops around it, outermost first:
/// `stream₀ = c`, `streamₖ = scramble(streamₖ₋₁ + 0x9E3779B97F4A7C15) + tₖ`, modulo 2⁶⁴, where `scramble` is the finaliser of
/// SplitMix64. Element i of the draw is then made from Philox block i of (key, stream) alone.
struct DrawSource: Sendable {
  let key: UInt64
  let counterOperand: Int
  let iterationCount: Int

  func stream(_ buffers: KernelBuffers) -> UInt64 {
    var stream = word(buffers, counterOperand)
    for index in 0..<iterationCount {
      stream = Self.scramble(stream &+ 0x9E37_79B9_7F4A_7C15)
      stream &+= word(buffers, counterOperand + 1 + index)
    }
    return stream
  }

  private func word(_ buffers: KernelBuffers, _ operand: Int) -> UInt64 {
    UInt64(bitPattern: buffers.operand(operand, as: Int64.self).pointee)
  }

  /// The finaliser of SplitMix64, a bijection.
  static func scramble(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// The elements of a draw that one chunk makes, of the stream of this execution.
struct DrawChunk {
  let key: UInt64
  let stream: UInt64
  let start: Int
  let count: Int

  /// How many elements a chunk has.
  static let length = 16_384

  static func count(of elements: Int) -> Int { (elements + length - 1) / length }

  init(_ index: Int, of elements: Int, _ source: DrawSource, _ buffers: KernelBuffers) {
    key = source.key
    stream = source.stream(buffers)
    start = index * Self.length
    count = min(Self.length, elements - start)
  }
}

/// A floating-point type for which there are random numbers.
protocol RandomElement: FloatingElement {
  static func uniform(
    _ chunk: DrawChunk, _ out: Destination)
  static func normal(
    _ chunk: DrawChunk, _ out: Destination)
  static func truncatedNormal(
    _ chunk: DrawChunk, _ out: Destination)
}

extension Float: RandomElement {
  static func uniform(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_uniform_f32(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
  static func normal(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_normal_f32(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
  static func truncatedNormal(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_truncated_normal_f32(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
}

extension Double: RandomElement {
  static func uniform(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_uniform_f64(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
  static func normal(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_normal_f64(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
  static func truncatedNormal(
    _ chunk: DrawChunk, _ out: Destination
  ) {
    jq_philox_truncated_normal_f64(chunk.key, chunk.stream, UInt64(chunk.start), chunk.count, out)
  }
}
