/// The slices of a dense array along one axis, as runs of bytes: `[outer, length, run]`.
struct SliceLayout: Sendable, BitwiseCopyable {
  /// How many runs make up one slice: the product of the dimensions before the axis.
  var outerCount: Int
  /// The bytes of one run: the dimensions after the axis.
  var runByteCount: Int

  /// The layout of slices of `sliceShape` along `axis`.
  init(sliceShape: [Int], axis: Int, elementByteCount: Int) {
    outerCount = sliceShape[..<axis].reduce(1, *)
    runByteCount = sliceShape[axis...].reduce(elementByteCount, *)
  }

  /// Whether a slice is one run, which can be used where it lies.
  var isContiguous: Bool { outerCount == 1 }

  /// The bytes of one slice.
  var sliceByteCount: Int { outerCount * runByteCount }

  /// How many slices are worth telling the system about at a time: 2 MiB, and 16 pages of each run.
  var slicesPerRelease: Int {
    max(1, max(2 << 20, outerCount * 16 * ScratchFile.pageByteCount) / max(sliceByteCount, 1))
  }

  /// Copies slice `index` of an array of `length` slices to dense memory.
  ///
  /// - Parameter rows: of the rows of the slice those to copy; all by default.
  func gather(
    from array: UnsafeRawPointer, length: Int, index: Int, to slice: UnsafeMutableRawPointer,
    rows: RowRange? = nil
  ) {
    let (runs, bytes) = part(rows)
    for run in runs {
      (slice + run * runByteCount + bytes.lowerBound).copyMemory(
        from: array + (run * length + index) * runByteCount + bytes.lowerBound,
        byteCount: bytes.count)
    }
  }

  /// Copies dense memory to slice `index` of an array of `length` slices.
  ///
  /// - Parameter rows: of the rows of the slice those to copy; all by default.
  func scatter(
    _ slice: UnsafeRawPointer, to array: UnsafeMutableRawPointer, length: Int, index: Int,
    rows: RowRange? = nil
  ) {
    let (runs, bytes) = part(rows)
    for run in runs {
      (array + (run * length + index) * runByteCount + bytes.lowerBound).copyMemory(
        from: slice + run * runByteCount + bytes.lowerBound, byteCount: bytes.count)
    }
  }

  /// The runs that hold some rows of a slice, and which bytes of each; a slice in one piece holds its rows within one run.
  private func part(_ rows: RowRange?) -> (runs: Range<Int>, bytes: Range<Int>) {
    guard let rows else { return (0..<outerCount, 0..<runByteCount) }
    if outerCount == 1 { return (0..<1, rows.bytes(of: runByteCount)) }
    let perRow = outerCount / rows.total
    return (rows.range.lowerBound * perRow..<rows.range.upperBound * perRow, 0..<runByteCount)
  }

  /// Lets go of the memory of the slices of `range` of an array that lies in a file.
  func release(
    _ range: Range<Int>, of array: UnsafeMutableRawPointer, length: Int, in file: ScratchFile
  ) {
    for run in 0..<outerCount {
      file.release(
        array + (run * length + range.lowerBound) * runByteCount,
        byteCount: range.count * runByteCount)
    }
  }

  /// Clears the slices of `range`.
  func clear(_ range: Range<Int>, of array: UnsafeMutableRawPointer, length: Int) {
    guard !range.isEmpty, runByteCount > 0 else { return }
    var destination = array + range.lowerBound * runByteCount
    for _ in 0..<outerCount {
      destination.initializeMemory(
        as: UInt8.self, repeating: 0, count: range.count * runByteCount)
      destination += length * runByteCount
    }
  }

  /// Clears some rows of slice `index` of an array of `length` slices.
  func clear(
    _ rows: RowRange, ofSlice index: Int, of array: UnsafeMutableRawPointer, length: Int
  ) {
    let (runs, bytes) = part(rows)
    for run in runs {
      (array + (run * length + index) * runByteCount + bytes.lowerBound).initializeMemory(
        as: UInt8.self, repeating: 0, count: bytes.count)
    }
  }

  /// Turns the order of contiguous slices around.
  func reverse(_ array: UnsafeMutableRawPointer, length: Int) {
    var (low, high) = (0, length - 1)
    while low < high {
      let (a, b) = (array + low * sliceByteCount, array + high * sliceByteCount)
      for byte in 0..<sliceByteCount {
        let kept = a.load(fromByteOffset: byte, as: UInt8.self)
        (a + byte).storeBytes(of: b.load(fromByteOffset: byte, as: UInt8.self), as: UInt8.self)
        (b + byte).storeBytes(of: kept, as: UInt8.self)
      }
      low += 1
      high -= 1
    }
  }
}

/// Copies one slot's bytes to another's.
struct SlotCopy: Sendable, BitwiseCopyable {
  var source: Int32
  var destination: Int32
  var byteCount: Int

  func run(_ pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>) {
    pointers[Int(destination)].copyMemory(from: pointers[Int(source)], byteCount: byteCount)
  }
}
