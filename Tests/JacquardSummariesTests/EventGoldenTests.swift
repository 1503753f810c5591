import Foundation
import JacquardArrays
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("Event files are those of TensorFlow")
struct EventGoldenTests {
  @Test("records", arguments: GoldenCase.cases("record_"))
  func record(_ golden: GoldenCase) throws {
    let folder = temporaryPath()
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    var file = try RecordFile(creating: "\(folder)/records", flushInterval: .seconds(1000))
    try file.append(golden.bytes("payload"))
    try file.flush()
    let written = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/records")))
    #expect(try written == golden.bytes("record"))
  }

  @Test("checksum of the nine digits, as published")
  func checksum() {
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
  }

  @Test("scalars", arguments: GoldenCase.cases("scalar_"))
  func scalar(_ golden: GoldenCase) throws {
    let folder = temporaryPath()
    let time = try golden.number("wallTime")
    let writer = try EventWriter(directory: folder) { time }
    let value: Float = try golden["value"].scalar()
    try writer.add(
      scalar: value, named: golden.text("tag"), step: Int(golden.number("step")))
    try writer.close()
    let written = try records(of: writer.path)
    #expect(written.count == 2)
    #expect(try written.last == golden.bytes("event"))
  }

  @Test("histograms", arguments: GoldenCase.cases("histogram_"))
  func histogram(_ golden: GoldenCase) throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    try writer.add(histogram: golden["values"], named: "values", step: 7)
    try writer.close()
    let event = try #require(try events(in: folder).first)
    #expect(event.step == 7)
    let expected = try TensorFlowSummary(serializedBytes: golden.bytes("summary"))
    #expect(event.summary == expected)
  }

  @Test("images", arguments: GoldenCase.cases("image_"))
  func image(_ golden: GoldenCase) throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    try writer.add(
      image: golden["pixels"], named: "pixels", step: 7,
      maximumCount: Int(golden.number("maximumCount")))
    try writer.close()
    let event = try #require(try events(in: folder).first)
    let values = event.summary.value
    let tags = try golden.text("tags").split(separator: " ").map(String.init)
    #expect(values.map(\.tag) == tags)
    let shown = try golden["shown"].converted(to: .uint8)
    for (index, value) in values.enumerated() {
      let pixels = try decodedPNG(value.image.encodedImageString)
      #expect(pixels == shown[index], "\(value.tag)")
      let size = [value.image.height, value.image.width, value.image.colorspace].map(Int.init)
      #expect(size == pixels.shape)
    }
  }
}
