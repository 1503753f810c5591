import Foundation
import Jacquard

/// `number` with four digits after the point.
func fixed(_ number: Double) -> String { String(format: "%.4f", number) }

extension NDArray {
  /// The rows of a float32 matrix.
  var rows: [[Float]] {
    let elements = elements(as: Float.self)
    return stride(from: 0, to: elements.count, by: shape[1]).map {
      Array(elements[$0..<$0 + shape[1]])
    }
  }
}
