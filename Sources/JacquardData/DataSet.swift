import JacquardArrays
import Synchronization

/// One batch of examples.
public struct Batch: Sendable {
  /// Pixels in 0…1, float32 `[size, 784]`.
  public let images: NDArray
  /// One-hot float32 `[size, 10]`, or classes, int64 `[size]`.
  public let labels: NDArray
}

/// Labelled images, and an endless stream of batches of them.
///
/// Pixels are kept as bytes; arrays of floats are made as they are asked for. The stream of
/// batches depends on nothing but the seed and what was asked for; it may be read from several
/// threads, and every batch goes to one of them.
public final class DataSet: Sendable {
  /// The number of pixels of an image.
  public static let pixelsPerImage = 28 * 28
  /// The number of classes.
  public static let classCount = 10

  /// The number of examples.
  public let count: Int
  /// Whether labels are one-hot rows or classes.
  public let isOneHot: Bool

  private let pixels: [UInt8]
  private let classes: [UInt8]
  private let iterator: Mutex<BatchIterator>

  /// Takes `pixels`, `[count, 784]`, and `classes`, `[count]`, each below 10.
  init(pixels: [UInt8], classes: [UInt8], oneHot: Bool, seed: UInt64) {
    precondition(pixels.count == classes.count * Self.pixelsPerImage)
    self.pixels = pixels
    self.classes = classes
    count = classes.count
    isOneHot = oneHot
    iterator = Mutex(BatchIterator(seed: seed, count: classes.count))
  }

  /// All images in file order: pixels in 0…1, float32 `[count, 784]`.
  ///
  /// - Complexity: O(count); every access makes a new array.
  public var images: NDArray { images(at: 0..<count) }

  /// All labels in file order: one-hot float32 `[count, 10]`, or classes, int64 `[count]`.
  ///
  /// - Complexity: O(count); every access makes a new array.
  public var labels: NDArray { labels(at: 0..<count) }

  /// The next `size` examples.
  ///
  /// An epoch is a pass over all examples. A batch that crosses the end of one takes the rest of
  /// it and then the start of the next, which is shuffled anew. Whether an epoch is shuffled the
  /// call that begins it decides.
  ///
  /// - Parameters:
  ///   - size: the number of examples, 0 or more; may exceed `count`.
  ///   - shuffle: whether an epoch begun by this call is shuffled, or in file order.
  public func nextBatch(_ size: Int, shuffle: Bool = true) -> Batch {
    precondition(size >= 0, "a batch of \(size) examples was asked for")
    precondition(size == 0 || count > 0, "a batch of an empty data set was asked for")
    let rows = iterator.withLock { $0.next(size, shuffle: shuffle) }
    return Batch(images: images(at: rows), labels: labels(at: rows))
  }

  /// The number of epochs that have ended.
  ///
  /// As in TensorFlow, an epoch ends when a batch needs an example more than it has left.
  public var epochsCompleted: Int { position.epoch }

  /// Where the stream of batches stands.
  public var position: Position { iterator.withLock { $0.position } }

  /// Continues the stream of batches from `position`, whatever seed it was begun with.
  ///
  /// - Throws: `PositionError` if `position` is not one of a data set of `count` examples.
  public func restore(_ position: Position) throws {
    // An epoch near the largest integer could only come from a damaged file, and would overflow.
    guard position.count == count, (0..<Int.max >> 1).contains(position.epoch),
      (0...count).contains(position.index)
    else {
      throw PositionError(position: position, count: count)
    }
    iterator.withLock { $0 = BatchIterator(at: position) }
  }

  private func images(at rows: some Collection<Int>) -> NDArray {
    let width = Self.pixelsPerImage
    return NDArray(uninitialized: .float32, shape: [rows.count, width]) { bytes in
      pixels.withUnsafeBufferPointer { pixels in
        guard var output = bytes.bindMemory(to: Float.self).baseAddress,
          let first = pixels.baseAddress
        else { return }
        for row in rows {
          let input = first + row * width
          for column in 0..<width { output[column] = Float(input[column]) / 255 }
          output += width
        }
      }
    }
  }

  private func labels(at rows: some Collection<Int>) -> NDArray {
    guard isOneHot else {
      return NDArray(rows.map { Int64(classes[$0]) }, shape: [rows.count])
    }
    var oneHot = [Float](repeating: 0, count: rows.count * Self.classCount)
    for (index, row) in rows.enumerated() {
      oneHot[index * Self.classCount + Int(classes[row])] = 1
    }
    return NDArray(oneHot, shape: [rows.count, Self.classCount])
  }
}
