import Testing

@Suite(.serialized) struct MnistTensorFlowTests {
  @Test("prints the shapes of the article, and draws the tensors' flow as Graphs/ has it")
  func shapes() throws {
    let run = try ShortTraining("mnist-tensor-flow", ["--dump-forward"])
    let unstacked = (0..<28).map {
      "Tensor('Unstack\($0 == 0 ? "" : ":\($0)")', float32[?, 128])"
    }
    let wanted = [
      "no MNIST files in '/nonexistent/MNIST-data': using synthetic digits",
      "cell= JacquardNN.BasicLSTMCell",
      "init_state.shape= LSTMState(c: Tensor('FillLike', float32[?, 128]), "
        + "h: Tensor('FillLike_1', float32[?, 128]))",
      "outputs.shape= [?, 28, 128] final_state.shape= 2",
      "final_state.shape= LSTMState(c: Tensor('rnn/while', float32[?, 128]), "
        + "h: Tensor('rnn/while:1', float32[?, 128]))",
      "outputs after unstacking 28",
      "now outputs [\(unstacked.joined(separator: ", "))]",
      "batch_xs.shape= [128, 784] batch_ys.shape= [128, 10] len(batch_ys)= 128",
      "after reshaping batch_xs.shape= [128, 28, 28]",
    ]
    #expect(Array(run.head.prefix(wanted.count)) == wanted)
    // The accuracy of step 0, and the shapes of step 1
    let rest = (run.output.split(separator: "\n").dropFirst(wanted.count)).map(String.init)
    #expect(rest.count == 4)
    #expect(rest.first.flatMap(Double.init).map { (0...1).contains($0) } == true)
    #expect(Array(rest.dropFirst().prefix(2)) == Array(wanted.suffix(2)))
    #expect(run.accuracy != nil)
    #expect(
      try run.drawing == storedGraph("mnist-tensor-flow.dot"),
      "regenerate with bash Scripts/graphs.sh, and look")

    let single = try ShortTraining("mnist-tensor-flow", ["--threads", "1"])
    #expect(single.output == run.output)
  }
}
