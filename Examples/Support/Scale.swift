import Foundation

/// Where numbers of an axis are in a drawing, and which of them to write.
struct Scale {
  private let domain: ClosedRange<Double>
  private let (start, end): (Double, Double)
  private let decimals: Int
  /// Round numbers within the domain.
  let ticks: [Double]

  /// - Parameters:
  ///   - domain: the numbers.
  ///   - start: where the lowest is.
  ///   - end: where the highest is.
  ///   - count: about how many ticks there are.
  init(from domain: ClosedRange<Double>, to start: Double, _ end: Double, ticks count: Int) {
    let span = max(domain.upperBound - domain.lowerBound, 1e-12)
    let rough = span / Double(count)
    let power = pow(10, floor(log10(rough)))
    let step = power * ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10)
    self.domain = domain.lowerBound...(domain.lowerBound + span)
    (self.start, self.end) = (start, end)
    decimals = max(0, Int(-floor(log10(step) + 1e-9)))
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = ((domain.lowerBound + span) / step + 1e-9).rounded(.down)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step + 0 }  // never −0
  }

  /// Where `value` is.
  subscript(value: Double) -> Double {
    start + (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound) * (end - start)
  }

  /// The nearest number of the axis.
  func clamped(_ value: Double) -> Double {
    min(max(value, domain.lowerBound), domain.upperBound)
  }

  /// What is written at a tick.
  func label(_ tick: Double) -> String { String(format: "%.\(decimals)f", tick) }
}
