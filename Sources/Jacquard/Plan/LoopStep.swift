/// Runs a loop: its condition and its body are schedules over the same slots as everything else.
///
/// Carried values are not copied where a kernel of the body can write them to the buffer, or the row of a stack, that the next
/// iteration reads; slices that lie in one piece are used where they lie.
final class LoopStep: Sendable {
  /// A value handed from one iteration to the next.
  struct Carry: Sendable, BitwiseCopyable {
    /// How a body result becomes the next iteration's parameter.
    enum Transfer: Sendable {
      /// The body writes it to the buffer of the iteration.
      case buffered
      /// The parameter points where the result is: in a stack's row, or in memory that does not change.
      case forwarded
      /// The result, which may change or go away, is copied to the buffer of the iteration.
      case copied
      /// The body returns the parameter.
      case unchanged
    }

    var transfer: Transfer
    var operand: Int32
    var parameter: Int32
    var bodyResult: Int32
    /// The slot through which a kernel of the body writes a buffered result.
    var producer: Int32
    var result: Int32
    var byteCount: Int
    /// Whether the last parameter is memory that does not outlive the loop.
    var isCopiedOut: Bool
    /// The buffers of even and odd iterations; the first also takes results that do not come from an iteration.
    var buffers: (even: Int, odd: Int)

    func buffer(_ iteration: Int) -> Int { iteration & 1 == 0 ? buffers.even : buffers.odd }
  }

  /// An array read slice by slice.
  struct Scan: Sendable, BitwiseCopyable {
    var operand: Int32
    var parameter: Int32
    var slices: SliceLayout
    /// The number of slices, or the stack that knows it.
    var length: Length
    var isReversed: Bool
    var isAnchored: Bool
    /// The memory that slices are gathered in unless they lie in one piece.
    var buffer: Int

    /// Whether slices are used where they lie, each beside the one before.
    fileprivate var isMoving: Bool {
      if case .known = length { slices.isContiguous } else { false }
    }
  }

  /// An array written slice by slice.
  struct Stack: Sendable, BitwiseCopyable {
    var bodyResult: Int32
    var result: Int32
    /// The slot through which a kernel of the body writes the slice where it belongs, or −1 if it is copied.
    var producer: Int32
    var slices: SliceLayout
    var length: Length
    var isReversed: Bool
    var isAnchored: Bool

    /// Whether slices are written where they lie, each beside the one before.
    fileprivate var isMoving: Bool {
      if case .known = length { producer >= 0 && slices.isContiguous } else { false }
    }
  }

  /// The number of slices of an array.
  enum Length: Sendable, BitwiseCopyable {
    case known(Int)
    /// That of a stack whose length is decided while running.
    case growing(Int)
  }

  /// A slot that moves on by so many bytes at each iteration but the first.
  private struct Movement: Sendable, BitwiseCopyable {
    var slot: Int32
    var byteStep: Int
  }

  struct Bounds: Sendable, BitwiseCopyable {
    var maximumIterations: Int?
    /// The slot of an int64 scalar, or −1.
    var bound: Int32
    /// The slot of the condition's result, or −1.
    var condition: Int32
  }

  let bounds: Bounds
  /// The blocks and slots of the iteration counter and the trip count.
  let iterationBlock: Int
  let tripCount: Int32
  let location: KernelLocation
  let carries: Table<Carry>
  let scans: Table<Scan>
  let stacks: Table<Stack>
  /// Slices of scans and stacks that lie in one piece one after the other, as movements; and the numbers of the others.
  private let movements: Table<Movement>
  private let otherScans: Table<Int>
  private let otherStacks: Table<Int>
  /// The numbers of the stacks that are copied to.
  private let copiedStacks: Table<Int>
  let condition: Schedule
  let body: Schedule
  /// Set if threads may each take a range of rows through all iterations.
  let rows: RowSchedule?
  /// The slot of the iteration counter.
  let iterationSlot: Int32
  /// The row of the plan that describes it.
  let row: Int32

