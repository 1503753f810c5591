// What stacks need before, while and after a loop runs.

extension LoopStep {
  /// Whether the stack takes one row after the other until the condition says stop.
  func isOpenEnded(_ stack: Stack) -> Bool {
    guard case .growing = stack.length else { return false }
    return bounds.condition >= 0 && scans.count == 0
  }

  /// Gives stacks of unknown length the room that can be foreseen.
  func openStacks(_ frame: Frame, limit: Int) -> Bool {
    for position in stacks.indices {
      let stack = stacks[position]
      guard case .growing(let growing) = stack.length else { continue }
      var length = 0
      if !isOpenEnded(stack) {
        length = scans.count > 0 ? count(scans[0].length, frame) : limit
      }
      frame.context.growingStacks[growing].count = length
      guard reserve(length, stack, frame) else { return false }
    }
    return true
  }

  func reserve(_ count: Int, _ stack: Stack, _ frame: Frame) -> Bool {
    guard case .growing(let growing) = stack.length else { return true }
    do throws(ScratchFile.Failure) {
      let isReserved = try frame.context.reserve(
        count, rowByteCount: stack.slices.sliceByteCount, stack: growing, slot: stack.result)
      if !isReserved {
        frame.status.fail(
          .outOfMemory, at: location, detail: Int64(count),
          message: "a stack of \(count) rows of \(stack.slices.sliceByteCount) bytes")
      }
      return isReserved
    } catch {
      frame.status.fail(
        .outOfScratchSpace, at: location, detail: Int64(count), message: "\(error)")
      return false
    }
  }

  /// Clears the rows that were not reached.
  func closeStacks(_ frame: Frame, executed: Int, limit: Int) {
    for position in stacks.indices {
      let stack = stacks[position]
      let array = frame.pointers[Int(stack.result)]
      if isOpenEnded(stack), case .growing(let growing) = stack.length {
        frame.context.growingStacks[growing].count = executed
        if stack.isReversed {
          stack.slices.reverse(array, length: executed)
          releaseStack(stack, frame)
        }
        continue
      }
      let length = count(stack.length, frame)
      guard executed < length else { continue }
      defer { releaseStack(stack, frame) }
      guard executed > 0 else {
        stack.slices.clear(0..<length, of: array, length: length)
        continue
      }
      let first = sliceIndex(of: stack, 0, limit, frame)
      let last = sliceIndex(of: stack, executed - 1, limit, frame)
      stack.slices.clear(0..<min(first, last), of: array, length: length)
      stack.slices.clear(max(first, last) + 1..<length, of: array, length: length)
    }
  }
}
