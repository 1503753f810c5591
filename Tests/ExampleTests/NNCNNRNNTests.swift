import Testing

@Suite(.serialized) struct NNCNNRNNTests {
  private static let drawingOptions = ["--dump-forward", "--dump-depth", "2"]

  @Test("prints the shapes of every stage, the same on any number of threads, and draws Graphs/")
  func shapes() throws {
    let run = try ShortTraining("nn-cnn-rnn", Self.drawingOptions)
    let wanted = [
      "no MNIST files in '/nonexistent/MNIST-data': using synthetic digits",
      "training data: [10000, 784]",
      "NN input: [?, 784]",
      "NN hidden: [?, 625]",
      "NN output: [?, 10]",
      "CNN input: [?, 28, 28, 1]",
      "CNN first convolution: [?, 28, 28, 16]",
      "CNN first pooling: [?, 14, 14, 16]",
      "CNN second convolution: [?, 14, 14, 32]",
      "CNN second pooling: [?, 7, 7, 32]",
      "CNN flattened: [?, 1568]",
      "CNN hidden: [?, 625]",
      "CNN output: [?, 10]",
      "RNN input: [?, 28, 28]",
      "RNN outputs: [?, 28, 128]",
      "RNN last state: c [?, 128] h [?, 128]",
      "RNN output: [?, 10]",
    ]
    #expect(run.head == wanted)
    #expect(try #require(run.accuracy) <= 1)
    #expect(
      try run.drawing == storedGraph("nn-cnn-rnn.dot"),
      "regenerate with bash Scripts/graphs.sh, and look")
    let single = try ShortTraining("nn-cnn-rnn", ["--threads", "1"])
    #expect(single.output == run.output)
  }

  @Test("all three learn")
  func learns() throws {
    let run = try ShortTraining("nn-cnn-rnn", steps: 20, [])
    let line = try #require(run.output.split(separator: "\n").dropLast().last)
    let report = /on the test images: accuracy of NN (\S+), CNN (\S+), RNN (\S+)/
    let numbers = try #require(String(line).wholeMatch(of: report), "\(line)").output
    #expect(try #require(Double(numbers.1)) > 0.4)
    #expect(try #require(Double(numbers.2)) > 0.4)
    let recurrent = try #require(Double(numbers.3))
    #expect(recurrent > 0.2)
    #expect(run.accuracy == recurrent)
  }
}
