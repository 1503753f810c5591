// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/ComingFromTensorFlow.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func comingFromTensorFlow_spellings() throws {
  let graph = Graph(seed: 1)
  let session = Session(graph)
  let x = graph.placeholder(.float32, [nil, 4], name: "x")
  let y = graph.placeholder(.float32, [nil, 4], name: "y")
  let flag = graph.placeholder(.bool, [], name: "flag")
  let labels = graph.placeholder(.int64, [nil], name: "labels")
  let sequences = graph.placeholder(.float32, [nil, 7, 4], name: "sequences")
  let lengths = graph.placeholder(.int32, [nil], name: "lengths")
  let images = graph.placeholder(.float32, [nil, 8, 8, 3], name: "images")
  let filter = graph.variable(.heNormal, [3, 3, 3, 16], name: "filter")
  let v = graph.variable(.zeros, [4], name: "v")
  let w = graph.variable(.glorotUniform, [4, 4], name: "w")
  let step = graph.variable(0, name: "step", trainable: false)
  let cost = square(x * v).mean()
  let trainStep = AdamOptimizer(learningRate: 0.001).minimize(cost)
  let array = NDArray.zeros(.float32, [2, 4])
  let feeds: Feeds = [x: array]
  try session.run(graph.variablesInitializer)
  let forward = GRUCell(units: 5)
  let backward = GRUCell(units: 5)

  use(Graph(seed: 1))
  use(Session(graph))
  use(Session(graph, options: SessionOptions(threads: 2)))
  use(graph.placeholder(.float32, [nil, 4], name: "in"))
  use(graph.placeholder(withDefault: x))
  use(graph.constant([1.0, 2.0]))
  try use(session.run(x, feeding: [x: array]))
  try use(session.run(cost, trainStep, feeding: feeds))
  try use(session.run(cost, feeding: feeds))
  try use(session.makeCallable(cost, feeding: [x]))
  use(graph.scope("a") { x + 1 })
  use(graph.controlDependencies([trainStep]) { identity(x) })
  use(graph.group([trainStep]))
  use(graph.tensor(named: "x"))
  use(x.printed("x"))
  use(assert(flag, "too small", data: [x]))
  use(checkNumerics(x, "x"))
  use(graph.call("f", [x], resultType: { $0[0] }) { $0[0] })
  use(stopGradient(x))
  use(customGradient(x) { round($0) } backward: { _, _, dy in dy })

  use(graph.variable(.zeros, [4]))
  use(graph.variable(.truncatedNormal(standardDeviation: 0.1), [4, 2]))
  use(graph.getVariable("fresh", [4, 2]))
  use(graph.variableScope("a", reuse: .automatic) { graph.getVariable("w", [4]) })
  try use(session.run(graph.variablesInitializer))
  use((graph.variables, graph.trainableVariables))
  use(v.assign(v * 2))
  use(v.assignAdd(1))
  use(w.assignAdd(x, at: labels))
  use(v.read())
  try use(session.assign(v, NDArray.zeros(.float32, [4])))
  try use(session.value(of: v))
  try use(session.isInitialized(v))
  use(graph.globalStep)
  use(graph.variableScope("b", regularizer: Regularizers.l2(0.1)) { graph.getVariable("w", [4]) })
  use((Initializer.orthogonal(), Initializer.varianceScaling()))

  use(graph.whileLoop(graph.constant(0)) { $0 .< 9 } do: { $0 + 1 })
  use(graph.conditional(flag) { x } else: { y })
  use(graph.conditional(flag) { x } else: { graph.conditional(flag) { y } else: { x } })
  use(graph.scan(x, initial: v) { state, row in (state + row, state) })
  use(graph.mapFunction(x) { row in row * 2 })
  use(graph.foldLeft(x, initial: v) { sum, row in sum + row })
  use(TensorArray(size: 10, elementShape: [4], in: graph))
  use(TensorArray(unstacking: x).stack())
  use(select(x .> 0, x, y))

  use(graph.gradients(of: [cost], withRespectTo: [v]))
  use(clipByGlobalNorm(graph.gradients(of: [cost], withRespectTo: [v]), 5))
  use(clipByNorm(x, 5))
  use(x.clipped(to: -1...1))
  use(GradientDescentOptimizer(learningRate: 0.1))
  use(MomentumOptimizer(learningRate: 0.1, momentum: 0.9))
  use(AdagradOptimizer(learningRate: 0.1))
  use(AdadeltaOptimizer(learningRate: 1))
  use(RMSPropOptimizer(learningRate: 0.01))
  use(AdamOptimizer(learningRate: 0.001))
  use(FtrlOptimizer(learningRate: 0.1))
  use((AdaMaxOptimizer(), NadamOptimizer(), AdamWOptimizer(weightDecay: 0.01)))
  use(AdamOptimizer().minimize(cost, globalStep: step))
  use(AdamOptimizer().computeGradients(of: cost))
  use(AdamOptimizer().applyGradients(AdamOptimizer().computeGradients(of: cost)))
  use(exponentialDecay(0.1, step, decaySteps: 100, decayRate: 0.9))
  use(ExponentialMovingAverage(decay: 0.99).apply(to: [v]))

  use(BasicRNNCell(units: 8))
  use(BasicLSTMCell(units: 8, forgetBias: 1))
  use(Concatenated(BasicLSTMCell(units: 8)))
  use(LSTMCell(units: 8, usePeepholes: true, projection: 4))
  use(GRUCell(units: 8))
  use(CoupledInputForgetGateCell(units: 8))
  use(LayerNormBasicLSTMCell(units: 8))
  use(MultiRNNCell(GRUCell(units: 8), BasicLSTMCell(units: 4)))
  use(MultiRNNCell(GRUCell(units: 8), GRUCell(units: 8), GRUCell(units: 8)))
  use(DropoutWrapper(GRUCell(units: 8), outputKeepProbability: 0.5))
  use(ResidualWrapper(GRUCell(units: 4)))
  use(OutputProjectionWrapper(InputProjectionWrapper(GRUCell(units: 8), size: 6), size: 3))
  use(EmbeddingWrapper(GRUCell(units: 8), classes: 100, size: 8))
  use(GRUCell(units: 8).zeroState(batchSize: 32, in: graph))
  use(forward(x, forward.zeroState(like: x)))
  use(dynamicRNN(GRUCell(units: 8), sequences, sequenceLength: lengths))
  use(staticRNN(GRUCell(units: 8), sequences.unstacked(count: 7, axis: 1), scope: "static"))
  use(bidirectionalDynamicRNN(forward, backward, sequences))
  use(staticBidirectionalRNN(forward, backward, sequences.unstacked(count: 7, axis: 1)))
  use(stackBidirectionalDynamicRNN([GRUCell(units: 8)], [GRUCell(units: 8)], sequences))
  use(rawRNN(GRUCell(units: 8), finished: lengths .< 1, input: x, state: graph.zeros(.float32, [2, 8]), maximumSteps: 3, scope: "raw") { RawRNNStep(finished: $0.time.cast(to: .int32) .>= lengths, input: x, emitted: $0.output) })
  use(sequenceMask(lengths, maximum: 7))
  use(sequences.reverseSequence(lengths: lengths, sequenceAxis: 1))

  use(softmaxCrossEntropy(logits: x, labels: y))
  use(sparseSoftmaxCrossEntropy(logits: x, labels: labels))
  use(sigmoidCrossEntropy(logits: x, labels: y))
  use(Losses.meanSquaredError(predictions: x, labels: y))
  use(sequenceLoss(logits: sequences, targets: graph.zeros(.int32, [2, 7]), weights: graph.ones(.float32, [2, 7])))
  use(x.mean(along: [1]))
  use(x.sum())
  use(x.argmax(axis: 1))
  use(x.topK(2))
  use(x .== y)
  use(x .< y)
  use(matmul(x, w, transposeB: true))
  use(x.reshaped(to: [-1, 2]))
  use(x.transposed())
  use(concatenate([x, y], axis: 1))
  use(x.split(count: 2, axis: 1))
  use(x.shapeTensor())
  use(x.shape)
  use(dropout(x, keepProbability: 0.5))
  use(embeddingLookup(w, labels))
  use(convolution2D(images, filter))
  use(maxPooling2D(images))
  use(Dense(10, activation: .relu)(x))
  use(BatchNormalization()(x, training: true))
  use(moments(x, along: [0]))
  use(Metrics.accuracy(predictions: x.argmax(axis: 1), labels: labels))
  use(Sequential([LSTM(8), Dense(3, activation: .softmax)], inputShape: [7, 4]))

  try graph.validate()
  _ = graph
  _ = session
  _ = x
  _ = y
  _ = flag
  _ = labels
  _ = sequences
  _ = lengths
  _ = images
  _ = filter
  _ = v
  _ = w
  _ = step
  _ = cost
  _ = trainStep
  _ = array
  _ = feeds
  _ = forward
  _ = backward
}

