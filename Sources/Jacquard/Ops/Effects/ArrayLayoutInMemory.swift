import JacquardArrays

/// How a buffer reads as an array.
struct ArrayLayoutInMemory: Sendable {
  let dtype: DType
  let shape: [Int]

  /// The layout of a value whose shape is known.
  init(_ type: TensorType) {
    dtype = type.dtype
    shape = type.shape.known ?? []
  }

  var byteCount: Int { shape.reduce(dtype.byteCount, *) }

  /// The buffer as an array that shares its memory: valid only while the kernel runs.
  func view(_ buffer: UnsafeRawPointer) -> NDArray {
    let storage = ArrayStorage(
      wrapping: UnsafeMutableRawPointer(mutating: buffer), byteCount: byteCount, owner: nil)
    return NDArray(storage: storage, dtype: dtype, shape: shape)
  }

  /// A copy of the buffer as an array.
  func copy(_ buffer: UnsafeRawPointer) -> NDArray {
    NDArray(uninitialized: dtype, shape: shape) { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: buffer, count: bytes.count))
    }
  }
}
