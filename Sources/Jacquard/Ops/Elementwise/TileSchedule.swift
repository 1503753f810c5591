import JacquardArrays

/// The order in which the steps of a tile program are done, and which of them make a chain.
///
/// A step that is one of the chains' operations may join the chain of a step it reads. Whatever else stands between two steps
/// raises the stage, so that a chain of all such steps of one stage and element type reads nothing that comes after it.
struct TileSchedule {
  enum Line: Equatable {
    /// One step, by a kernel of its own.
    case call(Int)
    /// Steps of one element type.
    case chain([Int])

    var steps: [Int] {
      switch self {
      case .call(let step): [step]
      case .chain(let steps): steps
      }
    }
  }

  private(set) var lines: [Line] = []
  /// How often each step is read, by steps or as a result.
  let useCounts: [Int]
  private let program: TileProgram

  /// - Parameter isScalar: for each operand, whether it is one element for all.
  init(_ program: TileProgram, isScalar: [Bool]) {
    self.program = program
    var useCounts = [Int](repeating: 0, count: program.steps.count)
    for case .step(let index) in program.steps.flatMap(\.sources) + program.results {
      useCounts[index] += 1
    }
    self.useCounts = useCounts
    for line in stages().joined() {
      if case .chain(let steps) = line {
        lines.append(chain(steps, isScalar))
      } else {
        lines.append(line)
      }
    }
  }

  /// The lines of each stage.
  private func stages() -> [[Line]] {
    var stages: [[Line]] = []
    var stageOfStep: [Int] = []
    for (index, step) in program.steps.enumerated() {
      var stage = 0
      for case .step(let source) in step.sources {
        let other = program.steps[source]
        let joins = step.isChained && other.isChained && step.dtype == other.dtype
        stage = max(stage, stageOfStep[source] + (joins ? 0 : 1))
      }
      stageOfStep.append(stage)
      while stages.count <= stage { stages.append([]) }
      if !step.isChained {
        stages[stage].append(.call(index))
        continue
      }
      let place = stages[stage].firstIndex { line in
        if case .chain(let steps) = line {
          program.steps[steps[0]].dtype == step.dtype
        } else {
          false
        }
      }
      if let place {
        stages[stage][place] = .chain(stages[stage][place].steps + [index])
      } else {
        stages[stage].append(.chain([index]))
      }
    }
    return stages
  }

  /// The chain of some steps; a call if it has one step alone and no element that stands for all would have to be spread.
  private func chain(_ steps: [Int], _ isScalar: [Bool]) -> Line {
    guard steps.count == 1 else { return .chain(ordered(steps)) }
    let readsScalar = program.steps[steps[0]].sources.contains { $0.isUniform(isScalar) }
    return readsScalar ? .chain(steps) : .call(steps[0])
  }

  /// The steps of a chain such that, where possible, each follows the one it reads.
  private func ordered(_ steps: [Int]) -> [Int] {
    var isWaiting = [Bool](repeating: false, count: program.steps.count)
    var isRead = isWaiting
    for index in steps {
      isWaiting[index] = true
      for case .step(let source) in program.steps[index].sources { isRead[source] = true }
    }
    var order: [Int] = []
    func visit(_ index: Int) {
      isWaiting[index] = false
      let sources = program.steps[index].sources.reversed().compactMap { source in
        if case .step(let source) = source { source } else { nil }
      }
      // What is stored for other readers anyhow comes first.
      for source in sources.filter({ useCounts[$0] > 1 }) + sources where isWaiting[source] {
        visit(source)
      }
      order.append(index)
    }
    for index in steps where !isRead[index] { visit(index) }
    return order
  }
}

extension TileProgram.Step {
  /// Whether chains can do it.
  fileprivate var isChained: Bool {
    instruction.chainOperation != nil && dtype.isFloatingPoint
  }
}

extension TileProgram.Source {
  /// Whether it is one element that stands for all.
  ///
  /// - Parameter isScalar: whether each operand is.
  func isUniform(_ isScalar: [Bool]) -> Bool {
    switch self {
    case .operand(let index): isScalar[index]
    case .constant: true
    case .step: false
    }
  }
}
