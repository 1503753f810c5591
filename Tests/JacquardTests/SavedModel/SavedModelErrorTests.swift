import Foundation
import Jacquard
import Testing

@Suite("Errors of saved models")
struct SavedModelErrorTests {
  /// Expects an error that says all of `words`.
  private func expect(
    _ words: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation,
    from body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
      for word in words {
        #expect("\(error)".contains(word), "\(error)", sourceLocation: sourceLocation)
      }
      #expect(error.localizedDescription == "\(error)", sourceLocation: sourceLocation)
    }
  }

  @Test("names that the model does not have: the known ones, and the nearest")
  func names() throws {
    let model = try SavedModel(contentsOf: try SavedModelFixture().save())
    expect("no input 'image'", "did you mean 'images'?", "'images', 'labels'") {
      _ = try model.run(["image": SavedModelFixture.x], fetching: "scores")
    }
    expect("no output 'Scors'", "did you mean 'scores'?", "'scores', 'loss'") {
      _ = try model.run(["images": SavedModelFixture.x], fetching: "Scors")
    }
    expect("no training step 'fit'", "it has 'train'") { _ = try model.operation("fit") }
    expect("no input 'x'", "it has 'images'") { _ = try model.input("x") }
  }

  @Test("inputs that are missing, given twice, or of another type, by the names of the inputs")
  func inputs() throws {
    let model = try SavedModel(contentsOf: try SavedModelFixture().save())
    let (x, y) = (SavedModelFixture.x, SavedModelFixture.y)
    expect("the input 'labels', float32[?, 2], was not given", "given were 'images'") {
      _ = try model.run(["images": x], fetching: "loss")
    }
    expect("the input 'images'", "none was given") { _ = try model.run(fetching: "scores") }
    expect("'images' was given twice") {
      _ = try model.run(["images": x, "images": x], fetching: "scores")
    }
    expect("'images' is float32, but int64 was fed", "converted(to: .float32)") {
      _ = try model.run(["images": x.converted(to: .int64)], fetching: "scores")
    }
    expect("'labels' has shape [?, 2], but an array of shape [3, 2, 1] was fed") {
      _ = try model.run(
        ["images": x, "labels": NDArray.zeros(.float32, [3, 2]).reshaped(to: [3, 2, 1])],
        fetching: "loss")
    }
    expect("the rows fed to 'images' differ in length") {
      _ = try model.run(["images": [[1.0, 2, 3], [1]], "labels": y], fetching: "scores")
    }
  }

  @Test("signatures that cannot be saved")
  func signatures() throws {
    let fixture = try SavedModelFixture()
    let path = try SavedModelFixture.path()
    func save(
      _ inputs: Named<Tensor> = [:], _ outputs: Named<Tensor> = [:],
      _ training: Named<Jacquard.Operation> = [:], metadata: [String: String] = [:]
    ) throws {
      try SavedModel.save(
        fixture.session, inputs: inputs, outputs: outputs, training: training, to: path,
        metadata: metadata)
    }
    let x = fixture.images
    expect("two inputs are called 'x'", "name of its own") { try save(["x": x, "x": x]) }
    expect("two outputs are called 'x'") { try save([:], ["x": x, "x": x]) }
    let other = Graph()
    let foreign = other.placeholder(.float32, [])
    expect("'z' is a tensor of another graph") { try save([:], ["z": foreign]) }
    expect("'t' is an operation of another graph") { try save([:], [:], ["t": other.group([])]) }
    var inner: Tensor?
    _ = fixture.graph.scan(x, initial: x.graph.scalar(0, .float32)) { s, x in
      inner = x.sum()
      return (s, x)
    }
    expect("'inner' is inside a loop or a branch") { try save([:], ["inner": inner!]) }
    expect("'t' is inside a loop or a branch") { try save([:], [:], ["t": inner!.operation!]) }
    expect("'jacquard.me' in the metadata is taken") {
      try save([:], ["x": x], metadata: ["jacquard.me": ""])
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("closures cannot be saved, and are named with their line")
  func closures() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let line = #line + 1
    let y = customGradient(x, name: "straight") {
      round($0)
    } backward: { _, _, dy in
      dy
    }
    expect(
      "SavedModelErrorTests.swift:\(line): CustomGradient 'straight' cannot be saved",
      "closure"
    ) {
      try SavedModel.save(Session(graph), outputs: ["y": y], to: SavedModelFixture.path())
    }
  }

  @Test("a graph with diagnostics, or pruned variables without a value, cannot be saved")
  func unsound() throws {
    let graph = Graph()
    let w = graph.variable(.zeros, [2], name: "w")
    expect("'w' has no value yet", "initialise") {
      try SavedModel.save(
        Session(graph), outputs: ["w": w], to: SavedModelFixture.path(), pruned: true)
    }
    _ = w + graph.placeholder(.float32, [3])
    expect("the graph has an error") {
      try SavedModel.save(Session(graph), outputs: ["w": w], to: SavedModelFixture.path())
    }
  }

  @Test("ops of one's own: passed when loading, and named if not")
  func ownOps() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2], name: "x")
    let y = graph.insert(Doubled(factor: 2.5), x, name: "twice", file: #fileID, line: #line)
    let line = #line - 1
    let path = try SavedModelFixture.path()
    try SavedModel.save(Session(graph), inputs: ["x": x], outputs: ["y": y], to: path)
    let loaded = try SavedModel(contentsOf: path, ops: [Doubled.self])
    #expect(try loaded.run(["x": [1.0, 2]], fetching: "y") == NDArray([2.5, 5] as [Float]))
    expect(
      "an operation 'twice', made at JacquardTests/SavedModelErrorTests.swift:\(line),",
      "of the op 'Doubled', which this program does not know", "ops: [Doubled.self]"
    ) { _ = try SavedModel(contentsOf: path) }

    let clash = Graph()
    let z = clash.insert(Impostor(), clash.placeholder(.float32, []), name: "z")
    expect("Tanh 'z' cannot be saved: an op of the library has that name") {
      try SavedModel.save(Session(clash), outputs: ["z": z], to: path)
    }
  }

  @Test("files that are no models, of another format, or cut off")
  func files() throws {
    let path = try SavedModelFixture.path()
    expect(path) { _ = try SavedModel(contentsOf: path) }
    try SafeTensors(tensors: [("w", NDArray([1, 2] as [Float]))]).write(to: path)
    expect("'\(path)' holds arrays, but no graph", "Saver") {
      _ = try SavedModel(contentsOf: path)
    }
    let model = try SavedModelFixture().save()
    var contents = try SafeTensors(contentsOf: model)
    contents.metadata["jacquard.format"] = "2"
    try contents.write(to: path)
    expect("format '2'", "reads format 1") { _ = try SavedModel(contentsOf: path) }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: model)))
    for length in stride(from: 0, to: bytes.count, by: 97) {
      expect("cut") { _ = try SavedModel(decoding: Array(bytes[..<length]), name: "cut") }
    }
    #expect(try SavedModel(decoding: bytes).graph.operations.count > 3)
  }

  @Test("damage is told with its place")
  func damage() throws {
    let model = try SavedModelFixture().save()
    func damaged(_ key: String, _ old: String, _ new: String) throws -> [UInt8] {
      var contents = try SafeTensors(contentsOf: model)
      let text = contents.metadata[key] ?? ""
      #expect(text.contains(old), "\(text)")
      contents.metadata[key] = text.replacingOccurrences(of: old, with: new)
      return try contents.encoded()
    }
    func expectDamage(_ key: String, _ old: String, _ new: String, _ words: String) throws {
      let bytes = try damaged(key, old, new)
      expect("'model' is damaged", words) { _ = try SavedModel(decoding: bytes) }
    }
    let graph = "jacquard.graph"
    try expectDamage(graph, #""name":"kernel""#, #""name":7"#, "graph.operations[2].name")
    try expectDamage(graph, #""name":"kernel""#, #""name":"x""#, "operation 2, 'x': its name")
    try expectDamage(graph, #""operands":["#, #""operands":[999,"#, "is not to be had there")
    try expectDamage(graph, #""op":"MatMul""#, #""op":"Tanh""#, "'MatMul'")
    try expectDamage(graph, #""shape":[null,2]"#, #""shape":[null,-2]"#, "negative dimension")
    try expectDamage(graph, #""shape":[null,2]"#, #""shape":[null,5]"#, "float32[?, 5]")
    try expectDamage("jacquard.signature", #""tensor":"x""#, #""tensor":"q""#, "'q'")
    try expectDamage("jacquard.signature", #""dtype":"float32""#, #""dtype":"int64""#, "int64")
    try expectDamage("jacquard.draw_counts", ":2", ":-2", "draw_counts")
    var contents = try SafeTensors(contentsOf: model)
    contents.tensors[0].value = NDArray([1] as [Float])
    let wrongShape = try contents.encoded()
    expect("is damaged", "float32[1]") { _ = try SavedModel(decoding: wrongShape) }
    contents.tensors[0].name = "nobody"
    let unknown = try contents.encoded()
    expect("array 'nobody'", "no such variable") { _ = try SavedModel(decoding: unknown) }
  }
}

/// An op of a user's own, with an attribute.
private struct Doubled: Op {
  var factor: BitPattern

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    return operands.types
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    DoubledKernel(factor: Float(factor.value), count: context.shape(0).reduce(1, *))
  }
}

private struct DoubledKernel: Kernel {
  let factor: Float
  let count: Int

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let (x, y) = (buffers.operand(0, as: Float.self), buffers.result(0, as: Float.self))
    for index in 0..<count { y[index] = x[index] * factor }
  }
}

/// An op that calls itself like one of the library's.
private struct Impostor: Op {
  static let name = "Tanh"

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] { operands.types }
}
