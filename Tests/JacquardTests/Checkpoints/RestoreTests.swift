import Foundation
import Jacquard
import JacquardArrays
import Testing

@Suite struct RestoreTests {
  let folder: CheckpointFolder
  let saver = Saver()

  init() throws { folder = try CheckpointFolder() }

  /// Writes variables as another program would, without metadata of ours.
  private func file(
    _ tensors: [(name: String, value: NDArray)], _ metadata: [String: String] = [:]
  ) throws -> String {
    let path = folder.path + "/file.safetensors"
    try SafeTensors(tensors: tensors, metadata: metadata).write(to: path)
    return path
  }

  /// A session with variables of these names, all `[2]` of zeros.
  private func session(_ names: String...) throws -> Session {
    let graph = Graph()
    for name in names { _ = graph.variable(.zeros, [2], name: name) }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    return session
  }

  private let one = NDArray.ones(.float32, [2])
  private let zero = NDArray.zeros(.float32, [2])

  @Test func filesOfOtherProgramsWillDo() throws {
    let session = try session("a", "b")
    let path = try file([("b", one), ("a", zero)], ["format": "np"])
    #expect(try Checkpoint(path: path).step == nil)
    #expect(try saver.restore(session, from: path).isComplete)
    #expect(try session.value(named: "b") == one)
  }

