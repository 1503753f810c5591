import Foundation
import Jacquard
import JacquardNN
import PythonReaders
import TemporaryFolders
import Testing

@testable import JacquardSummaries

@Suite("TensorBoard reads event files", .enabled(if: PythonReaders.areAvailable))
struct PythonTensorBoardTests {
  /// What `Scripts/python-readers/tensorboard_check.py` is to find.
  private struct Expectations: Encodable {
    struct Scalar: Encodable {
      var step: Int
      var value: Double
    }

    struct Histogram: Encodable {
      var step: Int
      var values: [Double]
    }

    struct Image: Encodable {
      var step: Int
      var shape: [Int]
      var pixels: [UInt8]
    }

    struct Node: Encodable {
      var name: String
      var op: String
      var shapes: [[Int]?]
    }

    var scalars: [String: [Scalar]] = [:]
    var histograms: [String: [Histogram]] = [:]
    var images: [String: [Image]] = [:]
    var nodes: [Node] = []
  }

  /// Writes a little of everything.
  private static func write(to writer: EventWriter) throws -> Expectations {
    var expected = Expectations()
    let graph = Graph(seed: 1)
    let x = graph.placeholder(.float32, [nil, 3, 2], name: "x")
    let (outputs, _) = dynamicRNN(BasicLSTMCell(units: 4), x, dtype: .float32)
    _ = AdamOptimizer(learningRate: 0.1).minimize(square(outputs).mean())
    try writer.add(graph: graph)
    for operation in graph.operations {
      expected.nodes.append(
        .init(
          name: operation.name, op: type(of: operation.op).name,
          shapes: operation.results.map { $0.shape.dimensions?.map { $0 ?? -1 } }))
    }

    var generator = PhiloxGenerator(seed: 1)
    for step in [0, 1, 1000] {
      let loss = Float(1) / Float(step + 3)
      try writer.add(scalar: loss, named: "train/loss", step: step)
      expected.scalars["train/loss", default: []].append(.init(step: step, value: Double(loss)))
      let values = (0..<50).map { _ in generator.nextNormal() * Double(step) }
      try writer.add(histogram: NDArray(values), named: "kernel", step: step)
      expected.histograms["kernel", default: []].append(.init(step: step, values: values))
    }
    for channels in [1, 3, 4] {
      let pixels = (0..<2 * 5 * 3 * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
      let batch = NDArray(pixels).reshaped(to: [2, 5, 3, channels])
      try writer.add(image: batch, named: "c\(channels)", step: 4)
      for index in 0..<2 {
        expected.images["c\(channels)/image/\(index)"] = [
          .init(step: 4, shape: [5, 3, channels], pixels: batch[index].elements())
        ]
      }
    }
    return expected
  }

  private static func check(_ folder: String, _ expected: Expectations) throws {
    let path = "\(temporaryPath()).json"
    try JSONEncoder().encode(expected).write(to: URL(fileURLWithPath: path))
    let (status, output) = try PythonReaders.check("tensorboard_check.py", folder, path)
    #expect(status == 0, "\(output)")
  }

  @Test("scalars, histograms, images pixel by pixel, and the graph")
  func everything() throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    let expected = try Self.write(to: writer)
    try writer.close()
    try Self.check(folder, expected)
  }

  @Test("a file that is still being written, and one that was cut off within its last record")
  func unfinished() throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder, flushInterval: .seconds(1000))
    let expected = try Self.write(to: writer)
    try writer.add(scalar: 5, named: "after", step: 9)
    try writer.flush()
    let whole = try Data(contentsOf: URL(fileURLWithPath: writer.path))
    let cut = temporaryPath()
    try FileManager.default.createDirectory(atPath: cut, withIntermediateDirectories: true)
    let name = URL(fileURLWithPath: writer.path).lastPathComponent
    try whole.dropLast(3).write(to: URL(fileURLWithPath: "\(cut)/\(name)"))
    try Self.check(cut, expected)

    var further = expected
    further.scalars["after"] = [.init(step: 9, value: 5)]
    try Self.check(folder, further)
    try writer.close()
  }

  @Test("what is not there is found missing")
  func difference() throws {
    let folder = temporaryPath()
    let writer = try EventWriter(directory: folder)
    var expected = try Self.write(to: writer)
    try writer.close()
    expected.scalars["train/loss"]?[1].value += 1e-3
    let path = "\(temporaryPath()).json"
    try JSONEncoder().encode(expected).write(to: URL(fileURLWithPath: path))
    let (status, output) = try PythonReaders.check("tensorboard_check.py", folder, path)
    #expect(status == 1)
    #expect(output.contains("train/loss"), "\(output)")
  }
}
