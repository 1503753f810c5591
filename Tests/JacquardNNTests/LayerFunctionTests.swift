import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("Functions that layers are made of")
struct LayerFunctionTests {
  static let functions: [String: @Sendable (GoldenCase, [Tensor]) throws -> [Tensor]] = [
    "moments": { golden, x in
      let axes = try golden["axes"].doubles().map { Int($0) }
      let (mean, variance) = moments(
        x[0], along: axes, keepingDimensions: try golden.flag("keepDims"))
      return [mean, variance]
    },
    "batch_normalization": { golden, x in
      let hasOffset = try golden.flag("offset")
      return [
        batchNormalization(
          x[0], mean: x[1], variance: x[2], offset: hasOffset ? x[3] : nil,
          scale: try golden.flag("scale") ? x[hasOffset ? 4 : 3] : nil,
          epsilon: try golden.number("epsilon"))
      ]
    },
    "layer_normalization": { golden, x in
      [
        layerNormalization(
          x[0], gamma: x[1], beta: x[2], epsilon: try golden.number("epsilon"),
          axis: Int(try golden.number("axis")))
      ]
    },
    "embedding_lookup": { _, x in [embeddingLookup(x[0], x[1])] },
  ]

  @Test("values and gradients, as TensorFlow", arguments: Goldens.load("layers"))
  func golden(_ golden: GoldenCase) throws {
    let function = try #require(Self.functions[try golden.text("op")])
    let graph = Graph()
    var (feeds, inputs) = (Feeds(), [Tensor]())
    while let array = golden.arrays["x\(inputs.count)"] {
      // Only the batch is open.
      let shape = PartialShape(
        array.shape.enumerated().map { $0 == 0 && inputs.isEmpty ? nil : $1 })
      inputs.append(graph.placeholder(array.dtype, shape))
      feeds = feeds.feed(inputs[inputs.count - 1], array)
    }
    let outputs = try function(golden, inputs)
    let weights = try outputs.indices.map { graph.constant(try golden["dy\($0)"]) }
    let floats = inputs.indices.filter { inputs[$0].dtype.isFloatingPoint }
    let gradients = graph.gradients(
      of: outputs, withRespectTo: floats.map { inputs[$0] }, gradientsOf: weights)
    try graph.validate()
    let values: [NDArray] = try Session(graph).run(
      outputs + gradients.map { try #require($0) }, feeding: feeds)
    for (index, value) in values.enumerated() {
      let key =
        index < outputs.count ? "y\(index)" : "dx\(floats[index - outputs.count])"
      try golden.expect(value, is: key)
    }
  }

  @Test func normalisedRowsHaveMeanZeroAndVarianceOneForAnyAxis() throws {
    let graph = Graph()
    let x = graph.constant(noise([3, 5, 4], seed: 1))
    for axis in [0, 1, -1, -3] {
      let y = layerNormalization(x, epsilon: 0, axis: axis)
      let (mean, variance) = moments(y, along: [axis])
      let (means, variances) = try Session(graph).run(mean, variance)
      expectClose(means, .zeros(.float64, means.shape), tolerance: 1e-14)
      expectClose(variances, .full(1, dtype: .float64, shape: variances.shape), tolerance: 1e-13)
    }
  }

  @Test func dropoutKeepsTheMeanAndDropsTheShareAskedFor() throws {
    let graph = Graph(seed: 4)
    let x = graph.ones(.float32, [200, 300])
    let keep = graph.placeholder(.float32, [])
    let y = dropout(x, keepProbability: keep)
    let session = Session(graph)
    let first: NDArray = try session.run(y, feeding: [keep: 0.8])
    let second: NDArray = try session.run(y, feeding: [keep: 0.8])
    #expect(first != second)
    let values = first.doubles()
    #expect(Set(values) == [0, Double(Float(1) / Float(0.8))])
    // The standard error of the share of 60,000 draws is 0.0016.
    #expect(abs(Double(values.filter { $0 == 0 }.count) / 60_000 - 0.2) < 0.008)
    let all: NDArray = try session.run(y, feeding: [keep: 1.0])
    #expect(all == NDArray.full(1, dtype: .float32, shape: [200, 300]))
  }

  @Test func dropoutOfWholeChannels() throws {
    let graph = Graph(seed: 4)
    let x = graph.placeholder(.float64, [nil, 5, 40])
    let y = dropout(x, keepProbability: 0.5, sharedAlong: [1])
    let gradient = try #require(graph.gradients(of: [y], withRespectTo: [x])[0])
    let (values, slopes) = try Session(graph).run(
      y, gradient, feeding: [x: NDArray.full(3, dtype: .float64, shape: [2, 5, 40])])
    let elements = values.doubles()
    for row in 0..<2 {
      for channel in 0..<40 {
        let column = Set((0..<5).map { elements[(row * 5 + $0) * 40 + channel] })
        #expect(column == [0] || column == [6])
      }
    }
    #expect(Set(elements) == [0, 6])
    #expect(slopes.doubles() == elements.map { $0 / 3 })
  }

  @Test func keepingAllNeedsNoOperations() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3])
    #expect(dropout(x, keepProbability: 1.0) == x)
  }

  @Test func embeddingsOfBytes() throws {
    let graph = Graph()
    let table = graph.constant(NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]))
    let rows: NDArray = try Session(graph).run(
      embeddingLookup(table, graph.constant(NDArray([2, 0] as [UInt8]))))
    #expect(rows == NDArray([5, 6, 1, 2] as [Float], shape: [2, 2]))
  }

  static let misuses = [
    Misuse.located("moments of integers", says: ["int32[2, 3]", "moments", "cast"]) {
      line(of: moments($0.placeholder(.int32, [2, 3])))
    },
    Misuse.located("moments along no axis", says: ["no axis 2", "[2, 3]"]) {
      line(of: moments($0.placeholder(.float32, [2, 3]), along: [2]))
    },
    Misuse.located("batch normalisation of integers", says: ["int32[2, 3]", "cast"]) {
      let x = $0.placeholder(.int32, [2, 3])
      return line(of: batchNormalization(x, mean: x, variance: x))
    },
    Misuse.located("a mean of another length", says: ["[3]", "[4]"]) {
      let x = $0.placeholder(.float32, [2, 3])
      let (mean, variance) = ($0.placeholder(.float32, [4]), $0.placeholder(.float32, [3]))
      return line(of: batchNormalization(x, mean: mean, variance: variance))
    },
    Misuse.located("layer normalisation along no axis", says: ["no axis -9", "[2, 3]"]) {
      let x = $0.placeholder(.float32, [2, 3])
      return line(of: layerNormalization(x, gamma: x, axis: -9))
    },
    Misuse.located("layer normalisation of an unknown rank", says: ["float32[…]", "axis -1"]) {
      let x = $0.placeholder(.float32, .unknown)
      let gamma = $0.placeholder(.float32, [3])
      return line(of: layerNormalization(x, gamma: gamma, axis: 1))
    },
    Misuse.located("dropout of integers", says: ["int32[2, 3]", "dropout", "cast"]) {
      line(of: dropout($0.placeholder(.int32, [2, 3]), keepProbability: 0.5))
    },
    Misuse.located("keeping nothing", says: ["probability to keep", "0.0", "above 0"]) {
      line(of: dropout($0.placeholder(.float32, [2, 3]), keepProbability: 0.0))
    },
    Misuse.located("dropout along no axis", says: ["no axis 3", "[2, 3]"]) {
      line(of: dropout($0.placeholder(.float32, [2, 3]), keepProbability: 0.5, sharedAlong: [3]))
    },
    Misuse.located("embedding of numbers", says: ["Gather", "float32", "cast"]) {
      let table = $0.placeholder(.float32, [5, 3])
      return line(of: embeddingLookup(table, $0.placeholder(.float32, [2])))
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "LayerFunctionTests.swift") }
}
