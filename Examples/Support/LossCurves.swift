import JacquardArrays

/// The drawing of `--loss-curve`: shares (accuracies) below, everything else above.
struct LossCurves {
  var title: String
  var subtitle: String
  var curves: [(name: String, values: [Double])]

  /// Writes the drawing to a file, which is either replaced as a whole or left as it was.
  ///
  /// - Throws: `FileWriteError`
  func write(to path: String) throws {
    func series(_ areShares: Bool) -> [LineChart.Series] {
      curves.filter { $0.name.hasSuffix("accuracy") == areShares }
        .map { LineChart.Series(name: $0.name, values: $0.values) }
    }
    func label(_ series: [LineChart.Series], _ several: String) -> String {
      series.count == 1 ? series[0].name : several
    }
    let (costs, shares) = (series(false), series(true))
    var panels: [LineChart.Panel] = []
    if !costs.isEmpty { panels.append(.init(label: label(costs, "cost"), series: costs)) }
    if !shares.isEmpty {
      panels.append(
        .init(label: label(shares, "accuracy") + " of the batch", series: shares, range: 0...1))
    }
    let chart = LineChart(title: title, subtitle: subtitle, xLabel: "step", panels: panels)
    try replaceFile(at: path, with: chart.svg())
  }
}
