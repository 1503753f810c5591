import Foundation
import JacquardArrays

@testable import Jacquard

/// Plain references for the rows of losses and random numbers, in Double arithmetic.
enum MiscRows {
  /// Numbers around `centre` in irregular order: (7·i mod 13 − 6) · `step` away from it.
  static func ramp(_ shape: [Int], step: Double, around centre: Double = 0) -> NDArray {
    let count = shape.reduce(1, *)
    return NDArray(
      (0..<count).map { Float(centre + step * Double(7 * $0 % 13 - 6)) }, shape: shape)
  }

  static func map(_ x: NDArray, _ transform: (Double) -> Double) -> NDArray {
    NDArray(x.doubles().map(transform), shape: x.shape).converted(to: x.dtype)
  }

  static func zip(_ a: NDArray, _ b: NDArray, _ combine: (Double, Double) -> Double) -> NDArray {
    NDArray(Swift.zip(a.doubles(), b.doubles()).map(combine), shape: a.shape)
      .converted(to: a.dtype)
  }

  // MARK: - Losses

  static func logSoftmax(_ x: NDArray, axis: Int) -> NDArray {
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let length = x.shape[axis]
    var values = x.doubles()
    for outer in 0..<x.shape[..<axis].reduce(1, *) {
      for column in 0..<inner {
        let places = (0..<length).map { (outer * length + $0) * inner + column }
        let greatest = places.map { values[$0] }.max() ?? 0
        let sum = places.map { Foundation.exp(values[$0] - greatest) }.reduce(0, +)
        for place in places { values[place] -= greatest + Foundation.log(sum) }
      }
    }
    return NDArray(values, shape: x.shape).converted(to: x.dtype)
  }

  static func softmax(_ x: NDArray, axis: Int) -> NDArray {
    let logarithms = logSoftmax(x.converted(to: .float64), axis: axis)
    return map(logarithms, Foundation.exp).converted(to: x.dtype)
  }

  static func crossEntropy(_ logits: NDArray, _ labels: NDArray) -> NDArray {
    let classes = logits.shape[logits.rank - 1]
    let logarithms = logSoftmax(logits.converted(to: .float64), axis: logits.rank - 1).doubles()
    let terms = Swift.zip(logarithms, labels.doubles()).map { -$0 * $1 }
    let losses = stride(from: 0, to: terms.count, by: classes).map {
      terms[$0..<$0 + classes].reduce(0, +)
    }
    return NDArray(losses, shape: Array(logits.shape.dropLast())).converted(to: logits.dtype)
  }

  static func indicator(_ labels: NDArray, classes: Int) -> NDArray {
    let rows = labels.doubles().flatMap { label in
      (0..<classes).map { Float(Double($0) == label ? 1 : 0) }
    }
    return NDArray(rows, shape: labels.shape + [classes])
  }

  /// Of `labels` for the last axis of `logits`.
  static func sigmoidCrossEntropy(_ logits: NDArray, _ labels: NDArray) -> NDArray {
    let labels = labels.doubles()
    let losses = logits.doubles().enumerated().map { index, x in
      let p = 1 / (1 + Foundation.exp(-x))
      let z = labels[index % labels.count]
      return -z * Foundation.log(p) - (1 - z) * Foundation.log(1 - p)
    }
    return NDArray(losses, shape: logits.shape).converted(to: logits.dtype)
  }

  // MARK: - Random numbers

  /// The stream of a draw: SplitMix64 applied to the counter, once for each loop, plus its iteration.
  static func stream(_ counter: UInt64, _ iterations: [UInt64]) -> UInt64 {
    iterations.reduce(counter) { stream, iteration in
      var z = stream &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return (z ^ (z >> 31)) &+ iteration
    }
  }

  /// The first `count` blocks of a stream.
  static func philox(key: UInt64, stream: UInt64, count: Int) -> [SIMD4<UInt32>] {
    (0..<count).map { index in
      PhiloxGenerator.block(
        counter: SIMD4(
          UInt32(index), 0, UInt32(truncatingIfNeeded: stream),
          UInt32(truncatingIfNeeded: stream >> 32)),
        key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    }
  }

  /// A number in 0..<1 from the upper 53 bits of two words.
  static func unit(_ low: UInt32, _ high: UInt32) -> Double {
    Double((UInt64(low) | UInt64(high) << 32) >> 11) * 0x1p-53
  }

  /// A standard normal number after Box and Muller.
  static func normal(_ words: SIMD4<UInt32>) -> Double {
    let radius = (-2 * Foundation.log(1 - unit(words[0], words[1]))).squareRoot()
    return radius * Foundation.cos(2 * .pi * unit(words[2], words[3]))
  }
}
