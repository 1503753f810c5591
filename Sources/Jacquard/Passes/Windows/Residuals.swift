import JacquardArrays

/// What one loop stacks and another scans window by window.
struct Residuals {
  struct Residual {
    var stack: LoopForm.Stack
    /// The scans of the later loop that read it.
    var scans: [LoopForm.Scan]
    /// Whether nothing else reads it.
    var isExclusive: Bool
  }

  private(set) var residuals: [Residual] = []
  /// The values of the body that are no longer stacked.
  private(set) var dropped: Set<Value> = []
  /// The stacks that are kept and give a value of the body.
  private(set) var kept: [Value: LoopForm.Stack] = [:]
  /// The views of what is dropped, which go with it.
  private(set) var views: Set<Int> = []
  /// Whether the first window of the later loop is the last one of the earlier.
  private(set) var isReversed = false

  private let form: LoopForm
  private let program: Program
  private var scanned: [Value: LoopForm.Scan] = [:]

  init(
    of earlier: LoopForm, readBy later: LoopForm, at position: Int, in block: Block,
    _ graph: BlockGraph, _ program: Program
  ) {
    form = earlier
    self.program = program
    var viewsOf: [Value: Set<Int>] = [:]
    var direction: Bool?
    for stack in earlier.stacks where stack.specification.axis == 0 {
      var values = [stack.result]
      var residual = Residual(stack: stack, scans: [], isExclusive: true)
      while let value = values.popLast() {
        if graph.isResult(value) { residual.isExclusive = false }
        for index in graph.readers(of: value) {
          let node = block.nodes[index]
          if node.isReshape {
            viewsOf[stack.result, default: []].insert(index)
            values.append(node.results[0])
          } else if index == position {
            let scans = later.scans.filter { $0.array == value && $0.specification.axis == 0 }
            let isWhole = node.operands.count(where: { $0 == value }) == scans.count
            if !isWhole { residual.isExclusive = false }
            // One for each time the loop is among the users.
            for scan in scans where !residual.scans.contains(where: { $0.slice == scan.slice }) {
              residual.scans.append(scan)
            }
          } else {
            residual.isExclusive = false
          }
        }
      }
      guard let first = residual.scans.first else { continue }
      let turned = first.specification.reversed != stack.specification.reversed
      guard direction ?? turned == turned,
        residual.scans.allSatisfy({ $0.specification.reversed == first.specification.reversed })
      else { continue }
      direction = turned
      residuals.append(residual)
    }
    isReversed = direction ?? false
    choose()
    for residual in residuals where dropped.contains(residual.stack.slice) {
      views.formUnion(viewsOf[residual.stack.result] ?? [])
    }
  }

  /// The memory that is saved, in bytes.
  var droppedByteCount: Int {
    residuals.reduce(0) { sum, residual in
      dropped.contains(residual.stack.slice)
        ? sum + (program.type(of: residual.stack.result).byteCount ?? 0) : sum
    }
  }

  /// The scans of the earlier loop that the recomputation may scan too.
  func scan(of slice: Value) -> LoopForm.Scan? { scanned[slice] }

  /// Decides what to keep, dropping from the last value to the first whatever the rest gives.
  private mutating func choose() {
    for residual in residuals where kept[residual.stack.slice] == nil {
      kept[residual.stack.slice] = residual.stack
    }
    let total = residuals.reduce(0) { $0 + (program.type(of: $1.stack.result).byteCount ?? 0) }
    for scan in form.scans where scan.specification.axis == 0 {
      // Larger ones might have to be kept longer than now.
      if let bytes = program.type(of: scan.array).byteCount, bytes <= total / 16 {
        scanned[scan.slice] = scan
      }
    }
    var position: [Value: Int] = [:]
    for (index, node) in form.nodes.enumerated() {
      for result in node.results { position[result] = index }
    }
    let order = residuals.map(\.stack.slice).sorted {
      (position[$0] ?? -1, $0) > (position[$1] ?? -1, $1)
    }
    let exclusive = Set(residuals.filter(\.isExclusive).map(\.stack.slice))
      .subtracting(residuals.filter { !$0.isExclusive }.map(\.stack.slice))
    for value in order where exclusive.contains(value) && !dropped.contains(value) {
      guard let stack = kept.removeValue(forKey: value) else { continue }
      dropped.insert(value)
      if !dropped.isSubset(of: computable()) {
        dropped.remove(value)
        kept[value] = stack
      }
    }
  }

  /// The values of the body that what is kept gives, in every iteration of a window.
  private func computable() -> Set<Value> {
    var carries = form.carries
    while true {
      var known = Set(kept.keys).union(scanned.keys)
      known.insert(form.iteration)
      known.formUnion(form.invariants.map(\.inner))
      known.formUnion(carries.map(\.parameter))
      for node in form.nodes where program.isCheap(node) {
        let isKnown = node.operands.enumerated().allSatisfy { index, operand in
          known.contains(operand) || program.constant(operand) != nil
            || !node.op.usesElements(ofOperand: index)
        }
        if isKnown { known.formUnion(node.results) }
      }
      let rest = carries.filter {
        kept[$0.parameter] != nil || known.contains($0.next) || program.constant($0.next) != nil
      }
      if rest.count == carries.count { return known }
      carries = rest
    }
  }
}

extension Program {
  /// Whether a node may be computed once more instead of being remembered.
  fileprivate func isCheap(_ node: Node) -> Bool {
    guard canMove(node) else { return false }
    switch node.op {
    case is any ElementwiseOp, is AddN, is BroadcastLike, is BroadcastTo, is FillLike, is Split,
      is Concatenate, is any SlicingOp:
      return true
    default: return node.isReshape
    }
  }
}
