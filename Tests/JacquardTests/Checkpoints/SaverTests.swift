import Foundation
import Jacquard
import JacquardArrays
import Testing

@Suite struct SaverTests {
  let folder: CheckpointFolder
  let saver = Saver()

  init() throws { folder = try CheckpointFolder() }

  @Test func everythingComesBack() throws {
    let saved = CheckpointFixture()
    try saved.train(4)
    let path = try saver.save(saved.session, to: folder.path, step: 4)
    #expect(path == "\(folder.path)/checkpoint-4.safetensors")

    let restored = CheckpointFixture()
    let report = try saver.restore(restored.session, from: folder.path)
    #expect(report.isComplete)
    #expect(report.restored == restored.session.variableNames)
    #expect(StateValues(restored.session) == StateValues(saved.session))
    #expect(try Checkpoint(path: path).step == 4)
    #expect(Set(try Checkpoint(path: path).variableNames) == Set(saved.session.variableNames))
  }

  @Test("100 steps are 50, a checkpoint, and 50 by another session, with random draws")
  func resuming() throws {
    let whole = CheckpointFixture()
    try whole.train(100)
    let first = CheckpointFixture()
    try first.train(50)
    try saver.save(first.session, to: folder.path, step: 50)
    let second = CheckpointFixture()
    try second.session.run(second.graph.variablesInitializer)
    try saver.restore(second.session, from: folder.path)
    try second.more(50)
    #expect(StateValues(second.session) == StateValues(whole.session))
    let (a, b) = (try second.session.run(second.draw), try whole.session.run(whole.draw))
    #expect(a == b)
  }

  @Test("going back in the same session takes back draws, also of streams that are new since")
  func goingBack() throws {
    let fixture = CheckpointFixture()
    let other = fixture.graph.randomUniform([3])
    try fixture.train(2)
    try saver.save(fixture.session, to: folder.path, step: 2)
    let first = try fixture.session.run(fixture.draw, other)
    let second = try fixture.session.run(fixture.draw, other)
    #expect(second.0 != first.0)
    #expect(second.1 != first.1)
    try saver.restore(fixture.session, from: folder.path)
    let again = try fixture.session.run(fixture.draw, other)
    #expect(again.0 == first.0)
    #expect(again.1 == first.1)
  }

