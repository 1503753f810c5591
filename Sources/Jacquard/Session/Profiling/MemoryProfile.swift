/// Which intermediate results lie where in a run's memory, and for how long: the timeline of the arena.
///
/// ```swift
/// let memory = try session.memoryProfile(trainStep, feeding: feeds)
/// print(memory)                  // the bytes in use at each step, and what holds the most
/// try memory.svg.write(toFile: "memory.svg", atomically: true, encoding: .utf8)
/// ```
///
/// Variables, fed and fetched arrays lie elsewhere, as do stacks of which only the run knows the length.
public struct MemoryProfile: Sendable, Hashable, Codable {
  /// A piece of memory during some steps.
  public struct Block: Sendable, Hashable, Codable {
    /// What memory is for.
    public enum Role: String, Sendable, Hashable, Codable {
      /// The result of a kernel or loop.
      case result
      /// What a kernel works with.
      case scratch
      /// A value between two iterations of a loop.
      case carried
      /// A slice gathered from an array that a loop goes through.
      case slice
      /// The number of an iteration.
      case counter
      /// An address for what has no elements.
      case reserved
    }

    /// What it is for.
    public var role: Role
    /// The path of the operation; empty if there is none.
    public var operation: String
    /// The type of what lies there; `nil` for scratch memory.
    public var type: String?
    /// Whether it lies in the scratch file, not in the arena.
    public var isSwapped: Bool
    /// Where it starts there, in bytes.
    public var offset: Int
    /// Its size, a multiple of 64 bytes.
    public var bytes: Int
    /// The numbers of the first and the last kernel during which it is in use, as in the table of the plan.
    public var firstStep: Int
    /// The number of the last kernel during which it is in use.
    public var lastStep: Int
  }

  /// The state at one kernel.
  public struct Moment: Sendable, Hashable, Codable {
    /// The number of the kernel.
    public var step: Int
    /// How deep it is nested in loops and branches.
    public var depth: Int
    /// Its name.
    public var kernel: String
    /// The path of its operation.
    public var operation: String
    /// The bytes in use.
    public var bytes: Int
  }

  /// The size of the arena, in bytes.
  public var arenaBytes: Int
  /// The size of the scratch file, in bytes: what loops with `swapMemory` stack beyond ``SessionOptions/swapBudget``.
  public var scratchFileBytes: Int
  /// The most bytes of the arena in use at any kernel.
  public var peakBytes: Int
  /// The kernel at which they are, the first if there are several; 0 if there is none.
  public var peakStep: Int
  /// The kernels in their order.
  public var timeline: [Moment]
  /// All pieces of memory, in the order in which they are first used.
  public var blocks: [Block]

  /// What of the arena is in use at the peak, the largest first.
  public var peakBlocks: [Block] {
    Self.largestFirst(blocks.filter { !$0.isSwapped && $0.isInUse(at: peakStep) })
  }

  /// What lies in the scratch file, the largest first.
  public var swappedBlocks: [Block] { Self.largestFirst(blocks.filter(\.isSwapped)) }

  private static func largestFirst(_ blocks: [Block]) -> [Block] {
    blocks.enumerated()
      .sorted { ($1.element.bytes, $0.offset) < ($0.element.bytes, $1.offset) }
      .map(\.element)
  }

  init(_ plan: Plan, names: [String], name: (OperationID) -> String) {
    arenaBytes = plan.arenaByteCount
    scratchFileBytes = plan.layout.scratchByteCount
    timeline = []
    var moments: [Int] = []
    for (index, row) in plan.rows.enumerated() where row.kind == .kernel {
      moments.append(row.moment)
      timeline.append(
        Moment(
          step: moments.count, depth: row.depth, kernel: row.name, operation: names[index],
          bytes: plan.arena.liveBytes[row.moment]))
    }
    peakBytes = timeline.map(\.bytes).max() ?? 0
    let peak = peakBytes
    peakStep = timeline.first { $0.bytes == peak }?.step ?? 0
    blocks = plan.arena.blocks.map { block in
      Block(
        role: Block.Role(block.use.role), operation: block.use.operation.map(name) ?? "",
        type: block.use.type.map { "\($0)" }, isSwapped: block.isSwapped,
        offset: block.range.lowerBound, bytes: block.range.count,
        firstStep: 1 + moments.count { $0 < block.first },
        lastStep: moments.count { $0 <= block.last })
    }
    blocks.sort { ($0.firstStep, $0.offset) < ($1.firstStep, $1.offset) }
  }
}

