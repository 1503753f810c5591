import Foundation
import JacquardArrays
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("EventWriter")
struct EventWriterTests {
  @Test("the file is named as TensorFlow names it; two writers of a folder have two files")
  func names() throws {
    let folder = temporaryPath()
    let first = try EventWriter(directory: folder) { 1_700_000_000.75 }
    let second = try EventWriter(directory: folder) { 1_700_000_000.75 }
    #expect(first.path != second.path)
    let name = URL(fileURLWithPath: first.path).lastPathComponent
    let process = ProcessInfo.processInfo.processIdentifier
    #expect(name.hasPrefix("events.out.tfevents.1700000000."))
    #expect(name.contains(".\(process)."))
    for writer in [first, second] {
      try writer.close()
      let records = try records(of: writer.path)
      let event = try TensorFlowEvent(serializedBytes: records[0])
      #expect(event.fileVersion == "brain.Event:2")
      #expect(event.wallTime == 1_700_000_000.75)
    }
  }

  @Test("records wait until they are flushed, for the interval, for close, or for the end")
  func flushing() throws {
    let patient = try EventWriter(directory: temporaryPath(), flushInterval: .seconds(1000))
    try patient.add(scalar: 1, named: "x", step: 0)
    #expect(try records(of: patient.path).isEmpty)
    try patient.flush()
    #expect(try records(of: patient.path).count == 2)
    try patient.add(scalar: 2, named: "x", step: 1)
    try patient.close()
    #expect(try records(of: patient.path).count == 3)

    let eager = try EventWriter(directory: temporaryPath(), flushInterval: .zero)
    try eager.add(scalar: 1, named: "x", step: 0)
    #expect(try records(of: eager.path).count == 2)

    func abandoned() throws -> String {
      let writer = try EventWriter(directory: temporaryPath(), flushInterval: .seconds(1000))
      try writer.add(scalar: 1, named: "x", step: 0)
      return writer.path
    }
    #expect(try records(of: abandoned()).count == 2)
  }

  @Test("many records are written before the interval has passed")
  func manyRecords() throws {
    let writer = try EventWriter(directory: temporaryPath(), flushInterval: .seconds(1000))
    for step in 0..<2000 { try writer.add(scalar: Double(step), named: "x", step: step) }
    #expect(try records(of: writer.path).count > 1000)
  }

  @Test("several threads may write at once; each record is whole")
  func threads() async throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder, flushInterval: .zero)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          for step in 0..<50 {
            try writer.add(scalar: Double(step), named: "task\(task)", step: step)
          }
        }
      }
      try await group.waitForAll()
    }
    let found = try scalars(in: folder)
    #expect(found.count == 200)
    for task in 0..<4 {
      let own = found.filter { $0.hasPrefix("task\(task) ") }
      #expect(own == (0..<50).map { "task\(task) \($0) \(Float($0))" })
    }
  }

  @Test("after close, adding is an error; closing again is not")
  func closed() throws {
    let writer = try EventWriter(directory: temporaryPath())
    try writer.close()
    try writer.close()
    try writer.flush()
    let error = #expect(throws: SummaryError.self) {
      try writer.add(scalar: 1, named: "x", step: 0)
    }
    #expect(error == .closed(path: writer.path))
    #expect(error?.localizedDescription.contains("add summaries before close()") == true)
  }

  @Test("a folder that cannot be made is told, with the reason")
  func badFolder() throws {
    let folder = temporaryPath()
    try Data().write(to: URL(fileURLWithPath: folder))
    let error = #expect(throws: SummaryError.self) {
      try EventWriter(directory: "\(folder)/logs")
    }
    guard case .cannotWrite(let path, let reason) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(path == "\(folder)/logs")
    #expect(!reason.isEmpty && !reason.contains("SummaryError"), "\(reason)")
  }

  @Test("NaN and infinite values in a histogram are counted, and nothing is written")
  func notFinite() throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    let error = #expect(throws: SummaryError.self) {
      try writer.add(histogram: NDArray([1, .nan, .infinity] as [Float]), named: "kernel", step: 0)
    }
    #expect(error == .notFinite(tag: "kernel", count: 2))
    try writer.close()
    #expect(try events(in: folder).isEmpty)
  }

  @Test(
    "what is not an image is told, with its type and what would be one",
    arguments: [[4, 4], [4, 4, 2], [0, 4, 1], [1, 2, 4, 4, 3]])
  func notAnImage(_ shape: [Int]) throws {
    let writer = try EventWriter(directory: temporaryPath())
    let error = #expect(throws: SummaryError.self) {
      try writer.add(image: NDArray.zeros(.float32, shape), named: "digits", step: 0)
    }
    let text = try #require(error).description
    #expect(text.contains("'digits' is float32\(shape)"))
    #expect(text.contains("[height, width, channels]"))
  }

  @Test("bytes are shown as they are; of a batch, the first few")
  func byteImages() throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    let batch = NDArray((0..<4 * 2 * 3).map { UInt8($0 * 10) }).reshaped(to: [4, 2, 3, 1])
    try writer.add(image: batch, named: "batch", step: 1, maximumCount: 2)
    try writer.add(image: batch[3], named: "single", step: 2)
    try writer.close()
    let events = try events(in: folder)
    #expect(events.map(\.step) == [1, 2])
    let values = events.flatMap(\.summary.value)
    #expect(values.map(\.tag) == ["batch/image/0", "batch/image/1", "single/image"])
    for (value, index) in zip(values, [0, 1, 3]) {
      let pixels = try decodedPNG(value.image.encodedImageString)
      #expect(pixels == batch[index])
    }
  }

  @Test("buckets: each value lies below its limit, and not below the one before")
  func buckets() {
    let limits = Histogram.limits
    #expect(limits == limits.sorted() && Set(limits).count == limits.count)
    for value in [0, 1e-12, -1e-12, 0.3, -0.3, 1e20, -1e300, .greatestFiniteMagnitude] {
      let bucket = Histogram.bucket(of: value)
      #expect(value < limits[bucket] || bucket == limits.count - 1)
      #expect(bucket == 0 || value >= limits[bucket - 1])
    }
  }
}
