import JacquardArrays

@testable import Jacquard

/// A small generator for repeatable tests.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// One execution of a kernel outside any plan, its chunks from the last to the first, or some ranges of its rows.
struct KernelRun {
  let results: [NDArray]
  let status: RunStatus

  /// - Parameters:
  ///   - overwriting: the operand over which result 0 is written.
  ///   - rows: the ranges of rows to compute, one after the other, in place of chunks.
  init(
    _ kernel: any Kernel, operands: [NDArray], results types: [(DType, [Int])],
    overwriting: Int? = nil, rows: [Range<Int>]? = nil
  ) {
    // Copies, since storage may be shared.
    var storages = operands.map { array in
      let storage = ArrayStorage(byteCount: array.byteCount)
      array.withUnsafeBytes {
        storage.pointer.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
      return storage
    }
    for (index, (dtype, shape)) in types.enumerated() {
      if index == 0, let overwriting {
        storages.append(storages[overwriting])
      } else {
        storages.append(
          ArrayStorage(byteCount: ShapeArithmetic.elementCount(shape) * dtype.byteCount))
      }
    }
    let status = RunStatus()
    let scratch = ArrayStorage(byteCount: kernel.scratchByteCount)
    var pointers = storages.map(\.pointer)
    let slots = pointers.indices.map(Int32.init)
    pointers.withUnsafeMutableBufferPointer { pointers in
      slots.withUnsafeBufferPointer { slots in
        guard let pointers = pointers.baseAddress, let slots = slots.baseAddress else { return }
        let buffers = KernelBuffers(
          pointers: pointers, slots: slots, operandCount: operands.count, status: status,
          scratch: scratch.pointer)
        if let rows, let kernel = kernel as? any RowwiseKernel {
          for range in rows { kernel.run(buffers, rows: range) }
        } else {
          for chunk in (0..<kernel.chunkCount).reversed() { kernel.run(buffers, chunk: chunk) }
        }
      }
    }
    self.status = status
    results = zip(storages.dropFirst(operands.count), types).map {
      NDArray(storage: $0, dtype: $1.0, shape: $1.1)
    }
  }
}