extension MemoryProfile.Block {
  func isInUse(at step: Int) -> Bool { firstStep <= step && step <= lastStep }
}

extension MemoryProfile.Block.Role {
  fileprivate init(_ role: ArenaMap.Role) {
    switch role {
    case .result: self = .result
    case .scratch: self = .scratch
    case .carried: self = .carried
    case .slice: self = .slice
    case .counter: self = .counter
    case .unused: self = .reserved
    }
  }
}

extension MemoryProfile: CustomStringConvertible {
  /// The bytes in use at each kernel, and what holds them where they are most.
  public var description: String {
    """
    arena \(Format.bytes(arenaBytes)); at most \(Format.bytes(peakBytes)) in use, at step \(peakStep)

    \(timelineTable)

    in use at step \(peakStep):
    \(Self.table(peakBlocks, of: peakBytes))
    """
      + (scratchFileBytes == 0
        ? ""
        : """


        in the scratch file of \(Format.bytes(scratchFileBytes)):
        \(Self.table(swappedBlocks, of: scratchFileBytes))
        """)
  }

  private static let barWidth = 32
  private static let mostBlocks = 20

  private var timelineTable: String {
    let lines = timeline.map { moment in
      let length = arenaBytes > 0 ? (moment.bytes * Self.barWidth + arenaBytes / 2) / arenaBytes : 0
      return [
        "\(moment.step)", Format.bytes(moment.bytes), String(repeating: "█", count: length),
        String(repeating: "  ", count: moment.depth) + Format.shortened(moment.kernel, width: 48),
        Format.lastComponents(moment.operation, width: 40),
      ]
    }
    return TextTable.aligned(
      [["step", "in use", "of \(Format.bytes(arenaBytes))", "kernel", "operation"]] + lines,
      rightAligned: [true, true, false, false, false])
  }

  private static func table(_ blocks: [Block], of total: Int) -> String {
    var lines = blocks.prefix(mostBlocks).map { block in
      [
        Format.bytes(block.bytes), Format.percent(Double(block.bytes) / Double(max(total, 1))),
        block.firstStep == block.lastStep
          ? "step \(block.firstStep)" : "steps \(block.firstStep)–\(block.lastStep)",
        block.role.rawValue, block.type ?? "", Format.lastComponents(block.operation, width: 60),
      ]
    }
    let rest = blocks.dropFirst(mostBlocks)
    if !rest.isEmpty {
      let bytes = rest.reduce(0) { $0 + $1.bytes }
      lines.append([Format.bytes(bytes), "", "", "\(rest.count) more", "", ""])
    }
    return TextTable.aligned(lines, rightAligned: [true, true, false, false, false, false])
  }
}

extension Session {
  /// Where the intermediate results of a run lie, and for how long. Compiles the plan unless it is kept; runs nothing.
  ///
  /// - Throws: what `run(_:feeding:)` throws before it runs a kernel.
  public func memoryProfile<each F: Fetchable>(
    _ fetches: repeat each F, feeding feeds: Feeds = Feeds()
  ) throws -> MemoryProfile {
    var list = FetchList()
    repeat list.append(each fetches)
    let plan = try prepare(list, feeds).0.plan
    return graph.read { state in
      MemoryProfile(plan, names: plan.rows.map { state[operation: $0.origin].name }) {
        state[operation: $0].name
      }
    }
  }
}
