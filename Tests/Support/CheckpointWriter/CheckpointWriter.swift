import Foundation
import Jacquard

/// Saves checkpoints to the folder it is given, one after the other, until it is killed; begins with the newest that is there.
///
/// All elements of all variables are the step. Writes a line when it begins.
@main
struct CheckpointWriter {
  static func main() throws {
    let folder = CommandLine.arguments[1]
    let graph = Graph()
    let updates = (0..<8).map { index in
      graph.variable(.zeros, [256, 256], name: "v\(index)")
        .assignAdd(graph.constant(.ones(.float32, [256, 256])))
    }
    let session = Session(graph)
    let saver = Saver(keep: 2)
    var step = 0
    if let checkpoint = try Checkpoint.latest(in: folder) {
      try saver.restore(session, from: checkpoint)
      step = checkpoint.step ?? 0
    } else {
      try session.run(graph.variablesInitializer)
    }
    print("begins at step", step)
    fflush(nil)
    while true {
      try session.run(updates)
      step += 1
      try saver.save(session, to: folder, step: step)
    }
  }
}
