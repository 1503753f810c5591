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

/// A kernel that fills its result with random numbers, a chunk at a time.
protocol DrawKernel: Kernel {
  associatedtype Element: ArrayElement

  var source: DrawSource { get }
  var count: Int { get }

  /// Writes elements `start..<start + count` of the draw to `out`, the place of the first of them.
  func draw(stream: UInt64, start: Int, count: Int, _ out: UnsafeMutablePointer<Element>)
}

/// How many elements one chunk of a draw has.
private let drawChunk = 16_384

extension DrawKernel {
  var chunkCount: Int { (count + drawChunk - 1) / drawChunk }

  /// Ten rounds of Philox and the transformation, in the order of magnitude.
  var floatingPointOperations: Int { 80 * count }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let start = chunk * drawChunk
    draw(
      stream: source.stream(buffers), start: start, count: min(drawChunk, count - start),
      buffers.result(0, as: Element.self) + start)
  }
}

/// A floating-point type for which there are random numbers.
protocol RandomElement: FloatingElement {
  static func uniform(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination)
  static func normal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination)
  static func truncatedNormal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination)
}

extension Float: RandomElement {
  static func uniform(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_uniform_f32(key, stream, UInt64(start), count, out)
  }
  static func normal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_normal_f32(key, stream, UInt64(start), count, out)
  }
  static func truncatedNormal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_truncated_normal_f32(key, stream, UInt64(start), count, out)
  }
}

extension Double: RandomElement {
  static func uniform(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_uniform_f64(key, stream, UInt64(start), count, out)
  }
  static func normal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_normal_f64(key, stream, UInt64(start), count, out)
  }
  static func truncatedNormal(
    _ key: UInt64, _ stream: UInt64, _ start: Int, _ count: Int, _ out: Destination
  ) {
    jq_philox_truncated_normal_f64(key, stream, UInt64(start), count, out)
  }
}
