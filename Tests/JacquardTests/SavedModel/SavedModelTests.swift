import Foundation
import Jacquard
import Testing

@Suite("Saved models")
struct SavedModelTests {
  @Test("what is loaded computes the same bits, and trains on as if nothing had happened")
  func goesOn() throws {
    let fixture = try SavedModelFixture()
    let path = try fixture.save()
    let model = try SavedModel(contentsOf: path)
    for _ in 0..<3 {
      let (scores, loss, _) = try fixture.session.run(
        fixture.scores, fixture.loss, fixture.train, feeding: fixture.feeds)
      // Random numbers go on, too: the loss has noise in it.
      let loaded = try model.run(
        ["images": SavedModelFixture.x, "labels": SavedModelFixture.y],
        fetching: ["scores", "loss"], training: "train")
      #expect(loaded == [scores, loss])
    }
    for name in ["kernel", "velocity"] {
      #expect(try model.session.value(named: name) == fixture.session.value(named: name))
    }
    // Saved by one and by the other, the file is the same, byte for byte.
    let again = try SavedModelFixture.path()
    try model.save(to: again)
    let original = try fixture.save()
    #expect(FileManager.default.contentsEqual(atPath: again, andPath: original))
  }

  @Test("an output, a training step, and nothing but what they need")
  func running() throws {
    let model = try SavedModel(contentsOf: try SavedModelFixture().save())
    let before = try model.run(["images": SavedModelFixture.x], fetching: "scores")
    #expect(before.shape == [2, 2])
    try model.run(
      ["labels": SavedModelFixture.y, "images": SavedModelFixture.x], training: "train")
    #expect(try model.run(["images": SavedModelFixture.x], fetching: "scores") != before)
    // Nested Swift arrays take the element type of the input.
    let literal = try model.run(["images": [[1.0, 2, 3], [-1, 0, 2]]], fetching: "scores")
    #expect(try literal == model.run(["images": SavedModelFixture.x], fetching: "scores"))
  }

  @Test("a table says what it takes and gives")
  func description() throws {
    let fixture = try SavedModelFixture()
    let path = try fixture.save(metadata: ["classes": "cat dog"])
    let model = try SavedModel(contentsOf: path)
    let count = fixture.graph.operations.count
    #expect(
      "\(model)" == """
        model '\(path)'
        inputs
          images  float32[?, 3]
          labels  float32[?, 2]
        outputs
          scores  float32[?, 2]  from images
          loss    float32[]      from images, labels
        training
          train  from images, labels
        2 variables of 12 numbers, 6 of them trainable; \(count) operations
        classes: cat dog
        """)
    #expect(model.metadata == ["classes": "cat dog"])
    #expect(model.signature.inputs.names == ["images", "labels"])
  }

  @Test("the graph goes on: gradients, variables, names")
  func building() throws {
    let fixture = try SavedModelFixture()
    let model = try SavedModel(contentsOf: fixture.save())
    for (graph, session, scores) in [
      (fixture.graph, fixture.session, fixture.scores),
      (model.graph, model.session, try model.output("scores")),
    ] {
      let kernel = graph.trainableVariables[0]
      let slope = graph.gradient(of: square(scores).sum(), withRespectTo: kernel)
      let images = graph.tensor(named: "x")!
      let step = kernel.assignSubtract(slope * 0.01)
      try session.run(step, feeding: [images: SavedModelFixture.x])
    }
    #expect(model.graph.operations.map(\.name) == fixture.graph.operations.map(\.name))
    #expect(try model.session.value(named: "kernel") == fixture.session.value(named: "kernel"))
  }

  @Test("variables without a value have none after loading; the initialiser gives the same values")
  func uninitialized() throws {
    let graph = Graph(seed: 2)
    let w = graph.variable(.normal(), [3], name: "w")
    let v = graph.variable(.ones, [2], name: "v")
    let session = Session(graph)
    try session.run(graph.initializer(of: [v]))
    let path = try SavedModelFixture.path()
    try SavedModel.save(session, outputs: ["w": w, "v": v], to: path)
    let model = try SavedModel(contentsOf: path)
    #expect(try model.run(fetching: "v") == NDArray([1, 1] as [Float]))
    #expect(throws: SessionError.uninitializedVariables(names: ["w"])) {
      try model.run(fetching: "w")
    }
    try session.run(graph.variablesInitializer)
    try model.session.run(model.graph.variablesInitializer)
    #expect(try model.session.value(named: "w") == session.value(of: w))
  }

  @Test("pruned, it keeps what its outputs need, and no more")
  func pruned() throws {
    let fixture = try SavedModelFixture()
    let path = try SavedModelFixture.path()
    try SavedModel.save(
      fixture.session, inputs: ["images": fixture.images], outputs: ["scores": fixture.scores],
      to: path, pruned: true)
    let model = try SavedModel(contentsOf: path)
    #expect(model.graph.operations.map(\.name) == ["x", "kernel", "MatMul"])
    #expect(model.session.variableNames == ["kernel"])
    #expect(
      try model.run(["images": SavedModelFixture.x], fetching: "scores")
        == fixture.session.run(fixture.scores, feeding: fixture.feeds))
    #expect(try Self.size(path) < Self.size(fixture.save()) / 2)
    // Its variables start as what they are.
    try model.session.run(model.graph.variablesInitializer)
    #expect(try model.session.value(named: "kernel") == fixture.session.value(named: "kernel"))
    // Kept with the training step, it trains on; initialisers are gone.
    let trained = try SavedModel(contentsOf: fixture.save(pruned: true))
    let before = fixture.graph.operations.count
    #expect(trained.graph.operations.count < before)
    let loss = try trained.run(
      ["images": SavedModelFixture.x, "labels": SavedModelFixture.y], fetching: "loss",
      training: "train")
    let (expected, _) = try fixture.session.run(
      fixture.loss, fixture.train, feeding: fixture.feeds)
    #expect(loss == expected)
    #expect(
      try trained.session.value(named: "velocity") == fixture.session.value(named: "velocity"))
  }

  @Test("pruned loops keep their bodies, with assignments and random numbers in them")
  func prunedLoops() throws {
    let graph = Graph(seed: 9)
    let x = graph.placeholder(.float32, [nil, 2], name: "x")
    let count = graph.variable(.zeros, [], name: "count", trainable: false)
    _ = graph.variable(.zeros, [100], name: "unused")
    let (state, sums) = graph.scan(x, initial: graph.constant(NDArray([0, 0] as [Float]))) { s, x in
      count.assignAdd(1)
      let noise = graph.randomUniform([2])
      return (s + x * noise, s)
    }
    _ = graph.gradients(of: [state], withRespectTo: [x])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let feeds: Feeds = [x: [[1, 2], [3, 4], [5, 6]]]
    _ = try session.run(state, feeding: feeds)
    let path = try SavedModelFixture.path()
    try SavedModel.save(
      session, inputs: ["x": x], outputs: ["state": state, "sums": sums], to: path, pruned: true)
    let model = try SavedModel(contentsOf: path)
    #expect(model.session.variableNames == ["count"])
    let loaded = try model.run(["x": [[1, 2], [3, 4], [5, 6]]], fetching: ["state", "sums"])
    let (a, b) = try session.run(state, sums, feeding: feeds)
    #expect(loaded == [a, b])
    #expect(try model.session.value(named: "count") == NDArray(Float(6)))
  }

  @Test("the same graph gives the same file in every process and for every session")
  func deterministic() throws {
    let paths = try (0..<2).map { _ in try SavedModelFixture().save() }
    #expect(FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]))
  }

  private static func size(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
  }
}
