/// Computes again in each window what is cheap, in place of keeping it from one loop to a later one.
///
/// The later loop scans a residual window by window. If the earlier one computes it elementwise from others that are kept, and from
/// what it carries, then the windows of the earlier loop start from carries that are kept once a window, and a loop at the start of
/// the later loop's body goes through the window again. Of an LSTM's step the gates remain; its states are recomputed.
struct RecomputeResiduals: WindowPass {
  static let name = "recompute-residuals"
  static let contract =
    "What a loop stacks for the windows of a later loop alone, and is an elementwise function of what else is stacked and carried, is computed again in each window; bits stay the same."

  var limits = WindowLimits()

  /// Changes the first pair of loops that it finds worth it, from the last one; false if there is none.
  func rewrite(_ block: inout Block, _ program: inout Program) -> Bool {
    var graph: BlockGraph?
    for position in block.nodes.indices.reversed() {
      guard let later = LoopForm(block.nodes[position]),
        let windows = later.fullTripCount(in: program), windows > 1
      else { continue }
      let known = graph ?? BlockGraph(block, program)
      graph = known
      let sources = later.scans.compactMap {
        known.producer(of: known.base(of: $0.array, in: block))
      }
      for source in Set(sources).sorted() {
        guard let earlier = LoopForm(block.nodes[source]),
          let iterations = earlier.fullTripCount(in: program), iterations % windows == 0,
          iterations / windows > 1
        else { continue }
        let residuals = Residuals(
          of: earlier, readBy: later, at: position, in: block, known, program)
        guard residuals.droppedByteCount >= max(limits.leastBytes, 1) else { continue }
        var recomputation = Recomputation(
          earlier, later, residuals, iterations: iterations, windows: windows)
        guard let (first, second) = recomputation.run(&program) else { continue }
        var nodes: [Node] = []
        for (index, node) in block.nodes.enumerated() where !residuals.views.contains(index) {
          switch index {
          case source: nodes += first
          case position: nodes += second
          default: nodes.append(node)
          }
        }
        block.nodes = nodes
        return true
      }
    }
    return false
  }
}
