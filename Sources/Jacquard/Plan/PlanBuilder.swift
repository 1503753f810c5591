import JacquardArrays

/// Turns a program into steps, slots and blocks of memory.
///
/// Every value that needs an address has a slot. Time is a counter that each step advances; the steps of loop bodies and
/// branches lie between the first and the last moment of the step that owns them. A block of memory is needed from the
/// moment that writes it first to the one that reads it last.
struct PlanBuilder {
  /// The parts of a plan.
  struct Product {
    var steps: [Step]
    var rows: [PlanRow]
    var layout: RunLayout
    var arena: ArenaMap
  }

  /// What is known of a value.
  struct ValueState {
    var slot: Int32 = -1
    /// The blocks that may hold it.
    var blocks: [Int] = []
    /// Where it starts, if it is in one block at a fixed address.
    var offset: Int?
    /// Set for stacks whose length only the run knows.
    var growingStack: Int?
    var claim = Claim.none
    /// Whether it is a concatenation whose operands are written where it would copy them.
    var isMadeInPieces = false
    /// The last node of its region that uses it; `.max` for results, −1 without use.
    var lastUse = -1
    var useCount = 0
    /// The node of its region that gives it, or −1.
    var producer = -1
  }

  /// Whether a value's slot is given before its producer is lowered, because someone else wants it written there.
  enum Claim: Equatable {
    case none
    /// A result of the root: in a block, or wherever the run wants it.
    case output
    /// A result of a body or branch, in memory of the loop's or the conditional's.
    case enclosing
    /// What a concatenation, which is made in pieces, has at this place.
    case piece(of: Value, byteOffset: Int)
  }

  var program: Program
  let options: PlanOptions
  /// The node of the root from which on none can fail, and variables may be updated.
  let firstUpdate: Int
  var layout = RunLayout()
  var rows: [PlanRow] = []
  private(set) var blocks: [MemoryPlan.Block] = []
  private var uses: [ArenaMap.Use] = []
  /// The blocks that may lie in a scratch file.
  var swappableBlocks: [Int] = []
  /// The last node to use any value in a block of memory.
  private var lastUseOfBlock: [Int] = []
  private var states: [ValueState]
  private(set) var clock = 0
  /// About how long the kernel of each node of the root takes in ns, if it may run beside others.
  var smallKernelCosts: [Double?] = []
  /// For each node of the root those that it runs beside, itself among them, if there are others.
  var jointOfNode: [Range<Int>?] = []
  /// Those of the node that is being lowered.
  var joint: Joint?
  /// Kernels of the root that are made before their nodes are lowered.
  var rootKernels: [Int: any Kernel] = [:]

  /// The slot of whatever has no elements anyone reads.
  static let unusedSlot: Int32 = 0
  /// The block of kernels without scratch memory.
  static let unusedBlock = 0

  init(_ program: Program, options: PlanOptions) {
    (self.program, firstUpdate) =
      options.updatesInPlace
      ? program.withUpdatesLast() : (program, program.root.nodes.count)
    self.options = options
    states = Array(repeating: ValueState(), count: program.values.count)
  }

  subscript(value: Value) -> ValueState {
    get { states[Int(value.index)] }
    _modify { yield &states[Int(value.index)] }
  }

  mutating func build() throws -> Product {
    _ = newBlock(
      byteCount: MemoryPlan.alignment, at: 0, for: ArenaMap.Use(role: .unused, operation: nil))
    _ = newSlot(.block(Self.unusedBlock, offset: 0))
    for (index, parameter) in program.root.parameters.enumerated() {
      self[parameter].slot = newSlot(.input(index))
      layout.inputSlots.append(Int(self[parameter].slot))
    }
    planPieces()
    gatherJoints()
    survey(program.root)
    findJoints()
    let producers = program.root.results.map { claimOutput($0) }
    let steps = try lowerNodes(program.root, depth: 0)
    let end = tick()
    blocks[Self.unusedBlock].last = end
    for (result, producer) in zip(program.root.results, producers) {
      touch(result, at: end)
      layout.outputs.append(try output(result, producer: producer))
    }
    layout.fetchCount = program.fetchCount
    layout.memoryLimit = options.memoryLimit
    layout.rowCount = rows.count
    planUpdates(steps, producers: producers)
    markUpdates()
    let arena = try planMemory()
    return Product(steps: scheduled(steps), rows: rows, layout: layout, arena: arena)
  }