  init(
    bounds: Bounds, iterationBlock: Int, iterationSlot: Int32, tripCount: Int32,
    location: KernelLocation, carries: [Carry], scans: [Scan], stacks: [Stack],
    condition: [Step], body: [Step], rows: RowSchedule?, row: Int
  ) {
    self.bounds = bounds
    self.iterationBlock = iterationBlock
    self.tripCount = tripCount
    self.location = location
    self.carries = Table(carries)
    self.scans = Table(scans)
    self.stacks = Table(stacks)
    let movingScans = scans.indices.filter { scans[$0].isMoving }
    let movingStacks = stacks.indices.filter { stacks[$0].isMoving }
    movements = Table(
      movingScans.map {
        Movement(
          slot: scans[$0].parameter,
          byteStep: (scans[$0].isReversed ? -1 : 1) * scans[$0].slices.runByteCount)
      }
        + movingStacks.map {
          Movement(
            slot: stacks[$0].producer,
            byteStep: (stacks[$0].isReversed ? -1 : 1) * stacks[$0].slices.runByteCount)
        })
    otherScans = Table(scans.indices.filter { !scans[$0].isMoving })
    otherStacks = Table(stacks.indices.filter { !stacks[$0].isMoving })
    copiedStacks = Table(stacks.indices.filter { stacks[$0].producer < 0 })
    self.condition = Schedule(condition)
    self.body = Schedule(body)
    self.rows = rows
    self.iterationSlot = iterationSlot
    self.row = Int32(row)
  }

  func run(_ frame: Frame) {
    let limit = iterationLimit(frame)
    for index in carries.indices {
      frame.pointers[Int(carries[index].parameter)] = frame.pointers[Int(carries[index].operand)]
    }
    var executed = 0
    if openStacks(frame, limit: limit) {
      if let rows {
        run(rows, frame, limit: limit)
        executed = limit
      } else {
        executed = iterate(frame, limit: limit)
      }
      closeStacks(frame, executed: executed, limit: limit)
    }
    closeCarries(frame, executed: executed)
    frame.pointers[Int(tripCount)].storeBytes(of: Int64(executed), as: Int64.self)
  }

  private func iterate(_ frame: Frame, limit: Int) -> Int {
    let counter = frame.blocks[iterationBlock]
    var iteration = 0
    frame.status.enterLoop()
    defer { frame.status.leaveLoop() }
    while iteration < limit {
      counter.storeBytes(of: Int64(iteration), as: Int64.self)
      frame.status.setIteration(iteration)
      let event = frame.recorder?.beginIteration(iteration, of: row)
      defer { if let event { frame.recorder?.endIteration(event) } }
      if bounds.condition >= 0 {
        condition.run(frame)
        guard frame.pointers[Int(bounds.condition)].load(as: UInt8.self) != 0 else { break }
      }
      if frame.status.hasFailed { break }
      readSlices(frame, iteration: iteration, limit: limit)
      guard bindResults(frame, iteration: iteration, limit: limit) else { break }
      body.run(frame)
      writeSlices(frame, iteration: iteration, limit: limit)
      carryOver(frame, iteration: iteration)
      releaseSlices(frame, after: iteration, limit: limit)
      iteration += 1
    }
    return iteration
  }

  /// At most how many iterations there are.
  private func iterationLimit(_ frame: Frame) -> Int {
    var limit = bounds.maximumIterations ?? .max
    for index in scans.indices { limit = min(limit, count(scans[index].length, frame)) }
    if bounds.bound >= 0 {
      let bound = frame.pointers[Int(bounds.bound)].load(as: Int64.self)
      limit = min(limit, max(0, Int(bound)))
    }
    return limit
  }

  func count(_ length: Length, _ frame: Frame) -> Int {
    switch length {
    case .known(let count): count
    case .growing(let stack): frame.context.growingStacks[stack].count
    }
  }
}

// MARK: - Carried values

extension LoopStep {
  /// Hands results to the next iteration: copies first, since they read what the parameters still point to.
  func carryOver(_ frame: Frame, iteration: Int, rows: RowRange? = nil) {
    for index in carries.indices where carries[index].transfer == .copied {
      let carry = carries[index]
      let bytes = rows?.bytes(of: carry.byteCount) ?? 0..<carry.byteCount
      (frame.blocks[carry.buffer(iteration)] + bytes.lowerBound).copyMemory(
        from: frame.pointers[Int(carry.bodyResult)] + bytes.lowerBound, byteCount: bytes.count)
    }
    for index in carries.indices {
      let carry = carries[index]
      switch carry.transfer {
      case .buffered, .forwarded:
        frame.pointers[Int(carry.parameter)] = frame.pointers[Int(carry.bodyResult)]
      case .copied:
        frame.pointers[Int(carry.parameter)] = frame.blocks[carry.buffer(iteration)]
      case .unchanged: break
      }
    }
  }

