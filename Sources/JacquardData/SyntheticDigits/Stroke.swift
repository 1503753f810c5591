import Foundation

/// One stroke of the pen, as the points of a polyline.
///
/// A digit is drawn in a box from (-0.6, -1), top left, to (0.6, 1).
struct Stroke {
  typealias Point = SIMD2<Float>

  let points: [Point]

  /// Straight lines from corner to corner.
  static func lines(_ corners: Point...) -> Stroke {
    // Cut into short pieces, so that a distortion bends them.
    let pieces = 4
    var points = [corners[0]]
    for (start, end) in zip(corners, corners.dropFirst()) {
      for piece in 1...pieces {
        points.append(start + (end - start) * (Float(piece) / Float(pieces)))
      }
    }
    return Stroke(points: points)
  }

  /// A smooth curve through all points (a Catmull-Rom spline).
  static func curve(_ knots: Point...) -> Stroke {
    let pieces = 4
    var points = [knots[0]]
    for index in 0..<knots.count - 1 {
      let p0 = knots[max(index - 1, 0)]
      let p1 = knots[index]
      let p2 = knots[index + 1]
      let p3 = knots[min(index + 2, knots.count - 1)]
      let tangentIn = (p2 - p0) * 0.5
      let tangentOut = (p3 - p1) * 0.5
      let chord = p2 - p1
      let quadratic = chord * 3 - tangentIn * 2 - tangentOut
      let cubic = tangentIn + tangentOut - chord * 2
      for piece in 1...pieces {
        let t = Float(piece) / Float(pieces)
        points.append(p1 + (tangentIn + (quadratic + cubic * t) * t) * t)
      }
    }
    return Stroke(points: points)
  }

  /// A whole ellipse, begun at its right end.
  static func ellipse(center: Point, radii: Point) -> Stroke {
    let pieces = 20
    return Stroke(
      points: (0...pieces).map { piece in
        let angle = 2 * Float.pi * Float(piece) / Float(pieces)
        return center + radii * Point(cos(angle), sin(angle))
      })
  }
}
