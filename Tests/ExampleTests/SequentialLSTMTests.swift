import Foundation
import Testing

@Suite("sequential-lstm", .serialized)
struct SequentialLSTMTests {
  private static let nowhere = "/nonexistent/MNIST-data"

  @Test(
    "summary, a line for each epoch, loss and accuracy at the end; the same on one thread as on two"
  )
  func trains() throws {
    let options = ["--data", Self.nowhere, "--steps", "2", "--epochs", "2"]
    let run = try ExampleRun("sequential-lstm", options)
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.first?.contains("using synthetic digits") == true)
    #expect(lines.contains("lstm (LSTM) [?, 128] 80384"), "\(run.output)")
    #expect(lines.contains("dense (Dense) [?, 10] 1290"))
    #expect(lines.contains("Total params: 81674"))
    let epoch =
      #/Epoch [12]/2 - loss: \d\.\d{4} - accuracy: [01]\.\d{4} - val_loss: \d\.\d{4} - val_accuracy: [01]\.\d{4}/#
    #expect(lines.filter { $0.wholeMatch(of: epoch) != nil }.count == 2, "\(run.output)")
    #expect(lines.suffix(2).first?.wholeMatch(of: /test loss: \d\.\d{4}/) != nil)
    #expect(lines.last?.wholeMatch(of: /test accuracy: [01]\.\d{4}/) != nil)
    let single = try ExampleRun("sequential-lstm", options + ["--threads", "1"])
    #expect(single.output == run.output)
  }

  @Test("draws the graph that is kept in Graphs/")
  func drawing() throws {
    let path = try temporaryPath("sequential-lstm.dot")
    let run = try ExampleRun(
      "sequential-lstm", "--data", Self.nowhere, "--steps", "0", "--dump-forward", "--dump-depth",
      "2", "--dump-graph", path)
    #expect(run.status == 0, "\(run.errors)")
    let drawn = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      try drawn == storedGraph("sequential-lstm.dot"),
      "regenerate with bash Scripts/graphs.sh, and look")
  }

  @Test("senseless options are told")
  func options() throws {
    let run = try ExampleRun("sequential-lstm", "--epochs=-1")
    #expect(run.status == 64)
    #expect(run.errors.contains("--epochs"))
  }
}