  private func closeCarries(_ frame: Frame, executed: Int) {
    for index in carries.indices {
      let carry = carries[index]
      var final = frame.pointers[Int(carry.parameter)]
      if executed == 0 || carry.isCopiedOut {
        frame.blocks[carry.buffers.even].copyMemory(from: final, byteCount: carry.byteCount)
        final = frame.blocks[carry.buffers.even]
      }
      frame.pointers[Int(carry.result)] = final
    }
  }
}

// MARK: - Slices

extension LoopStep {
  /// - Parameter rows: the rows to copy where slices do not lie in one piece; all by default.
  func readSlices(_ frame: Frame, iteration: Int, limit: Int, rows: RowRange? = nil) {
    if iteration == 0 {
      for position in scans.indices where scans[position].isMoving {
        readSlice(position, frame, 0, limit, rows)
      }
    } else {
      for index in movements.indices {
        frame.pointers[Int(movements[index].slot)] += movements[index].byteStep
      }
    }
    for index in otherScans.indices { readSlice(otherScans[index], frame, iteration, limit, rows) }
  }

  private func readSlice(
    _ position: Int, _ frame: Frame, _ iteration: Int, _ limit: Int, _ rows: RowRange?
  ) {
    let scan = scans[position]
    let length = count(scan.length, frame)
    let index = slice(iteration, of: length, limit, scan.isReversed, scan.isAnchored)
    let array = frame.pointers[Int(scan.operand)]
    if scan.slices.isContiguous {
      frame.pointers[Int(scan.parameter)] = array + index * scan.slices.runByteCount
    } else {
      scan.slices.gather(
        from: array, length: length, index: index, to: frame.blocks[scan.buffer], rows: rows)
    }
  }

  /// Tells kernels of the body where to write what is carried or stacked; false if a stack cannot grow.
  ///
  /// Moving stacks have moved on with the scans.
  func bindResults(_ frame: Frame, iteration: Int, limit: Int) -> Bool {
    for index in carries.indices where carries[index].transfer == .buffered {
      frame.pointers[Int(carries[index].producer)] =
        frame.blocks[carries[index].buffer(iteration)]
    }
    if iteration == 0 {
      for position in stacks.indices where stacks[position].isMoving {
        bindSlice(position, frame, 0, limit)
      }
    }
    for index in otherStacks.indices {
      let stack = stacks[otherStacks[index]]
      if isOpenEnded(stack) {
        guard reserve(iteration + 1, stack, frame) else { return false }
      }
      if stack.producer >= 0 { bindSlice(otherStacks[index], frame, iteration, limit) }
    }
    return true
  }

  private func bindSlice(_ position: Int, _ frame: Frame, _ iteration: Int, _ limit: Int) {
    let stack = stacks[position]
    let index = sliceIndex(of: stack, iteration, limit, frame)
    frame.pointers[Int(stack.producer)] =
      frame.pointers[Int(stack.result)] + index * stack.slices.runByteCount
  }

  func writeSlices(_ frame: Frame, iteration: Int, limit: Int, rows: RowRange? = nil) {
    for index in copiedStacks.indices {
      let stack = stacks[copiedStacks[index]]
      stack.slices.scatter(
        frame.pointers[Int(stack.bodyResult)], to: frame.pointers[Int(stack.result)],
        length: count(stack.length, frame),
        index: sliceIndex(of: stack, iteration, limit, frame), rows: rows)
    }
  }

  /// Clears rows of the slices that an iteration writes.
  func clearSlices(_ frame: Frame, iteration: Int, limit: Int, rows: RowRange) {
    for index in stacks.indices {
      let stack = stacks[index]
      stack.slices.clear(
        rows, ofSlice: sliceIndex(of: stack, iteration, limit, frame),
        of: frame.pointers[Int(stack.result)], length: count(stack.length, frame))
    }
  }

  func sliceIndex(
    of stack: Stack, _ iteration: Int, _ limit: Int, _ frame: Frame
  ) -> Int {
    if isOpenEnded(stack) { return iteration }
    let length = count(stack.length, frame)
    return slice(iteration, of: length, limit, stack.isReversed, stack.isAnchored)
  }

  /// As ``ScanSpecification/slice(iteration:length:tripCount:)``.
  func slice(
    _ iteration: Int, of length: Int, _ tripCount: Int, _ isReversed: Bool, _ isAnchored: Bool
  ) -> Int {
    ScanSpecification(axis: 0, reversed: isReversed, anchoredAtTripCount: isAnchored)
      .slice(iteration: iteration, length: length, tripCount: tripCount)
  }
}