  /// Lets the producer of a root result write to memory that is bound when the run starts.
  private mutating func claimOutput(_ result: Value) -> Value? {
    guard let base = claimableBase(of: result, in: program.root) else { return nil }
    if self[base].claim == .none {
      claim(base, slot: newSlot(.running), as: .output)
    }
    return base
  }

  private mutating func output(_ result: Value, producer: Value?) throws -> RunLayout.Output {
    let type = program.type(of: result)
    let growingStack = self[result].growingStack
    return RunLayout.Output(
      slot: Int(slot(of: result)), type: type,
      byteCount: growingStack == nil ? try byteCount(of: result, of: nil) : 0,
      producer: producer.map { .init(slot: Int(self[$0].slot), block: self[$0].blocks[0]) },
      growingStack: growingStack)
  }

  private mutating func planMemory() throws -> ArenaMap {
    let isSwapped = chooseSwappedBlocks()
    let plan = try MemoryPlan(
      blocks.indices.map { isSwapped[$0] ? blocks[$0].emptied : blocks[$0] })
    layout.blockOffsets = plan.offsets
    layout.arenaByteCount = plan.byteCount
    if !layout.scratchBlocks.isEmpty {
      // Pages of their own, so that each can leave memory while others are in use.
      let file = try MemoryPlan(
        layout.scratchBlocks.map { try blocks[$0].padded(to: ScratchFile.pageByteCount) })
      for (block, offset) in zip(layout.scratchBlocks, file.offsets) {
        layout.blockOffsets[block] = offset
      }
      layout.scratchByteCount = file.byteCount
    }
    for row in rows.indices { rows[row].place(in: layout) }
    return ArenaMap(
      blocks, uses, offsets: layout.blockOffsets, isSwapped: isSwapped,
      byteCount: plan.byteCount, end: clock)
  }

  /// Decides which stacks of loops with `swapMemory` lie in a scratch file: the largest, until the rest fits in the budget.
  private mutating func chooseSwappedBlocks() -> [Bool] {
    var isSwapped = Array(repeating: false, count: blocks.count)
    var bytes = swappableBlocks.reduce(0) { $0 + blocks[$1].byteCount }
    for block in swappableBlocks.sorted(by: {
      (blocks[$1].byteCount, $0) < (blocks[$0].byteCount, $1)
    }) where bytes > options.swapBudget {
      isSwapped[block] = true
      bytes -= blocks[block].byteCount
    }
    layout.growingStackBudget = max(options.swapBudget - bytes, 0)
    layout.scratchDirectory = options.scratchDirectory
    layout.scratchBlocks = blocks.indices.filter { isSwapped[$0] }
    layout.scratchSlots = layout.slots.indices.filter {
      if case .block(let block, _) = layout.slots[$0] { isSwapped[block] } else { false }
    }
    let largest = layout.scratchBlocks.max { blocks[$0].byteCount < blocks[$1].byteCount }
    layout.scratchOperation = largest.flatMap { uses[$0].operation } ?? layout.scratchOperation
    return isSwapped
  }

  /// Notes which steps compute the new values of variables.
  private mutating func markUpdates() {
    var slots: Set<Int> = []
    for output in layout.outputs.dropFirst(program.fetchCount).prefix(program.commits.count) {
      slots.formUnion([output.slot, output.producer?.slot ?? output.slot])
    }
    if slots.isEmpty { return }
    for row in rows.indices where rows[row].results.contains(where: { slots.contains($0.slot) }) {
      rows[row].isUpdate = true
      // Some rows change in the memory that the value is committed from.
      rows[row].inPlaceOperand =
        rows[row].inPlaceOperand
        ?? rows[row].operands.firstIndex {
          isPending($0.slot)
        }
    }
  }

  private func isPending(_ slot: Int) -> Bool {
    guard case .input(let input) = layout.slots[slot], case .pending = program.inputs[input] else {
      return false
    }
    return true
  }
}

// MARK: - Slots, blocks, time

extension PlanBuilder {
  mutating func tick() -> Int {
    defer { clock += 1 }
    return clock
  }

