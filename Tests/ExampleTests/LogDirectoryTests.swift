import Foundation
import Testing

@testable import JacquardSummaries

@Suite("--log-dir", .serialized)
struct LogDirectoryTests {
  /// What the event files of a folder hold.
  private struct Contents {
    var nodes: Set<String> = []
    /// The steps of each scalar, histogram and image by name.
    var scalars: [String: [Int]] = [:]
    var histograms: [String: [Int]] = [:]
    var images: [String: [Int]] = [:]

    init(_ folder: String) throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      for name in names where name.hasPrefix("events.out.tfevents.") {
        for record in try records(of: "\(folder)/\(name)").records {
          let event = try TensorFlowEvent(serializedBytes: record)
          if !event.graphDef.isEmpty {
            let graph = try TensorFlowGraphDef(serializedBytes: event.graphDef)
            nodes.formUnion(graph.node.map(\.name))
          }
          for value in event.summary.value {
            switch value.value {
            case .simpleValue: scalars[value.tag, default: []].append(Int(event.step))
            case .histo: histograms[value.tag, default: []].append(Int(event.step))
            case .image: images[value.tag, default: []].append(Int(event.step))
            case nil: Issue.record("'\(value.tag)' has no value")
            }
          }
        }
      }
    }
  }

  private static let data = ["--data", "/nonexistent/MNIST-data"]

  @Test(
    "examples without training write their graph",
    arguments: [
      "deep-lstm", "dynamic-rnn-shapes", "multi-cell-step", "time-major", "variable-length",
    ])
  func graphs(_ example: String) throws {
    let folder = try temporaryPath("logs")
    let run = try ExampleRun(example, "--log-dir", folder)
    #expect(run.status == 0, "\(run.errors)")
    let contents = try Contents(folder)
    #expect(contents.nodes.count > 10)
    #expect(contents.scalars.isEmpty)
  }

  @Test("the loss of both stacks of cells, whose states are given on in two ways")
  func unrolled() throws {
    let folder = try temporaryPath("logs")
    let run = try ExampleRun("unrolled-lstm", "--steps", "3", "--log-dir", folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Contents(folder).nodes.contains("RNN/while"))
    for name in ["tuples", "one tensor"] {
      #expect(try Contents("\(folder)/\(name)").scalars == ["loss": [0, 1, 2]])
    }
  }

  @Test("the course of a training: curves, weights, images and the graph; the output is the same")
  func training() throws {
    let folder = try temporaryPath("logs")
    let curve = try temporaryPath("loss.svg")
    let arguments = Self.data + ["--steps", "3"]
    let run = try ExampleRun(
      "mnist-lstm", arguments + ["--log-dir", folder, "--loss-curve", curve])
    #expect(run.status == 0, "\(run.errors)")
    let plain = try ExampleRun("mnist-lstm", arguments)
    #expect(run.output == plain.output)

    let contents = try Contents(folder)
    #expect(contents.nodes.isSuperset(of: ["x", "y", "rnn/while/carried_0"]))
    #expect(
      contents.scalars == [
        "cost": [0, 1, 2], "accuracy": [0, 1, 2], "milliseconds per step": [0, 1, 2],
        "test/accuracy": [3],
      ])
    #expect(contents.histograms["rnn/basic_lstm_cell/kernel"] == [0, 3])
    #expect(contents.histograms.count == 6)
    #expect(contents.images.count == 10)
    #expect(contents.images["test images/image/9"] == [0])

    let drawing = try DrawnChart(contentsOf: curve)
    #expect(drawing.texts.contains("cost"))
    #expect(drawing.texts.contains("accuracy of the batch"))
    let accuracy = try #require(run.lines.last?.split(separator: " ").last)
    #expect(drawing.texts.contains("3 steps; accuracy on the test images: \(accuracy)"))
    #expect(drawing.pointCounts(ofClass: "raw") == [3, 3])
    #expect(drawing.pointCounts(ofClass: "smooth") == [3, 3])
  }

  @Test("a Keras model: epochs of training and validation, and each batch")
  func model() throws {
    let folder = try temporaryPath("logs")
    let curve = try temporaryPath("loss.svg")
    let run = try ExampleRun(
      "sequential-lstm",
      Self.data + ["--steps", "2", "--epochs", "2", "--log-dir", folder, "--loss-curve", curve])
    #expect(run.status == 0, "\(run.errors)")
    let root = try Contents(folder)
    #expect(root.nodes.contains("lstm/rnn/while"))
    #expect(root.images.count == 10)
    let training = try Contents("\(folder)/train")
    #expect(
      training.scalars == [
        "batch_loss": [0, 1, 2, 3], "batch_accuracy": [0, 1, 2, 3], "epoch_loss": [0, 1],
        "epoch_accuracy": [0, 1],
      ])
    #expect(training.histograms["dense/kernel"] == [0, 1])
    let validation = try Contents("\(folder)/validation")
    #expect(validation.scalars == ["epoch_loss": [0, 1], "epoch_accuracy": [0, 1]])
    let drawing = try DrawnChart(contentsOf: curve)
    #expect(drawing.pointCounts(ofClass: "raw") == [4, 4])
  }

  @Test("several networks in one drawing, with their names")
  func networks() throws {
    let curve = try temporaryPath("loss.svg")
    let run = try ExampleRun("nn-cnn-rnn", Self.data + ["--steps", "2", "--loss-curve", curve])
    #expect(run.status == 0, "\(run.errors)")
    let drawing = try DrawnChart(contentsOf: curve)
    for network in ["nn", "cnn", "rnn"] {
      #expect(drawing.texts.contains("\(network)/cost"))
      #expect(drawing.texts.contains("\(network)/accuracy"))
    }
    #expect(drawing.pointCounts(ofClass: "raw") == [2, 2, 2, 2, 2, 2])
  }

  @Test("a drawing that cannot be written is told")
  func badDrawing() throws {
    let run = try ExampleRun(
      "mnist-lstm", Self.data + ["--steps", "0", "--loss-curve", "/nonexistent/loss.svg"])
    #expect(run.status != 0)
    #expect(run.errors.contains("cannot write '/nonexistent/loss.svg'"), "\(run.errors)")
  }

  @Test("a folder that cannot be made is told")
  func badFolder() throws {
    let run = try ExampleRun("time-major", "--log-dir", "/dev/null/logs")
    #expect(run.status != 0)
    #expect(run.errors.contains("cannot write '/dev/null/logs'"), "\(run.errors)")
  }

  @Test(
    "a full disk is told, and leaves whole records; a process killed in the middle of one leaves those before it",
    arguments: [("trap '' XFSZ; exec", true), ("exec env --default-signal=XFSZ", false)])
  func fullDisk(_ command: String, isTold: Bool) throws {
    let folder = try temporaryPath("logs")
    let executable = try ExampleRun.path(of: "time-major")
    // Beyond the limit, on the size of files, a write fails, or ends the process.
    let run = try ExampleRun(
      executing: "/bin/bash", ["-c", "ulimit -f 2; \(command) \(executable) --log-dir \(folder)"])
    #expect(run.status != 0)
    #expect(run.errors.contains("cannot write '\(folder)/events.out") == isTold, "\(run.errors)")
    #expect(run.errors.contains("File too large") == isTold)
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first)
    let (records, rest) = try records(of: "\(folder)/\(name)")
    #expect(records.count == (isTold ? 0 : 1))
    #expect((rest == 0) == isTold)
  }
}

/// The contents of the records of a file, as far as they are whole, and how many bytes follow.
private func records(of path: String) throws -> (records: [[UInt8]], rest: Int) {
  var rest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
  var records: [[UInt8]] = []
  while rest.count >= 12 {
    let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard rest.count >= length + 16 else { break }
    records.append(Array(rest.dropFirst(12).prefix(length)))
    rest = rest.dropFirst(length + 16)
  }
  return (records, rest.count)
}
