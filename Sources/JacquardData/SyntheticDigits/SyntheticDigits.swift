import Foundation
import JacquardArrays

/// Draws digits by pen strokes, each one distorted by chance.
enum SyntheticDigits {
  /// Independent sets of digits under one seed.
  enum Subset: UInt64 {
    case train = 1
    case validation
    case test
  }

  /// Draws `count` digits of random classes.
  ///
  /// An example depends on the seed, the subset and its index alone, not on `count`.
  ///
  /// - Returns: pixels, `[count, 784]`, and classes, `[count]`.
  static func draw(
    _ count: Int, of subset: Subset, seed: UInt64
  ) -> (pixels: [UInt8], classes: [UInt8]) {
    var pixels: [UInt8] = []
    var classes: [UInt8] = []
    pixels.reserveCapacity(count * DataSet.pixelsPerImage)
    classes.reserveCapacity(count)
    for index in 0..<count {
      let stream = subset.rawValue << 32 | UInt64(index)
      var chance = Chance(PhiloxGenerator(seed: seed, stream: stream))
      let digit = chance.integer(below: 10)
      var canvas = DigitCanvas()
      write(digit, on: &canvas, &chance)
      if chance.happens(0.2) { addStray(on: &canvas, &chance) }
      appendScan(of: canvas, to: &pixels, &chance)
      classes.append(UInt8(digit))
    }
    return (pixels, classes)
  }

  private static func write(_ digit: Int, on canvas: inout DigitCanvas, _ chance: inout Chance) {
    let variants = DigitShapes.shapes[digit]
    let strokes = variants[chance.integer(below: variants.count)]
    let distortion = Distortion(&chance)
    let radius = chance.uniform(0.6, 1.4)
    let strength = chance.uniform(0.7, 1)
    for stroke in strokes {
      canvas.draw(stroke.points.map(distortion.apply), radius: radius, strength: strength)
    }
  }

  /// Adds a short line that belongs to no digit.
  private static func addStray(on canvas: inout DigitCanvas, _ chance: inout Chance) {
    let start = SIMD2(chance.uniform(0, 27), chance.uniform(0, 27))
    let direction = chance.uniform(0, 2 * .pi)
    let length = chance.uniform(2, 6)
    let end = start + length * SIMD2(cos(direction), sin(direction))
    canvas.draw([start, end], radius: chance.uniform(0.3, 0.8), strength: chance.uniform(0.4, 0.9))
  }

  /// Adds noise to the canvas, and rounds it to bytes.
  private static func appendScan(
    of canvas: DigitCanvas, to pixels: inout [UInt8], _ chance: inout Chance
  ) {
    let amplitude = chance.uniform(0.02, 0.12)
    var bits: UInt64 = 0
    canvas.ink.withUnsafeBufferPointer { ink in
      var index = 0
      while index < ink.count {
        if index % 8 == 0 { bits = chance.bits() }
        // One random byte per pixel is plenty.
        let noise = (Float(bits & 0xFF) / 127.5 - 1) * amplitude
        bits >>= 8
        pixels.append(UInt8(max(0, min(255, (ink[index] + noise) * 255))))
        index += 1
      }
    }
  }
}

/// A random map from the box that digits are drawn in to pixels.
private struct Distortion {
  private let xAxis: SIMD2<Float>
  private let yAxis: SIMD2<Float>
  private let center: SIMD2<Float>
  private let wave: (amplitude: SIMD2<Float>, x: SIMD2<Float>, y: SIMD2<Float>, phase: SIMD2<Float>)

  init(_ chance: inout Chance) {
    let height = chance.uniform(7.5, 10.5)
    let width = height * chance.uniform(0.7, 1.2)
    let angle = chance.uniform(-0.3, 0.3)
    let shear = chance.uniform(-0.35, 0.35)
    xAxis = width * SIMD2(cos(angle), sin(angle))
    yAxis = height * (SIMD2(-sin(angle), cos(angle)) - shear * SIMD2(cos(angle), sin(angle)))
    center = 13.5 + SIMD2(chance.uniform(-2.6, 2.6), chance.uniform(-2.6, 2.6))
    wave = (
      amplitude: [chance.uniform(0, 1.3), chance.uniform(0, 1.3)],
      x: [chance.uniform(-2, 2), chance.uniform(-3, 3)],
      y: [chance.uniform(-3, 3), chance.uniform(-2, 2)],
      phase: [chance.uniform(0, 2 * .pi), chance.uniform(0, 2 * .pi)]
    )
  }

  func apply(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let angle = wave.x * point.x + wave.y * point.y + wave.phase
    let wobble = wave.amplitude * SIMD2(sin(angle.x), sin(angle.y))
    return center + xAxis * point.x + yAxis * point.y + wobble
  }
}

/// Random draws in the forms that drawing needs.
private struct Chance {
  private var generator: PhiloxGenerator

  init(_ generator: PhiloxGenerator) { self.generator = generator }

  mutating func bits() -> UInt64 { generator.next() }

  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * (Float(generator.next() >> 40) * 0x1p-24)
  }

  mutating func integer(below bound: Int) -> Int {
    Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  mutating func happens(_ probability: Float) -> Bool { uniform(0, 1) < probability }
}
