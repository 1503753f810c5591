import JacquardArrays

/// The rows that a run has changed of a variable, as it got their indices: in any order, some perhaps several times.
struct ChangedRows: Sendable {
  let storage: ArrayStorage
  let indices: TensorType

  var count: Int { indices.shape.elementCount ?? 0 }

  /// Copies the rows from one value of the variable to another.
  func copy(
    from source: ArrayStorage, to target: ArrayStorage, rowByteCount: Int
  ) {
    let rows = IndexPointer(storage.pointer, dtype: indices.dtype)
    for position in 0..<count {
      let offset = rows[position] * rowByteCount
      (target.pointer + offset).copyMemory(from: source.pointer + offset, byteCount: rowByteCount)
    }
  }
}

extension RunBindings {
  /// Gives the buffer of a commit that changes some rows only the value at the start of the run.
  ///
  /// The buffer was current two commits ago. Where the last of them has changed rows only, these are all there is to copy.
  ///
  /// - Parameters:
  ///   - allocate: makes storage of so many bytes.
  /// - Returns: where the run has to write the indices of the rows it changes.
  func startRows(
    _ commit: StoreNeeds.RowCommit, allocate: (Int) throws -> ArrayStorage
  ) rethrows -> UnsafeMutableRawPointer {
    let target = pending[commit.commit]!
    let source = snapshots[commit.read]!
    let difference = differences[commit.commit].take()
    if let difference, difference.count * commit.rowByteCount < target.byteCount {
      difference.copy(from: source, to: target, rowByteCount: commit.rowByteCount)
    } else {
      target.pointer.copyMemory(from: source.pointer, byteCount: source.byteCount)
    }
    let byteCount = commit.indices.byteCount ?? 0
    let reusable = difference.flatMap { $0.storage.byteCount == byteCount ? $0.storage : nil }
    let storage = try reusable ?? allocate(byteCount)
    changes[commit.commit] = ChangedRows(storage: storage, indices: commit.indices)
    return storage.pointer
  }
}
