#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random numbers from the counter-based generator Philox4x32-10.
///
/// A draw is a function of the seed, the stream and the position alone, so that streams are
/// independent of each other and a generator can jump to any position. Block `n` of a stream is
/// Philox of the counter (`n` low, `n` high, `stream` low, `stream` high) under the key (`seed`
/// low, `seed` high); its four words are two draws of 64 bits, low word first.
public struct PhiloxGenerator: RandomNumberGenerator, Sendable, Hashable {
  /// The key of all streams of this seed.
  public let seed: UInt64

  /// Which of the seed's streams this is.
  public let stream: UInt64

  /// How many draws of 64 bits came before; set it to jump.
  public var position: UInt64 = 0 {
    didSet { cachedBlock = nil }
  }

  private var cachedBlock: SIMD4<UInt32>?

  /// The stream `stream` of the seed `seed`, from its start.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// The four words of one Philox4x32-10 block.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<10 {
      let product0 = UInt64(counter[0]) * 0xD251_1F53
      let product1 = UInt64(counter[2]) * 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: product1 >> 32) ^ counter[1] ^ key[0],
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ counter[3] ^ key[1],
        UInt32(truncatingIfNeeded: product0))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let isFirstHalf = position & 1 == 0
    let words = cachedBlock ?? block(at: position / 2)
    position &+= 1
    cachedBlock = isFirstHalf ? words : nil
    return isFirstHalf
      ? UInt64(words[0]) | UInt64(words[1]) << 32 : UInt64(words[2]) | UInt64(words[3]) << 32
  }

  /// The next number from the uniform distribution over `0..<1`, a multiple of 2⁻⁵³.
  public mutating func nextUniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// The next number from the normal distribution of mean 0 and variance 1; takes two draws.
  public mutating func nextNormal() -> Double {
    // 1 - u is in 0 < … ≤ 1, so that the logarithm is finite.
    let radius = (-2 * log(1 - nextUniform())).squareRoot()
    return radius * cos(2 * .pi * nextUniform())
  }

  private func block(at index: UInt64) -> SIMD4<UInt32> {
    PhiloxGenerator.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// Whether both generators draw the same numbers from here on.
  public static func == (a: PhiloxGenerator, b: PhiloxGenerator) -> Bool {
    a.seed == b.seed && a.stream == b.stream && a.position == b.position
  }

  /// Hashes seed, stream and position.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(seed)
    hasher.combine(stream)
    hasher.combine(position)
  }
}

extension PhiloxGenerator: Codable {
  private enum CodingKeys: String, CodingKey {
    case seed, stream, position
  }

  /// Decodes seed, stream and position.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      seed: try container.decode(UInt64.self, forKey: .seed),
      stream: try container.decode(UInt64.self, forKey: .stream))
    position = try container.decode(UInt64.self, forKey: .position)
  }
}
