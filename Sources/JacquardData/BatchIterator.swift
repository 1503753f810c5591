import Foundation
import JacquardArrays

extension DataSet {
  /// A place in the stream of batches; everything that decides the batches to come.
  public struct Position: Codable, Hashable, Sendable {
    /// The seed of the shuffles.
    public var seed: UInt64
    /// The number of examples of the data set.
    public var count: Int
    /// The number of epochs that have ended.
    public var epoch: Int
    /// The number of examples of the current epoch that have been taken.
    public var index: Int
    /// Whether the current epoch is shuffled.
    public var isShuffled: Bool
  }

  /// A position that belongs to another data set, or to none.
  public struct PositionError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
    /// The position that was to be restored.
    public let position: Position
    /// The number of examples of the data set that was asked to.
    public let count: Int

    /// A sentence that names both places.
    public var description: String {
      "cannot restore a data set of \(count) examples to example \(position.index) of epoch "
        + "\(position.epoch) of a data set of \(position.count); "
        + "load the data that the position was saved with"
    }

    /// The same text as `description`.
    public var errorDescription: String? { description }
  }
}

/// The rows of one batch after the other.
///
/// The order of an epoch depends on the seed and the epoch's number alone, so that a position
/// can be restored without repeating the epochs before it.
struct BatchIterator: Sendable {
  private(set) var position: DataSet.Position
  private var order: [Int32] = []

  init(seed: UInt64, count: Int) {
    position = .init(seed: seed, count: count, epoch: 0, index: 0, isShuffled: false)
  }

  init(at position: DataSet.Position) {
    self.position = position
    arrangeEpoch()
  }

  mutating func next(_ size: Int, shuffle: Bool) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(size)
    while rows.count < size {
      if position.index == position.count {
        position.epoch += 1
        position.index = 0
      }
      if position.index == 0 {
        position.isShuffled = shuffle
        arrangeEpoch()
      }
      let taken = min(size - rows.count, position.count - position.index)
      rows += order[position.index..<position.index + taken].lazy.map(Int.init)
      position.index += taken
    }
    return rows
  }

  private mutating func arrangeEpoch() {
    order = (0..<Int32(position.count)).map { $0 }
    guard position.isShuffled else { return }
    var generator = PhiloxGenerator(seed: position.seed, stream: UInt64(position.epoch))
    // Written out (Fisher, Yates), since a saved position must mean the same order under any
    // version of the standard library.
    for last in stride(from: order.count - 1, to: 0, by: -1) {
      let chosen = generator.next().multipliedFullWidth(by: UInt64(last) + 1).high
      order.swapAt(last, Int(chosen))
    }
  }
}
