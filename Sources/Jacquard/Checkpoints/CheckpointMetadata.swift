import Foundation

/// What a checkpoint says besides variables, as the strings of a safetensors file.
struct CheckpointMetadata: Sendable {
  /// The number of steps taken; `nil` in a file that is no checkpoint of ours.
  var step: Int?
  /// How often each random stream has been drawn from; `nil` in a file that does not say.
  var drawCounts: [(key: UInt64, count: Int64)]?
  /// What the user has saved, as JSON.
  var values: [String: String]

  /// What names begin with that users cannot take.
  private static let prefix = "jacquard."
  private static let stepKey = "jacquard.step"
  private static let drawCountsKey = "jacquard.draw_counts"
  /// Larger counts would soon overflow, and cannot come from counting.
  private static let countLimit = 1 << 62

  /// What is to be saved at `path`.
  ///
  /// - Throws: ``CheckpointError``.
  init(
    step: Int, drawCounts: [(key: UInt64, count: Int64)], encoding values: [String: any Encodable],
    path: String
  ) throws {
    guard (0..<Self.countLimit).contains(step) else {
      throw CheckpointError.invalidStep(path: path, step: step)
    }
    self.step = step
    self.drawCounts = drawCounts
    self.values = [:]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for (name, value) in values {
      guard !name.hasPrefix(Self.prefix) else { throw CheckpointError.reservedName(name: name) }
      do {
        self.values[name] = String(decoding: try encoder.encode(value), as: UTF8.self)
      } catch {
        throw CheckpointError.unencodableValue(name: name, reason: "\(error)")
      }
    }
  }

  /// What the strings of the file at `path` say.
  ///
  /// - Throws: ``CheckpointError/invalidMetadata(path:name:reason:)``.
  init(_ strings: [String: String], path: String) throws {
    values = strings.filter { !$0.key.hasPrefix(Self.prefix) }
    if let text = strings[Self.stepKey] {
      guard let step = Int(text), (0..<Self.countLimit).contains(step) else {
        throw CheckpointError.invalidMetadata(
          path: path, name: Self.stepKey, reason: "'\(text.prefix(40))' is not a number of steps")
      }
      self.step = step
    }
    if let text = strings[Self.drawCountsKey] {
      drawCounts = try Self.counts(text, path: path)
    }
  }

  /// The strings that say it.
  var strings: [String: String] {
    var strings = values
    strings[Self.stepKey] = step.map { "\($0)" }
    strings[Self.drawCountsKey] = drawCounts.map { counts in
      let members = counts.map { "\"\(String($0.key, radix: 16))\":\($0.count)" }
      return "{\(members.joined(separator: ","))}"
    }
    return strings
  }

  private static func counts(_ text: String, path: String) throws -> [(key: UInt64, count: Int64)] {
    func invalid(_ reason: String) -> CheckpointError {
      .invalidMetadata(path: path, name: drawCountsKey, reason: reason)
    }
    let members: [String: Int64]
    do {
      members = try JSONDecoder().decode([String: Int64].self, from: Data(text.utf8))
    } catch {
      throw invalid("it is not a JSON object of numbers")
    }
    return try members.map { name, count in
      guard let key = UInt64(name, radix: 16) else {
        throw invalid("'\(name.prefix(40))' is not the hexadecimal key of a random stream")
      }
      guard (0..<Int64(countLimit)).contains(count) else {
        throw invalid("\(count) is not a number of draws")
      }
      return (key, count)
    }.sorted { $0.key < $1.key }
  }
}
