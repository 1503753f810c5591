import Testing

/// The listings of one article: networks unrolled into 28 steps, and loops that compute the same.
@Suite(.serialized) struct MnistNetworkTests {
  /// Two networks of an example, of the same cells.
  struct Pair: CustomTestStringConvertible {
    let example: String
    let unrolled: Int
    let loop: Int
    /// The lines that name the unrolled network and its shapes.
    let unrolledLines: [String]
    let loopLines: [String]
    /// The `--dump-depth` of the drawings.
    let depths: (unrolled: Int, loop: Int)

    var testDescription: String { "\(example) \(unrolled), \(loop)" }
  }

  private static let dataLines = [
    "no MNIST files in '/nonexistent/MNIST-data': using synthetic digits",
    "MNIST",
    "Training data shape: [10000, 784]",
    "Test data shape: [2000, 784]",
    "Validation data shape: [1000, 784]",
    "Training label shape: [10000, 10]",
  ]

  private static let pairs = [
    Pair(
      example: "mnist-rnn", unrolled: 1, loop: 3,
      unrolledLines: ["Single-layer static LSTM network:", "hidden: [?, 128]"],
      loopLines: ["Single-layer dynamic LSTM network:", "hidden: [?, 128]"], depths: (1, 9)),
    Pair(
      example: "mnist-rnn", unrolled: 2, loop: 4,
      unrolledLines: ["Single-layer static GRU network:", "hidden: [?, 128]"],
      loopLines: ["Single-layer dynamic GRU network:", "hidden: [?, 128]"], depths: (1, 9)),
    Pair(
      example: "mnist-deep-rnn", unrolled: 1, loop: 4,
      unrolledLines: ["Multi-layer static LSTM network:", "hidden: [?, 128]"],
      loopLines: ["Multi-layer dynamic LSTM network:", "hidden: [?, 128]"], depths: (1, 3)),
    Pair(
      example: "mnist-deep-rnn", unrolled: 2, loop: 5,
      unrolledLines: ["Multi-layer static GRU network:", "hidden: [?, 128]"],
      loopLines: ["Multi-layer dynamic GRU network:", "hidden: [?, 128]"], depths: (1, 3)),
    Pair(
      example: "mnist-deep-rnn", unrolled: 3, loop: 6,
      unrolledLines: ["Multi-layer static LSTM and GRU network:", "hidden: [?, 256]"],
      loopLines: ["Multi-layer dynamic LSTM and GRU network:", "hidden: [?, 256]"], depths: (1, 3)),
    Pair(
      example: "mnist-bidirectional-rnn", unrolled: 1, loop: 2,
      unrolledLines: [
        "Single-layer static bidirectional LSTM network:", "hiddens:",
        " Array<Tensor> 28 [?, 256] [?, 256]",
      ],
      loopLines: [
        "Single-layer dynamic bidirectional LSTM network:", "hiddens:",
        " Directions<Tensor, Tensor> 2 [?, 28, 128] [?, 28, 128]",
      ], depths: (2, 3)),
    Pair(
      example: "mnist-bidirectional-rnn", unrolled: 3, loop: 4,
      unrolledLines: [
        "Multi-layer static bidirectional LSTM network:", "hiddens:",
        " Array<Tensor> 28 [?, 256] [?, 256]",
      ],
      loopLines: [
        "Multi-layer dynamic bidirectional LSTM network:", "hiddens:", " Tensor [?, 28, 256]",
      ], depths: (2, 4)),
  ]

  @Test(
    "unrolled and as a loop, a network learns the same, on any number of threads, and its graph is that in Graphs/",
    arguments: pairs)
  func networks(_ pair: Pair) throws {
    func train(_ network: Int, depth: Int, threads: Int) throws -> ShortTraining {
      try ShortTraining(
        pair.example,
        [
          "--network", "\(network)", "--threads", "\(threads)", "--dump-forward", "--dump-depth",
          "\(depth)",
        ])
    }
    let unrolled = try train(pair.unrolled, depth: pair.depths.unrolled, threads: 2)
    let loop = try train(pair.loop, depth: pair.depths.loop, threads: 2)
    #expect(unrolled.head == Self.dataLines + pair.unrolledLines)
    #expect(loop.head == Self.dataLines + pair.loopLines)

    let (unrolledCost, loopCost) = (try #require(unrolled.cost), try #require(loop.cost))
    #expect(abs(unrolledCost - loopCost) < 0.0002, "\(unrolledCost), \(loopCost)")
    let accuracy = try #require(loop.accuracy)
    #expect((0.01...0.9).contains(accuracy))
    if pair.unrolled == 1 {
      let single = try train(pair.loop, depth: pair.depths.loop, threads: 1)
      #expect(single.output == loop.output)
    }

    for (training, network) in [(unrolled, pair.unrolled), (loop, pair.loop)] {
      let stored = try storedGraph("\(pair.example)-\(network).dot")
      #expect(training.drawing == stored, "regenerate with bash Scripts/graphs.sh, and look")
    }
  }

  @Test("every 200th step prints accuracy and cost; both are much better than chance by then")
  func learns() throws {
    let training = try ShortTraining("mnist-rnn", steps: 200, ["--network", "4"])
    let line = try #require(training.head.last)
    let report = /Step 200:Training set accuracy (\d\.\d+),cost (\d\.\d+)\./
    let numbers = try #require(line.wholeMatch(of: report), "\(line)").output
    let (batchAccuracy, batchCost) = (Double(numbers.1), Double(numbers.2))
    #expect(try #require(batchAccuracy) > 0.3)
    #expect(try #require(batchCost) < 2)
    #expect(try #require(training.accuracy) > 0.3)
    #expect(try #require(training.cost) < 2)
  }

  @Test(
    "a network that there is none of is told",
    arguments: [
      ("mnist-rnn", "5"), ("mnist-deep-rnn", "7"), ("mnist-bidirectional-rnn", "0"),
    ])
  func network(_ example: String, _ network: String) throws {
    let run = try ExampleRun(example, "--network", network)
    #expect(run.status == 64)
    #expect(run.errors.contains("--network is \(network); give 1 to"))
  }
}
