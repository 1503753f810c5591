import Jacquard
import JacquardArrays
import Testing

@testable import JacquardNN

@Suite("What models print")
struct SummaryTests {
  @Test("a summary has the layers, their shapes and parameters, and the sums")
  func summary() {
    let model = Sequential(
      [
        LSTM(128, returnSequences: true), Dropout(0.2), BatchNormalization(), LSTM(64),
        Dropout(0.2), Dense(10, activation: .softmax),
      ], inputShape: [28, 28])
    let lines = model.summaryText.split(separator: "\n").map(String.init)
    let rows = lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(rows.contains("lstm (LSTM) [?, 28, 128] 80384"), "\(model.summaryText)")
    #expect(rows.contains("dropout (Dropout) [?, 28, 128] 0"))
    #expect(
      rows.contains("batch_normalization (BatchNormalization) [?, 28, 128] 512"))
    #expect(rows.contains("lstm_1 (LSTM) [?, 64] 49408"))
    #expect(rows.contains("dropout_1 (Dropout) [?, 64] 0"))
    #expect(rows.contains("dense (Dense) [?, 10] 650"))
    #expect(
      rows.suffix(3) == [
        "Total params: 130954", "Trainable params: 130698", "Non-trainable params: 256",
      ])
    let widths = Set(lines.filter { $0.hasPrefix("=") || $0.hasPrefix("_") }.map(\.count))
    #expect(widths.count == 1)
    #expect(lines.allSatisfy { $0.count <= widths.first ?? 0 })
  }

  @Test("a layer that is called twice is counted once; without an input shape, nothing is counted")
  func sharedAndUnbuilt() {
    let shared = Dense(3)
    let model = Model(inputShape: [3]) { x, _ in shared(shared(x)) }
    let rows = model.summaryText.split(separator: "\n")
    #expect(rows.contains { $0.hasSuffix("12 (shared)") })
    #expect(rows.contains("Total params: 12"))
    let open = Sequential([Dense(3)])
    #expect(open.summaryText.contains("give inputShape"))
    #expect(open.graph.diagnostics.isEmpty)
  }

  @Test("a line for each epoch, without times")
  func lines() {
    var output = ""
    var progress = TrainingProgress(.lines, epochs: 2, examples: 64) { output += $0 }
    var logs = Logs()
    logs["loss"] = 0.51234
    logs["accuracy"] = 0.9
    for epoch in 0..<2 {
      progress.begin(epoch)
      progress.show(64, logs)
      progress.end(logs)
    }
    #expect(
      output == """
        Epoch 1/2 - loss: 0.5123 - accuracy: 0.9000
        Epoch 2/2 - loss: 0.5123 - accuracy: 0.9000

        """)
  }

  @Test("a bar with the examples done, the rate and the time left")
  func bar() {
    var output = ""
    var progress = TrainingProgress(.bar, epochs: 1, examples: 100) { output += $0 }
    var logs = Logs()
    logs["loss"] = 1e-5
    progress.begin(0)
    progress.show(50, logs)
    let shown = output.wholeMatch(
      of: /Epoch 1\/1\n\r\x1b\[K 50\/100 \[={15}>\.{14}\] - \d+\/s - ETA \d+s - loss: 1\.0000e-05/)
    #expect(shown != nil, "\(output)")
    progress.show(100, logs)
    progress.end(logs)
    #expect(
      output.contains(/100\/100 \[={30}\] - \d+s - \d+\/s - loss: 1\.0000e-05\n$/), "\(output)")
    #expect(TrainingProgress.duration(59) == "59s")
    #expect(TrainingProgress.duration(61) == "1:01")
    #expect(TrainingProgress.duration(3723) == "1:02:03")
  }
}