func comingFromTensorFlow_files() throws {
  let array = NDArray.zeros(.float32, [2, 4])
  let graph = Graph()
  let session = Session(graph)
  let x = graph.placeholder(.float32, [nil, 4], name: "x")
  let v = graph.variable(.zeros, [4], name: "v")
  let cost = square(x * v).mean()
  let trainStep = AdamOptimizer(learningRate: 0.001).minimize(cost)
  let feeds: Feeds = [x: array]
  let writer = try EventWriter(directory: "logs")
  var summaries = Summaries()

  try use(array.writeNPY(to: "a.npy"))
  try use(NDArray(contentsOfNPY: "a.npy"))
  try use((["a": array] as NPZArchive).write(to: "a.npz"))
  try use(NPZArchive(contentsOf: "a.npz")["a"])
  try use(Saver(keep: 5).save(session, to: "run", step: 1))
  try use(Saver().restore(session, from: "run"))
  try use(Checkpoint.latest(in: "run"))
  try use(SavedModel.save(session, inputs: ["x": x], outputs: ["cost": cost], training: ["train": trainStep], to: "model.safetensors"))
  try use(SavedModel(contentsOf: "model.safetensors"))
  try use(EventWriter(directory: "logs").add(graph: graph))
  use(summaries.add(scalar: cost, named: "cost"))
  use(summaries.add(histogram: v, named: "v"))
  try use(writer.add(session.run(summaries, feeding: feeds), step: 1))
  try use(session.writeTrace(of: trainStep, feeding: feeds, to: "trace.json"))
  try use(session.profile(trainStep, feeding: feeds))
  try use(session.memoryProfile(trainStep, feeding: feeds))
  try use(graph.writeDot(to: "graph.dot"))
  _ = array
  _ = graph
  _ = session
  _ = x
  _ = v
  _ = cost
  _ = trainStep
  _ = feeds
  _ = writer
  _ = summaries
}

let comingFromTensorFlow_runs: [(name: String, run: @Sendable () throws -> Void)] = [("comingFromTensorFlow_spellings", comingFromTensorFlow_spellings)]
