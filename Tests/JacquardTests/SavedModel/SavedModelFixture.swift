import Foundation
import Jacquard
import TemporaryFolders
import Testing

/// A small network that learns, draws random numbers, and has been trained for two steps.
struct SavedModelFixture {
  let graph: Graph
  let session: Session
  let images: Tensor
  let labels: Tensor
  let scores: Tensor
  let loss: Tensor
  let train: Jacquard.Operation
  let kernel: Variable
  let velocity: Variable

  init() throws {
    let graph = Graph(seed: 5)
    let images = graph.placeholder(.float32, [nil, 3], name: "x")
    let labels = graph.placeholder(.float32, [nil, 2], name: "y")
    let kernel = graph.variable(.glorotUniform, [3, 2], name: "kernel")
    let velocity = graph.variable(.zeros, [3, 2], name: "velocity", trainable: false)
    let scores = matmul(images, kernel)
    let noise = graph.randomNormal(like: scores, standardDeviation: 0.1, name: "noise")
    let loss = square(scores + noise - labels).mean()
    let slope = graph.gradient(of: loss, withRespectTo: kernel)
    let step = velocity * 0.5 + slope
    (self.graph, self.images, self.labels, self.scores, self.loss) = (
      graph, images, labels, scores, loss
    )
    (self.kernel, self.velocity) = (kernel, velocity)
    train = graph.group([velocity.assign(step), kernel.assignSubtract(step * 0.1)], name: "train")
    session = Session(graph)
    try session.run(graph.variablesInitializer)
    for _ in 0..<2 { try session.run(train, feeding: feeds) }
  }

  static let x = NDArray([[1, 2, 3], [-1, 0, 2]] as [[Float]])
  static let y = NDArray([[1, 0], [0, 1]] as [[Float]])

  var feeds: Feeds { [images: Self.x, labels: Self.y] }

  var signature: ModelSignature {
    ModelSignature(
      inputs: ["images": images, "labels": labels], outputs: ["scores": scores, "loss": loss],
      training: ["train": train])
  }

  /// Saves the model, and returns the file.
  func save(pruned: Bool = false, metadata: [String: String] = [:]) throws -> String {
    let path = try Self.path()
    try SavedModel.save(session, signature, to: path, pruned: pruned, metadata: metadata)
    return path
  }

  /// A file in a fresh temporary folder.
  static func path(_ name: String = "model.safetensors") throws -> String {
    try temporaryFolder().appendingPathComponent(name).path
  }
}
