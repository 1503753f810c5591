import Foundation
import Testing

@testable import ExampleSupport

@Suite("Drawings of curves")
struct LineChartTests {
  private func chart(_ values: [Double], range: ClosedRange<Double>? = nil) throws -> DrawnChart {
    let panel = LineChart.Panel(
      label: "cost", series: [.init(name: "cost", values: values)], range: range)
    return try DrawnChart(
      LineChart(title: "a < b & c", subtitle: "", xLabel: "step", panels: [panel]).svg())
  }

  @Test("titles are escaped; ticks are round numbers from 0 on")
  func texts() throws {
    let chart = try chart((0...100).map { 3.1 / (1 + Double($0)) })
    #expect(chart.texts.contains("a < b & c"))
    #expect(["0", "1", "2", "3"].allSatisfy(chart.texts.contains))
    #expect(["20", "40", "60", "80", "100"].allSatisfy(chart.texts.contains))
    #expect(!chart.texts.contains { $0.hasPrefix("-0") })
  }

  @Test("few steps, constants and nothing at all are drawn, too", arguments: [[], [0], [2, 2]])
  func degenerate(_ values: [Double]) throws {
    let chart = try chart(values)
    #expect(chart.pointCounts(ofClass: "raw") == [values.count])
    #expect(!chart.paths.contains { $0.data.contains("nan") || $0.data.contains("inf") })
  }

  @Test("what is not finite is a gap")
  func gaps() throws {
    let chart = try chart([1, 2, .nan, 3, .infinity, 4])
    #expect(chart.pointCounts(ofClass: "raw") == [4])
    // The first is of the legend.
    let curve = try #require(chart.paths.filter { $0.pathClass == "raw c0" }.last)
    #expect(curve.data.count { $0 == "M" } == 3)
  }

  @Test("values beyond the range stay at its edge")
  func clamped() throws {
    let inside = try chart([0, 1], range: 0...1)
    let beyond = try chart([-5, 7], range: 0...1)
    #expect(inside.paths.map(\.data).suffix(2).first == beyond.paths.map(\.data).suffix(2).first)
  }

  @Test("of very many values, the extremes of each stretch")
  func thinned() {
    var values = (0..<10_000).map { sin(Double($0)) }
    values[1234] = 17
    values[7777] = -17
    let points = LineChart.thinned(values)
    #expect(points.count <= 1400)
    #expect(points.contains { $0 == (1234, 17) } && points.contains { $0 == (7777, -17) })
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.position <= $1.position })
  }

  @Test("smoothing keeps constants, and weighs neighbours alike on both sides")
  func smoothing() {
    #expect(LineChart.smoothed([2, 2, 2]).allSatisfy { abs($0 - 2) < 1e-12 })
    let peak = LineChart.smoothed([0, 0, 1, 0, 0])
    #expect(abs(peak[1] - peak[3]) < 1e-12 && abs(peak[0] - peak[4]) < 1e-12)
    #expect(peak[2] > peak[1] && peak[1] > peak[0])
    let gap = LineChart.smoothed([1, .nan, 3])
    #expect(gap[1].isNaN && gap[0] > 1 && gap[2] < 3)
  }

  @Test(
    "ticks",
    arguments: [
      (0.0...3.2, 5, ["0", "1", "2", "3"]),
      (0.0...1.0, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      (0.0...780.0, 9, ["0", "100", "200", "300", "400", "500", "600", "700"]),
      (0.0...0.004, 5, ["0.000", "0.001", "0.002", "0.003", "0.004"]),
    ])
  func ticks(_ domain: ClosedRange<Double>, count: Int, labels: [String]) {
    let scale = Scale(from: domain, to: 10, 110, ticks: count)
    #expect(scale.ticks.map(scale.label) == labels)
    #expect(scale[domain.lowerBound] == 10 && scale[domain.upperBound] == 110)
  }
}
