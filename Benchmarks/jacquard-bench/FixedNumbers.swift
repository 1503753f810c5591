import Jacquard
import JacquardArrays

/// Data and initial weights that every language computes alike (`Benchmarks/peers/common.py`), so that losses can be compared.
enum FixedNumbers {
  /// The fractional parts of multiples of `ratio`, from `offset` on: evenly spread over 0..<1.
  private static func spread(_ count: Int, ratio: Double, offset: Double = 0) -> [Double] {
    (0..<count).map { index in
      let number = Double(index + 1) * ratio + offset
      return number - number.rounded(.down)
    }
  }

  /// Inputs in 0..<1.
  static func inputs(_ shape: [Int], _ dtype: DType) -> NDArray {
    let count = shape.reduce(1, *)
    return NDArray(spread(count, ratio: 0.754_877_666_246_692_7), shape: shape).converted(to: dtype)
  }

  /// One-hot labels, `[rows, classes]`.
  static func labels(_ rows: Int, classes: Int, _ dtype: DType) -> NDArray {
    let numbers = (0..<rows).flatMap { row in
      (0..<classes).map { $0 == (row * 7) % classes ? 1.0 : 0 }
    }
    return NDArray(numbers, shape: [rows, classes]).converted(to: dtype)
  }

  /// Lengths from `least` to `most`, evenly spread over the rows; int32.
  static func lengths(_ rows: Int, from least: Int, to most: Int) -> NDArray {
    let count = most - least + 1
    return NDArray((0..<rows).map { Int32(least + $0 * count / rows) }, shape: [rows])
  }

  /// Gives the trainable matrices of the session's graph, in the order of their creation, values within ±1/√rows.
  static func assignWeights(in session: Session) throws {
    var order = 0
    for variable in session.graph.trainableVariables {
      guard let shape = variable.shape.known, shape.count == 2 else { continue }
      order += 1
      let limit = 1 / Double(shape[0]).squareRoot()
      let numbers = spread(
        shape[0] * shape[1], ratio: 0.618_033_988_749_894_9, offset: 0.1 * Double(order))
      let value = NDArray(numbers.map { (2 * $0 - 1) * limit }, shape: shape)
      try session.assign(variable, value.converted(to: variable.dtype))
    }
  }
}
