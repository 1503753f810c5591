/// A 28 × 28 grey image on which lines are drawn with soft edges.
struct DigitCanvas {
  static let side = 28

  /// Ink in 0…1, row-major; (0, 0) is the centre of the top left pixel.
  private(set) var ink = [Float](repeating: 0, count: side * side)

  /// Draws the polyline through `points`, in pixels.
  mutating func draw(_ points: [SIMD2<Float>], radius: Float, strength: Float) {
    ink.withUnsafeMutableBufferPointer { ink in
      for index in 0..<points.count - 1 {
        Self.draw(from: points[index], to: points[index + 1], radius, strength, into: ink)
      }
    }
  }

  private static func draw(
    from start: SIMD2<Float>, to end: SIMD2<Float>, _ radius: Float, _ strength: Float,
    into ink: UnsafeMutableBufferPointer<Float>
  ) {
    let reach = radius + 0.5
    let columns = pixels(from: min(start.x, end.x) - reach, to: max(start.x, end.x) + reach)
    let rows = pixels(from: min(start.y, end.y) - reach, to: max(start.y, end.y) + reach)
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let inverseSquaredLength = 1 / max(dx * dx + dy * dy, 1e-6)
    var row = rows.lower
    while row < rows.upper {
      let y = Float(row) - start.y
      var column = columns.lower
      while column < columns.upper {
        let x = Float(column) - start.x
        let along = max(0, min(1, (x * dx + y * dy) * inverseSquaredLength))
        let (awayX, awayY) = (x - along * dx, y - along * dy)
        let squaredDistance = awayX * awayX + awayY * awayY
        if squaredDistance < reach * reach {
          let coverage = min(1, reach - squaredDistance.squareRoot()) * strength
          let pixel = row * side + column
          if coverage > ink[pixel] { ink[pixel] = coverage }
        }
        column += 1
      }
      row += 1
    }
  }

  private static func pixels(from low: Float, to high: Float) -> (lower: Int, upper: Int) {
    (max(0, Int(low.rounded(.up))), min(side, Int(high.rounded(.down)) + 1))
  }
}
