import JacquardArrays
import Testing

@testable import Jacquard

/// A mistake in building, what it should be told, and where it stands.
struct Mistake: Sendable, CustomTestStringConvertible {
  let name: String
  /// Words that the description has to contain.
  let words: [String]
  /// The file of the row, without its folders.
  let file: String
  /// Makes the mistake; returns its line.
  let make: @Sendable (Graph) -> UInt

  init(
    _ name: String, _ words: String..., fileID: String = #fileID,
    make: @escaping @Sendable (Graph) -> UInt
  ) {
    self.name = name
    self.words = words
    self.file = lastComponent(of: fileID)
    self.make = make
  }

  var testDescription: String { name }
}

/// A mistake that only the shapes of what is fed bring to light.
struct FedMistake: Sendable, CustomTestStringConvertible {
  /// What to fetch, what to feed in which shapes (zeros), and the line at fault.
  struct Setup {
    var fetches: [Tensor]
    var feeds: [(tensor: Tensor, shape: [Int])]
    var line: UInt
  }

  let name: String
  let words: [String]
  let file: String
  let make: @Sendable (Graph) -> Setup

  init(
    _ name: String, _ words: String..., fileID: String = #fileID,
    make: @escaping @Sendable (Graph) -> Setup
  ) {
    self.init(name, words: words, fileID: fileID, make: make)
  }

  init(
    _ name: String, words: [String], fileID: String = #fileID,
    make: @escaping @Sendable (Graph) -> Setup
  ) {
    self.name = name
    self.words = words
    self.file = lastComponent(of: fileID)
    self.make = make
  }

  var testDescription: String { name }
}

private func lastComponent(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The line of the call: the mistake stands in the arguments.
func line<T>(of _: T, line: UInt = #line) -> UInt { line }

/// The line below that of the call, for mistakes that take more than one line.
func lineBelow<T>(of _: T, line: UInt = #line) -> UInt { line + 1 }

/// A value and the line of the call.
func located<T>(_ value: T, line: UInt = #line) -> (T, UInt) { (value, line) }
