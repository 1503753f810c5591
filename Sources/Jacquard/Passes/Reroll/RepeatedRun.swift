/// A stretch of a sequence of nodes in which each node is like the one `period` before it.
struct RepeatedRun {
  /// Its positions.
  var start: Int
  var end: Int
  var period: Int
}

extension NodeSequence {
  /// The runs of steps that multiply by the same matrix, in program order.
  ///
  /// Products of one operand tell the period: a step takes from one such product to the next, or to one of the few after that if a
  /// step has several. From there a run reaches as far as nodes repeat.
  func repeatedRuns() -> [RepeatedRun] {
    var runs: [RepeatedRun] = []
    var covered = [Bool](repeating: false, count: order.count)
    for products in productsBySharedOperand() where products.count >= 3 {
      var first = 0
      while first + 2 < products.count {
        guard !covered[products[first]], let run = run(from: first, in: products, covered) else {
          first += 1
          continue
        }
        runs.append(run)
        for position in run.start..<run.end { covered[position] = true }
        while first < products.count, products[first] < run.end { first += 1 }
      }
    }
    return runs.sorted { $0.start < $1.start }
  }

  private struct SharedOperand: Hashable {
    var key: Int
    var index: Int
    var value: Value
  }

  /// The positions of products that are alike and share an operand.
  private func productsBySharedOperand() -> [[Int]] {
    var groups: [[Int]] = []
    var numbers: [SharedOperand: Int] = [:]
    for (position, index) in order.enumerated()
    where keys[position] >= 0 && nodes[index].op is MatMul {
      for (operand, value) in nodes[index].operands.enumerated() {
        let shared = SharedOperand(key: keys[position], index: operand, value: value)
        if let number = numbers[shared] {
          groups[number].append(position)
        } else {
          numbers[shared] = groups.count
          groups.append([position])
        }
      }
    }
    return groups
  }

  /// The run that a product of each of at least three steps belongs to.
  private func run(from first: Int, in products: [Int], _ covered: [Bool]) -> RepeatedRun? {
    let mostProductsOfStep = 4
    for count in 1...mostProductsOfStep {
      guard first + 2 * count < products.count else { return nil }
      let period = products[first + count] - products[first]
      guard products[first + 2 * count] - products[first + count] == period else { continue }
      var start = products[first]
      var end = start + period
      while end < keys.count, keys[end] == keys[end - period], !covered[end] { end += 1 }
      guard end > products[first + 2 * count] else { continue }
      while start > 0, keys[start - 1] == keys[start - 1 + period], !covered[start - 1] {
        start -= 1
      }
      if end - start >= 3 * period { return RepeatedRun(start: start, end: end, period: period) }
    }
    return nil
  }
}
