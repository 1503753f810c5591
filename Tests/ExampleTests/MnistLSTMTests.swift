import Foundation
import Testing

@Suite("mnist-lstm", .serialized)
struct MnistLSTMTests {
  private static let nowhere = "/nonexistent/MNIST-data"

  @Test(
    "trains on synthetic digits, the same on one thread as on two, and ends with the test accuracy")
  func trains() throws {
    let run = try ExampleRun("mnist-lstm", "--data", Self.nowhere, "--steps", "3")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.lines.count == 3, "\(run.output)")
    #expect(run.lines.first?.contains("using synthetic digits") == true)
    #expect(run.lines.dropFirst().first.flatMap { Float($0) } != nil)
    #expect(run.lines.last?.wholeMatch(of: /test accuracy: [01]\.\d{4}/) != nil)
    let single = try ExampleRun(
      "mnist-lstm", "--data", Self.nowhere, "--steps", "3", "--threads", "1")
    #expect(single.output == run.output)
  }

  @Test(
    "draws the graph that is kept in Graphs/",
    arguments: [
      ("mnist-lstm.dot", ["--dump-depth", "0"]),
      ("mnist-lstm-forward.dot", ["--dump-forward"]),
      ("mnist-lstm-unfolded.dot", ["--dump-depth", "100"]),
    ])
  func drawing(_ name: String, options: [String]) throws {
    let path = try temporaryPath(name)
    let run = try ExampleRun(
      "mnist-lstm",
      ["--data", Self.nowhere, "--steps", "0", "--dump-graph", path] + options)
    #expect(run.status == 0, "\(run.errors)")
    let drawn = try String(contentsOfFile: path, encoding: .utf8)
    #expect(try drawn == storedGraph(name), "regenerate with bash Scripts/graphs.sh, and look")
  }

  @Test("says why Adadelta wants a rate near 1")
  func adadelta() throws {
    let run = try ExampleRun(
      "mnist-lstm", "--data", Self.nowhere, "--steps", "1", "--optimizer", "adadelta")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("--learning-rate 1"))
  }

  @Test("a damaged data folder is an error, not synthetic digits")
  func damagedData() throws {
    let path = try temporaryPath("train-images-idx3-ubyte")
    try Data([0, 0, 8]).write(to: URL(fileURLWithPath: path))
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let run = try ExampleRun("mnist-lstm", "--data", folder, "--steps", "1")
    #expect(run.status != 0)
    #expect(run.errors.contains(folder), "\(run.errors)")
  }

  @Test("senseless options are told", arguments: [["--steps", "-1"], ["--threads", "0"]])
  func options(_ arguments: [String]) throws {
    let run = try ExampleRun("mnist-lstm", arguments[0] + "=" + arguments[1])
    #expect(run.status == 64)
    #expect(run.errors.contains(arguments[0]))
  }
}