  @Test func differencesAreListedAndNothingIsRestored() throws {
    let session = try session("a", "b", "c", "d")
    let path = try file([
      ("a", one), ("c", .ones(.float32, [3])), ("d", .ones(.int32, [2])), ("e", one), ("f", one),
    ])
    let before = StateValues(session)
    let error = #expect(throws: CheckpointError.self) { try saver.restore(session, from: path) }
    #expect(
      error?.localizedDescription == """
        nothing was restored, since the checkpoint and the graph differ; give a mapping, or \
        partial: true to restore what fits
        \(path): 1 of 4 variables have their tensor
          missing in the checkpoint: 'b'
          extra in the checkpoint: 'e', 'f'
          different: 'c' is float32[2], in the checkpoint float32[3]
          different: 'd' is float32[2], in the checkpoint int32[2]
        """)
    #expect(StateValues(session) == before)
  }

  @Test func whatFitsIsRestoredOnDemand() throws {
    let session = try session("a", "b", "c")
    let path = try file([("a", one), ("c", .ones(.float32, [3])), ("e", one)])
    let report = try saver.restore(session, from: path, partial: true)
    #expect(report.restored == ["a"])
    #expect(report.missing == ["b"])
    #expect(report.extra == ["e"])
    #expect(report.mismatched.map(\.name) == ["c"])
    #expect(!report.isComplete)
    #expect(try session.value(named: "a") == one)
    #expect(try session.value(named: "b") == zero)
    #expect(try session.value(named: "c") == zero)
  }

  @Test func aPartOfACheckpointLeavesRandomStreamsAlone() throws {
    let fixture = CheckpointFixture()
    try fixture.train(3)
    try saver.save(fixture.session, to: folder.path, step: 3)
    let other = CheckpointFixture()
    _ = other.graph.variable(.zeros, [1], name: "new")
    try other.train(1)
    let before = StateValues(other.session).drawCounts
    try saver.restore(other.session, from: folder.path, partial: true)
    #expect(StateValues(other.session).drawCounts == before)
    let kernels = (
      try other.session.value(named: "net/kernel"), try fixture.session.value(named: "net/kernel")
    )
    #expect(kernels.0 == kernels.1)
  }

  // MARK: Mappings

  @Test func namesAreMapped() throws {
    let session = try session("new/w", "b")
    let path = try file([("old w", one), ("b", one)])
    try saver.restore(session, from: path, mapping: ["old w": "new/w"])
    #expect(try session.value(named: "new/w") == one)
  }

  @Test func scopesAreMappedTheLongestFirst() throws {
    let session = try session("encoder/w", "encoder/cell/w", "decoder/w", "b")
    let path = try file([
      ("rnn/w", one), ("rnn/gru/w", NDArray([2, 3] as [Float])), ("rnn/out/w", zero), ("b", one),
    ])
    try saver.restore(
      session, from: path,
      mapping: ["rnn/": "encoder/", "rnn/gru/": "encoder/cell/", "rnn/out/w": "decoder/w"])
    #expect(try session.value(named: "encoder/w") == one)
    #expect(try session.value(named: "encoder/cell/w") == NDArray([2, 3] as [Float]))
    #expect(try session.value(named: "decoder/w") == zero)
  }

  @Test func aNameThatTheFileDoesNotHave() throws {
    let session = try session("a")
    let path = try file([("a", one)])
    let error = #expect(throws: CheckpointError.self) {
      try saver.restore(session, from: path, mapping: ["x": "a", "rnn/": "cell/"], partial: true)
    }
    #expect(
      error?.description == """
        \(path): the mapping is for 'rnn/', 'x', but no tensor is called like that; \
        Checkpoint(path:).variableNames lists those there are
        """)
    #expect(try session.value(named: "a") == zero)
  }

  @Test func twoTensorsForOneVariable() throws {
    let session = try session("a")
    let path = try file([("a", one), ("b", one)])
    let error = #expect(throws: CheckpointError.self) {
      try saver.restore(session, from: path, mapping: ["b": "a"])
    }
    #expect(
      error?.description
        == "\(path): both 'a' and 'b' are mapped to 'a'; map one of them to another name")
  }

  // MARK: Forged and damaged files

  @Test("every change of a byte is an error, and leaves the session as it was")
  func changedBytes() throws {
    let fixture = CheckpointFixture()
    try fixture.train(2)
    try saver.save(fixture.session, to: folder.path, step: 2, values: ["data": [1, 2, 3]])
    let whole = try folder.bytes("checkpoint-2.safetensors")
    try fixture.more(1)
    let before = StateValues(fixture.session)
    var generator = PhiloxGenerator(seed: 5)
    for position in whole.indices {
      var bytes = whole
      bytes[position] ^= UInt8(1 + generator.next() % 255)
      try folder.write(bytes, "forged.safetensors")
      // Not the folder's latest: that would read it twice.
      #expect(throws: (any Error).self, "byte \(position)") {
        try saver.restore(fixture.session, from: folder.path + "/forged.safetensors")
      }
    }
    #expect(StateValues(fixture.session) == before)
  }

  @Test("a file that is cut anywhere is an error, and leaves the session as it was")
  func truncatedFiles() throws {
    let fixture = CheckpointFixture()
    try fixture.train(2)
    try saver.save(fixture.session, to: folder.path, step: 2)
    let whole = try folder.bytes("checkpoint-2.safetensors")
    try fixture.more(1)
    let before = StateValues(fixture.session)
    for count in whole.indices {
      try folder.write(Array(whole[..<count]), "forged.safetensors")
      let error = #expect(throws: SafeTensorsError.self) {
        try saver.restore(fixture.session, from: folder.path + "/forged.safetensors")
      }
      #expect(error?.byte != nil)
    }
    #expect(StateValues(fixture.session) == before)
  }

  @Test func theChecksumIsToldWithItsPlace() throws {
    let fixture = CheckpointFixture()
    try fixture.train(2)
    try saver.save(fixture.session, to: folder.path, step: 2)
    var bytes = try folder.bytes("checkpoint-2.safetensors")
    bytes[bytes.count - 20] ^= 1
    try folder.write(bytes, "forged.safetensors")
    let error = #expect(throws: SafeTensorsError.self) {
      try Checkpoint(path: folder.path + "/forged.safetensors")
    }
    let label = Array("\"jacquard.crc32\":\"".utf8)
    #expect(error?.byte == bytes.firstRange(of: label)?.upperBound)
    #expect(
      error?.problem.hasPrefix("the checksum recorded here is not that of the file, ") == true)
    #expect(
      error?.remedy == """
        use another copy of the file, or, if they were changed on purpose, set \
        'jacquard.crc32' in its metadata to 'none'
        """)
  }

  @Test(arguments: [
    ("jacquard.step", "-1", "'-1' is not a number of steps"),
    ("jacquard.step", "9223372036854775807", "'9223372036854775807' is not a number of steps"),
    ("jacquard.step", "", "'' is not a number of steps"),
    ("jacquard.step", "7", "there is no such checksum"),
    ("jacquard.draw_counts", "[]", "it is not a JSON object of numbers"),
    ("jacquard.draw_counts", #"{"1":0.5}"#, "it is not a JSON object of numbers"),
    ("jacquard.draw_counts", #"{"1":-1}"#, "-1 is not a number of draws"),
    (
      "jacquard.draw_counts", #"{"1":9223372036854775807}"#,
      "9223372036854775807 is not a number of draws"
    ),
    (
      "jacquard.draw_counts", #"{"x":1}"#, "'x' is not the hexadecimal key of a random stream"
    ),
  ])
  func metadataThatMakesNoSense(_ name: String, _ value: String, _ reason: String) throws {
    let session = try session("a")
    let path = try file([("a", one)], [name: value])
    let error = #expect(throws: CheckpointError.self) { try saver.restore(session, from: path) }
    let name = value == "7" ? "jacquard.crc32" : name
    #expect(
      error?.description
        == "\(path): '\(name)' in the metadata is invalid: \(reason); use another copy of the file")
    #expect(try session.value(named: "a") == zero)
  }

  @Test func checkpointsThatOtherProgramsChange() throws {
    let session = try session("a")
    let path = try file([("a", one)], ["jacquard.step": "7", "jacquard.crc32": "none"])
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.step == 7)
    #expect(try saver.restore(session, from: checkpoint).isComplete)
    #expect(try session.value(named: "a") == one)
  }

  @Test func whatCannotBeSaved() throws {
    let session = try session("a")
    func description(_ step: Int, _ values: [String: any Encodable]) -> String? {
      #expect(throws: CheckpointError.self) {
        try saver.save(session, to: folder.path, step: step, values: values)
      }?.description
    }
    #expect(
      description(0, ["jacquard.x": 1])
        == "no value can be saved as 'jacquard.x'; choose a name that does not begin with jacquard."
    )
    #expect(
      description(-1, [:])
        == "\(folder.path)/checkpoint--1.safetensors: -1 is not a number of steps; give 0 or more")
    #expect(
      description(0, ["rate": Double.nan])?.hasPrefix("the value 'rate' cannot be saved: ") == true)
    #expect(try folder.names.isEmpty)
  }
}
