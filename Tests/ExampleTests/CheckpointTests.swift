import Foundation
import Testing

@Suite("--checkpoint")
struct CheckpointTests {
  private static let nowhere = ["--data", "/nonexistent/MNIST-data"]

  private func bytes(_ folder: String, _ step: Int) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/checkpoint-\(step).safetensors"))
  }

  @Test("100 steps are 50 and, in a new process, 50 more: the same file")
  func resuming() throws {
    let (whole, parts) = (try temporaryPath("whole"), try temporaryPath("parts"))
    func run(_ steps: Int, _ folder: String) throws -> ExampleRun {
      try ExampleRun(
        "mnist-lstm",
        Self.nowhere + ["--steps", "\(steps)", "--checkpoint", folder, "--save-every", "40"])
    }
    let uninterrupted = try run(100, whole)
    #expect(uninterrupted.status == 0, "\(uninterrupted.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: whole).sorted() == [
        "checkpoint-100.safetensors", "checkpoint-40.safetensors", "checkpoint-80.safetensors",
      ])
    #expect(try run(50, parts).status == 0)
    let resumed = try run(100, parts)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.lines.contains("resumed from step 50 (\(parts)/checkpoint-50.safetensors)"))
    #expect(resumed.lines.last == uninterrupted.lines.last)
    #expect(try bytes(parts, 100) == bytes(whole, 100))
  }

  @Test(
    "all networks on MNIST resume",
    arguments: [
      ("mnist-rnn", "--network=3"), ("mnist-deep-rnn", "--network=4"),
      ("mnist-bidirectional-rnn", "--network=2"), ("mnist-tensor-flow", "--seed=1"),
      ("nn-cnn-rnn", "--seed=1"),
    ])
  func examples(_ example: String, _ option: String) throws {
    let (whole, parts) = (try temporaryPath("whole"), try temporaryPath("parts"))
    func run(_ steps: Int, _ folder: String) throws -> ExampleRun {
      try ExampleRun(
        example, Self.nowhere + [option, "--steps", "\(steps)", "--checkpoint", folder])
    }
    #expect(try run(2, whole).status == 0)
    #expect(try run(1, parts).status == 0)
    let resumed = try run(2, parts)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.contains("resumed from step 1 (\(parts)/checkpoint-1.safetensors)"))
    #expect(try bytes(parts, 2) == bytes(whole, 2))
  }

  @Test("a model resumes after an epoch")
  func model() throws {
    let (whole, parts) = (try temporaryPath("whole"), try temporaryPath("parts"))
    func run(_ epochs: Int, _ folder: String) throws -> ExampleRun {
      try ExampleRun(
        "sequential-lstm",
        Self.nowhere + ["--steps", "2", "--epochs", "\(epochs)", "--checkpoint", folder])
    }
    let uninterrupted = try run(2, whole)
    #expect(try run(1, parts).status == 0)
    let resumed = try run(2, parts)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.lines.contains("resumed from epoch 1 (\(parts)/checkpoint-1.safetensors)"))
    #expect(resumed.lines.suffix(3) == uninterrupted.lines.suffix(3))
    #expect(try bytes(parts, 2) == bytes(whole, 2))
  }

  @Test("a training that carries a state from run to run resumes with it")
  func carriedState() throws {
    let (whole, parts) = (try temporaryPath("whole"), try temporaryPath("parts"))
    func run(_ steps: Int, _ folder: String) throws -> ExampleRun {
      try ExampleRun("unrolled-lstm", "--steps", "\(steps)", "--checkpoint", folder)
    }
    let uninterrupted = try run(20, whole)
    #expect(try run(10, parts).status == 0)
    let resumed = try run(20, parts)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.lines.last == uninterrupted.lines.last)
    for name in ["tuples", "one tensor"] {
      #expect(
        resumed.lines.contains(
          "resumed from step 10 (\(parts)/\(name)/checkpoint-10.safetensors)"))
      #expect(try bytes("\(parts)/\(name)", 20) == bytes("\(whole)/\(name)", 20))
    }
  }

  @Test("a damaged checkpoint ends the example, and its message says which one is whole")
  func damage() throws {
    let folder = try temporaryPath("run")
    let arguments =
      Self.nowhere + ["--steps", "2", "--checkpoint", folder, "--save-every", "1"]
    #expect(try ExampleRun("mnist-lstm", arguments).status == 0)
    let path = "\(folder)/checkpoint-2.safetensors"
    try bytes(folder, 2).dropLast().write(to: URL(fileURLWithPath: path))
    let run = try ExampleRun("mnist-lstm", arguments)
    #expect(run.status == 1)
    #expect(run.errors.contains("\(path): byte "), "\(run.errors)")
    #expect(run.errors.contains("The newest whole one is \(folder)/checkpoint-1.safetensors"))
  }

  @Test("the checkpoint of another network is told")
  func otherNetwork() throws {
    let folder = try temporaryPath("run")
    let arguments = Self.nowhere + ["--steps", "1", "--checkpoint", folder]
    #expect(try ExampleRun("mnist-rnn", arguments + ["--network", "3"]).status == 0)
    let run = try ExampleRun("mnist-rnn", arguments + ["--network", "4"])
    #expect(run.status == 1)
    #expect(run.errors.contains("missing in the checkpoint: 'rnn/gru_cell/"), "\(run.errors)")
  }

  @Test("senseless options are told", arguments: ["--save-every=0", "--checkpoint="])
  func options(_ argument: String) throws {
    let run = try ExampleRun("mnist-lstm", argument)
    #expect(run.status == 64)
    #expect(run.errors.contains(argument.split(separator: "=")[0]))
  }
}
