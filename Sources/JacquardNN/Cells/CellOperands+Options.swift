import Jacquard

extension CellOperands {
  /// Whether `count`, an option of the cell, is at least 1; a diagnostic if not.
  func hasPositive(_ count: Int, _ what: String) -> Bool {
    if count > 0 { return true }
    inputs.graph.diagnose("the cell has \(count) \(what)", remedy: "give 1 or more", op: cell)
    return false
  }

  /// Whether `bound`, an option of the cell, bounds anything: it is absent, 0 or positive; a diagnostic if not.
  func hasBound(_ bound: Double?, _ what: String) -> Bool {
    guard let bound, !(bound >= 0) else { return true }
    inputs.graph.diagnose(
      "\(what) is \(bound)", remedy: "give 0 or more, or nil not to clip", op: cell)
    return false
  }
}
