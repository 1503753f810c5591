import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite("What layers say of wrong operands")
struct LayerDiagnosticsTests {
  @Test(
    "one diagnostic each, with what was found, what would mend it, and the calling line",
    arguments: misuses)
  func diagnostic(_ misuse: Misuse) { misuse.check(file: "LayerDiagnosticsTests.swift") }

  @Test("layers are quiet about invalid tensors")
  func quiet() {
    let graph = Graph()
    let broken = graph.placeholder(.float32, [nil, -1])
    #expect(graph.diagnostics.count == 1)
    let layers: [any Layer] = [
      Dense(2), LSTM(2), Embedding(3, 2), Dropout(0.5), Flatten(), Reshape([2]), Conv2D(2, (3, 3)),
      BatchNormalization(), LayerNormalization(), Bidirectional(GRU(2)), TimeDistributed(Dense(1)),
      MaxPooling2D(), Activation(.softmax),
    ]
    for layer in layers { #expect(layer(broken, training: true).isInvalid) }
    #expect(graph.diagnostics.count == 1)
  }

  private static func input(_ graph: Graph, _ shape: PartialShape, _ dtype: DType = .float32)
    -> Tensor
  { graph.placeholder(dtype, shape) }

  private static let misuses: [Misuse] = [
    .located("integers", says: ["floating-point", "int32[?, 3]", "cast"]) { graph in
      line(of: Dense(2)(input(graph, [nil, 3], .int32)))
    },
    .located("vector", says: ["float32[?]", "[batch, …, inputs]", "Flatten()"]) { graph in
      line(of: Dense(2)(input(graph, [nil])))
    },
    .located("open inputs", says: ["last dimension", "float32[?, ?]", "declare"]) { graph in
      line(of: Dense(2)(input(graph, [nil, nil])))
    },
    .located("no units", says: ["0 units", "1 or more"]) { graph in
      line(of: Dense(0)(input(graph, [nil, 3])))
    },
    .located("images for an LSTM", says: ["float32[?, 28, 28, 1]", "[batch, steps, depth]"]) {
      graph in line(of: LSTM(2)(input(graph, [nil, 28, 28, 1])))
    },
    .located("rows for both directions", says: ["float32[?, 28]", "[batch, steps, depth]"]) {
      graph in line(of: Bidirectional(LSTM(2))(input(graph, [nil, 28])))
    },
    .located("numbers to embed", says: ["int32 or int64", "float32[?, 4]", "inputDType"]) { graph in
      line(of: Embedding(3, 2)(input(graph, [nil, 4])))
    },
    .located("dropout of all", says: ["rate is 1.0", "below 1"]) { graph in
      line(of: Dropout(1)(input(graph, [nil, 4])))
    },
    .located("reshape", says: ["[7]", "[2, -1]", "as many elements"]) { graph in
      line(of: Reshape([2, -1])(input(graph, [nil, 7])))
    },
    .located("reshape of a scalar", says: ["float32[]", "rank 1"]) { graph in
      line(of: Reshape([2])(input(graph, [])))
    },
    .located("steps of rows", says: ["float32[?, 7]", "[batch, steps, …]", "rank 3"]) { graph in
      line(of: TimeDistributed(Dense(2))(input(graph, [nil, 7])))
    },
    .located("open steps", says: ["size of a step", "declare"]) { graph in
      line(of: TimeDistributed(Flatten())(input(graph, [nil, 3, nil, 2])))
    },
    .located("rows for a convolution", says: ["float32[?, 7]", "[batch, height, width, channels]"])
    {
      graph in line(of: Conv2D(2, (3, 3))(input(graph, [nil, 7])))
    },
    .located("no filters", says: ["0 filters", "1 or more"]) { graph in
      line(of: Conv1D(0, 3)(input(graph, [nil, 7, 2])))
    },
    .located("rank of normalised inputs", says: ["float32[?]", "[batch, …, channels]"]) { graph in
      line(of: BatchNormalization()(input(graph, [nil])))
    },
    .located("other inputs", says: ["'dense/kernel'", "float32[3, 2]", "float32[5, 2]"]) { graph in
      let layer = Dense(2, useBias: false)
      _ = layer(input(graph, [nil, 3]))
      return line(of: layer(input(graph, [nil, 5])))
    },
  ]
}
