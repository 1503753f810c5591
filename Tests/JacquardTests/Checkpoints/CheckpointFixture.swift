import Foundation
import Jacquard
import JacquardArrays

/// A graph of variables of all types, a draw, and a step that changes everything.
struct CheckpointFixture {
  let graph: Graph
  let session: Session
  let step: [Jacquard.Operation]
  let draw: Tensor

  init(seed: UInt64 = 3) {
    graph = Graph(seed: seed)
    var step: [Jacquard.Operation] = []
    for dtype in DType.allCases {
      let v = graph.variable(.zeros, [2, 3], dtype: dtype, name: "net/\(dtype)")
      step.append(
        dtype == .bool ? v.assign(.!v) : v.assignAdd(graph.constant(.ones(dtype, [2, 3]))))
    }
    let kernel = graph.variable(.glorotUniform, [4, 2], name: "net/kernel")
    draw = graph.randomNormal([4, 2])
    step.append(kernel.assignAdd(draw))
    self.step = step
    session = Session(graph)
  }

  /// Gives initial values, and takes steps.
  func train(_ count: Int) throws {
    try session.run(graph.variablesInitializer)
    try more(count)
  }

  func more(_ count: Int) throws {
    for _ in 0..<count { try session.run(step) }
  }
}

/// What two states have to agree in.
struct StateValues: Equatable {
  let variables: [String: NDArray]
  let drawCounts: [UInt64: Int64]

  init(_ session: Session) {
    let state = session.state
    variables = Dictionary(uniqueKeysWithValues: state.variables.map { ($0.name, $0.value) })
    // A stream that has not been drawn from may be known or not.
    drawCounts = Dictionary(
      uniqueKeysWithValues: state.drawCounts.filter { $0.count != 0 }.map { ($0.key, $0.count) })
  }
}

/// A fresh folder that is removed with this object.
final class CheckpointFolder {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("Checkpoints-\(UUID().uuidString)")
  var path: String { url.path }

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: url.appendingPathComponent(name)))
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: url.appendingPathComponent(name))
  }
}
