// What lies in a scratch file leaves memory behind the loops that go through it.

extension LoopStep {
  /// Lets go of slices that were read or written some iterations ago.
  ///
  /// Threads that share a loop all do so, each when it is past them: the last one leaves nothing behind.
  func releaseSlices(_ frame: Frame, after iteration: Int, limit: Int) {
    guard frame.context.usesScratchFiles else { return }
    for index in scans.indices {
      let scan = scans[index]
      release(scan.slices, of: frame.pointers[Int(scan.operand)], scan.length, frame, iteration) {
        slice($0, of: count(scan.length, frame), limit, scan.isReversed, scan.isAnchored)
      }
    }
    for index in stacks.indices {
      let stack = stacks[index]
      release(stack.slices, of: frame.pointers[Int(stack.result)], stack.length, frame, iteration) {
        sliceIndex(of: stack, $0, limit, frame)
      }
    }
  }

  /// Lets go of slices of one array, if it lies in a scratch file and some are worth it.
  private func release(
    _ slices: SliceLayout, of array: UnsafeMutableRawPointer, _ length: Length, _ frame: Frame,
    _ iteration: Int, slice: (Int) -> Int
  ) {
    guard let iterations = released(slices, after: iteration),
      let file = frame.context.scratchFile(of: array, length)
    else { return }
    slices.release(
      range(iterations, slice: slice), of: array, length: count(length, frame), in: file)
  }

  /// The iterations to let go of after `iteration`, those before the last ones that are worth it; mostly none.
  private func released(_ slices: SliceLayout, after iteration: Int) -> Range<Int>? {
    let unit = slices.slicesPerRelease
    guard (iteration + 1).isMultiple(of: unit), iteration + 1 >= 2 * unit else { return nil }
    return iteration + 1 - 2 * unit..<iteration + 1 - unit
  }

  /// The slices of some iterations, which lie beside each other.
  private func range(_ iterations: Range<Int>, slice: (Int) -> Int) -> Range<Int> {
    let (first, last) = (slice(iterations.lowerBound), slice(iterations.upperBound - 1))
    return min(first, last)..<max(first, last) + 1
  }

  /// Lets go of a stack that was written to once more after the last iteration.
  func releaseStack(_ stack: Stack, _ frame: Frame) {
    let (array, length) = (frame.pointers[Int(stack.result)], count(stack.length, frame))
    guard length > 0, let file = frame.context.scratchFile(of: array, stack.length) else { return }
    stack.slices.release(0..<length, of: array, length: length, in: file)
  }
}