  mutating func newBlock(byteCount: Int, at time: Int, for use: ArenaMap.Use) -> Int {
    blocks.append(MemoryPlan.Block(byteCount: byteCount, first: time, last: time))
    uses.append(use)
    lastUseOfBlock.append(-1)
    return blocks.count - 1
  }

  /// What memory for `node` is for.
  func use(_ role: ArenaMap.Role, of node: Node, _ type: TensorType? = nil) -> ArenaMap.Use {
    ArenaMap.Use(role: role, operation: node.origin, type: type)
  }

  /// Keeps a block of memory until `time`.
  mutating func extend(_ block: Int, to time: Int) {
    blocks[block].last = max(blocks[block].last, time)
  }

  /// Keeps a block of memory for as long as a loop runs.
  mutating func spread(_ block: Int, from begin: Int, to end: Int) {
    blocks[block].first = min(blocks[block].first, begin)
    extend(block, to: end)
  }

  /// Keeps the memory of a value until `time`.
  mutating func touch(_ value: Value, at time: Int) {
    for block in self[value].blocks { extend(block, to: time) }
  }

  mutating func newSlot(_ home: RunLayout.Home) -> Int32 {
    layout.slots.append(home)
    return Int32(layout.slots.count - 1)
  }

  /// The slot of a value, made now if it is a constant.
  mutating func slot(of value: Value) -> Int32 {
    if self[value].slot >= 0 { return self[value].slot }
    guard let constant = program.constant(value) else { return Self.unusedSlot }
    layout.constants.append(constant)
    let slot = newSlot(.constant(layout.constants.count - 1, offset: 0))
    self[value].slot = slot
    return slot
  }

  /// Gives a value that is written where someone else wants it the slot in which its producer finds the address.
  mutating func claim(_ value: Value, slot: Int32, as claim: Claim) {
    self[value].slot = slot
    self[value].claim = claim
  }

  /// Gives a new value memory of its own, unless it is claimed.
  mutating func allocate(_ value: Value, of node: Node, at time: Int) throws {
    let use = use(.result, of: node, program.type(of: value))
    switch self[value].claim {
    case .enclosing: break
    case .piece(let whole, let byteOffset):
      try allocate(value, in: whole, byteOffset: byteOffset, of: node, at: time)
    case .output:
      let block = newBlock(byteCount: try byteCount(of: value, of: node), at: time, for: use)
      self[value].blocks = [block]
    case .none:
      let block = newBlock(byteCount: try byteCount(of: value, of: node), at: time, for: use)
      self[value].slot = newSlot(.block(block, offset: 0))
      place(value, in: block, offset: 0)
    }
  }

  /// Puts a value at a fixed place.
  mutating func place(_ value: Value, in block: Int, offset: Int) {
    self[value].blocks = [block]
    self[value].offset = offset
    hold([block], for: value)
  }

  /// Notes that `view` shows the memory of `value`.
  mutating func share(_ value: Value, with view: Value, byteOffset: Int) {
    self[view].blocks = self[value].blocks
    self[view].offset = self[value].offset.map { $0 + byteOffset }
    hold(self[view].blocks, for: view)
  }

  /// Notes that blocks may hold a value, and must not be overwritten while it is of use.
  mutating func hold(_ blocks: [Int], for value: Value) {
    for block in blocks {
      lastUseOfBlock[block] = max(lastUseOfBlock[block], self[value].lastUse)
    }
  }

  /// Whether no node after `index` uses what is in a block.
  func isDead(_ block: Int, after index: Int) -> Bool { lastUseOfBlock[block] <= index }

  /// The bytes of a value, whose shape must be known.
  func byteCount(of value: Value, of node: Node?) throws -> Int {
    let type = program.type(of: value)
    let op = node.map { Swift.type(of: $0.op).name } ?? "Fetch"
    let operation = node?.origin ?? OperationID(-1)
    guard let shape = type.shape.known else {
      throw PlanError.shapeDependsOnData(type: type, op: op, operation: operation)
    }
    var bytes = type.dtype.byteCount
    for dimension in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw PlanError.tooLarge(type: type, op: op, operation: operation) }
      bytes = product
    }
    return bytes
  }
}
