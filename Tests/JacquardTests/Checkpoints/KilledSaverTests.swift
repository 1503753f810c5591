import Foundation
import Jacquard
import JacquardArrays
import Testing

@Suite struct KilledSaverTests {
  @Test("a process that is killed 50 times while it saves leaves a whole checkpoint each time")
  func killing() throws {
    let folder = try CheckpointFolder()
    let session = Session(writerGraph())
    var generator = PhiloxGenerator(seed: 11)
    var last = 0
    for round in 0..<50 {
      try runWriter(folder, forMilliseconds: Int(generator.next() % 60))
      guard let checkpoint = try Checkpoint.latest(in: folder.path) else {
        #expect(last == 0, "round \(round)")
        continue
      }
      let step = try #require(checkpoint.step)
      #expect(step >= last, "round \(round)")
      last = step
      try Saver().restore(session, from: checkpoint)
      let values = session.state.variables.map(\.value)
      let expected = NDArray.full(Double(step), dtype: .float32, shape: [256, 256])
      #expect(values.allSatisfy { $0 == expected }, "round \(round)")
    }
    #expect(last > 0)
    // What the killed processes have left goes with the next checkpoint.
    try Saver(keep: 1).save(session, to: folder.path, step: last + 1)
    #expect(try folder.names == ["checkpoint-\(last + 1).safetensors"])
  }

  /// The variables of Tests/Support/CheckpointWriter.
  private func writerGraph() -> Graph {
    let graph = Graph()
    for index in 0..<8 { _ = graph.variable(.zeros, [256, 256], name: "v\(index)") }
    return graph
  }

  /// Runs the writer that was built beside the tests, and kills it a while after it has begun.
  private func runWriter(_ folder: CheckpointFolder, forMilliseconds duration: Int) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("checkpoint-writer")
    process.arguments = [folder.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    #expect(try output.fileHandleForReading.read(upToCount: 1)?.count == 1)
    usleep(UInt32(duration * 1000))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == SIGKILL)
  }
}