  @Test func valuesOfTheUser() throws {
    struct Place: Codable, Equatable {
      var epoch: Int
      var name: String
    }
    let fixture = CheckpointFixture()
    try fixture.train(1)
    let place = Place(epoch: 3, name: "a/b \"c\"")
    let path = try saver.save(
      fixture.session, to: folder.path, step: 1,
      values: ["place": place, "rate": 0.25, "state": [NDArray([1, 2] as [Float])]])
    let checkpoint = try Checkpoint(path: path)
    #expect(try checkpoint.value(for: "place") == place)
    #expect(try checkpoint.value(Double.self, for: "rate") == 0.25)
    #expect(try checkpoint.value([NDArray].self, for: "state") == [NDArray([1, 2] as [Float])])
    #expect(
      throws: CheckpointError.missingValue(
        path: path, name: "data", known: ["place", "rate", "state"])
    ) { try checkpoint.value(Int.self, for: "data") }
    #expect(
      throws: CheckpointError.invalidMetadata(
        path: path, name: "place", reason: "it is not a Int")
    ) { try checkpoint.value(Int.self, for: "place") }
  }

  @Test func theFileIsTheSameEachTime() throws {
    var files: [[UInt8]] = []
    for _ in 0..<2 {
      let fixture = CheckpointFixture()
      try fixture.train(2)
      try saver.save(
        fixture.session, to: folder.path, step: 2, values: ["b": 1, "a": ["x": 1, "y": 2, "z": 3]])
      files.append(try folder.bytes("checkpoint-2.safetensors"))
    }
    #expect(files[0] == files[1])
  }

  @Test func variablesWithoutValuesAreNotSaved() throws {
    let graph = Graph()
    let v = graph.variable(.zeros, [2], name: "v")
    _ = graph.variable(.zeros, [2], name: "w")
    let session = Session(graph)
    try session.run(graph.initializer(of: [v]))
    #expect(throws: SessionError.uninitializedVariables(names: ["w"])) {
      try saver.save(session, to: folder.path, step: 0)
    }
    #expect(try folder.names.isEmpty)
  }

  // MARK: Which checkpoints there are

  @Test func theLastFiveAreKept() throws {
    let fixture = CheckpointFixture()
    try fixture.train(0)
    try folder.write([1], "checkpoint-2.safetensors.bak")
    try folder.write([1], "checkpoint-02.safetensors")
    for step in [1, 5, 9, 10, 20, 100, 1000] {
      try saver.save(fixture.session, to: folder.path, step: step)
    }
    #expect(
      try folder.names == [
        "checkpoint-02.safetensors", "checkpoint-10.safetensors", "checkpoint-100.safetensors",
        "checkpoint-1000.safetensors", "checkpoint-2.safetensors.bak", "checkpoint-20.safetensors",
        "checkpoint-9.safetensors",
      ])
    #expect(try Checkpoint.latest(in: folder.path)?.step == 1000)
    // One that was just saved is never removed.
    try Saver(keep: 1).save(fixture.session, to: folder.path, step: 7)
    #expect(try folder.names.filter { $0.hasSuffix("7.safetensors") }.count == 1)
    #expect(try folder.names.count == 3)
  }

  @Test func allAreKeptOnDemand() throws {
    let fixture = CheckpointFixture()
    try fixture.train(0)
    for step in 0..<7 {
      try Saver(keep: nil).save(fixture.session, to: folder.path + "/a/b", step: step)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/a/b").count == 7)
  }

  @Test func aFolderWithoutCheckpoints() throws {
    #expect(try Checkpoint.latest(in: folder.path) == nil)
    #expect(try Checkpoint.latest(in: folder.path + "/none") == nil)
    let error = #expect(throws: CheckpointError.self) {
      try saver.restore(CheckpointFixture().session, from: folder.path)
    }
    #expect(
      error?.description == """
        '\(folder.path)' has no file checkpoint-<step>.safetensors; save one there, or give \
        another folder
        """)
  }

  @Test func theNewestBeingDamagedIsToldWithTheNewestWholeOne() throws {
    let fixture = CheckpointFixture()
    try fixture.train(1)
    for step in [10, 20, 30, 40] { try saver.save(fixture.session, to: folder.path, step: step) }
    for step in [30, 40] {
      let name = "checkpoint-\(step).safetensors"
      try folder.write(Array(folder.bytes(name).dropLast(10)), name)
    }
    let before = StateValues(fixture.session)
    let error = #expect(throws: CheckpointError.self) {
      try saver.restore(fixture.session, from: folder.path)
    }
    let size = try folder.bytes("checkpoint-40.safetensors").count
    let text = try #require(error?.description)
    #expect(
      text.hasPrefix(
        """
        the newest checkpoint is damaged: \(folder.path)/checkpoint-40.safetensors: byte \(size): \
        the file ends inside the data of 'net/
        """), "\(text)")
    #expect(
      text.hasSuffix(
        """
        The newest whole one is \(folder.path)/checkpoint-20.safetensors: restore that one, or \
        remove the damaged one
        """), "\(text)")
    #expect(StateValues(fixture.session) == before)
    try saver.restore(
      fixture.session, from: Checkpoint(path: folder.path + "/checkpoint-20.safetensors"))
    for step in [10, 20] { try folder.write([], "checkpoint-\(step).safetensors") }
    let none = #expect(throws: CheckpointError.self) { try Checkpoint.latest(in: folder.path) }
    #expect(none?.description.hasSuffix("No other one of its folder is whole") == true)
  }

  // MARK: Where nothing can be written

  @Test func aFolderThatCannotBeMade() throws {
    try folder.write([], "file")
    let fixture = CheckpointFixture()
    try fixture.train(0)
    let error = #expect(throws: FileWriteError.self) {
      try saver.save(fixture.session, to: folder.path + "/file/sub", step: 0)
    }
    #expect(
      error?.description
        == "cannot write '\(folder.path)/file/sub': there is no such folder, and none can be made")
    #expect(throws: FileReadError(path: folder.path + "/file", reason: "it is not a folder")) {
      try Checkpoint.latest(in: folder.path + "/file")
    }
    #expect(try folder.names == ["file"])
  }

  @Test("a disk that is full leaves the checkpoints that are there")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try CheckpointFolder()
      let graph = Graph()
      let v = graph.variable(.zeros, [1 << 18], name: "v")
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      try Saver().save(session, to: folder.path, step: 1)
      // Files may have 100 kB from here on, which looks like a disk that is full.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      try session.assign(v, .ones(.float32, [1 << 18]))
      let error = #expect(throws: FileWriteError.self) {
        try Saver().save(session, to: folder.path, step: 2)
      }
      #expect(
        error?.description
          == "cannot write '\(folder.path)/checkpoint-2.safetensors': File too large")
      #expect(try folder.names == ["checkpoint-1.safetensors"])
      try Saver().restore(session, from: folder.path)
      #expect(try session.value(of: v) == .zeros(.float32, [1 << 18]))
    }
  }

  @Test("a checkpoint is of one moment, though others train meanwhile")
  func savingWhileTraining() async throws {
    let graph = Graph()
    let one = graph.constant(.ones(.int64, [2000]))
    let updates = (0..<4).map {
      graph.variable(.zeros, [2000], dtype: .int64, name: "v\($0)").assignAdd(one)
    }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let path = folder.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for _ in 0..<300 { try session.run(updates) } }
      for step in 0..<20 {
        let saved = try Saver().save(session, to: path, step: step)
        let values = try SafeTensors(contentsOf: saved).tensors.map(\.value)
        #expect(Set(values).count == 1, "step \(step)")
      }
      try await group.waitForAll()
    }
  }
}
