import Foundation
import Testing

@testable import JacquardSummaries

/// The only event file of a folder.
func eventFile(in folder: String) throws -> String {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
  let files = names.filter { $0.hasPrefix("events.out.tfevents.") }
  try #require(files.count == 1, "\(names)")
  return "\(folder)/\(files[0])"
}

/// The contents of all records of a file, whose checksums are checked; what follows the last whole record is ignored.
func records(of path: String) throws -> [[UInt8]] {
  var rest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
  func number<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> T {
    bytes.reversed().reduce(0) { $0 << 8 | T($1) }
  }
  var records: [[UInt8]] = []
  while rest.count >= 12 {
    let length = Int(number(rest.prefix(8)) as UInt64)
    #expect(CRC32C.masked(rest.prefix(8)) == number(rest.dropFirst(8).prefix(4)))
    rest = rest.dropFirst(12)
    guard rest.count >= length + 4 else { break }
    let record = rest.prefix(length)
    #expect(CRC32C.masked(record) == number(rest.dropFirst(length).prefix(4)))
    records.append(Array(record))
    rest = rest.dropFirst(length + 4)
  }
  return records
}

/// The events of the only event file of a folder, but for the first, which tells the version.
func events(in folder: String) throws -> [TensorFlowEvent] {
  let events = try records(of: eventFile(in: folder)).map {
    try TensorFlowEvent(serializedBytes: $0)
  }
  #expect(events.first?.fileVersion == "brain.Event:2")
  return Array(events.dropFirst())
}

/// The scalars of the only event file of a folder, in order: `loss 0 0.5`.
func scalars(in folder: String) throws -> [String] {
  try events(in: folder).flatMap { event in
    event.summary.value.compactMap { value in
      guard case .simpleValue(let number) = value.value else { return nil }
      return "\(value.tag) \(event.step) \(number)"
    }
  }
}
