import Foundation
import Testing

/// A model that one program has trained and saved, and another uses that knows the file only.
@Suite("ship-a-model and use-a-model", .serialized)
struct ShipAModelTests {
  private static let nowhere = ["--data", "/nonexistent/MNIST-data"]

  private static func run(_ name: String, _ arguments: String...) throws -> ExampleRun {
    let run = try ExampleRun(name, arguments + nowhere)
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  @Test("the other program reads as well as the first, and goes on where it stopped")
  func shipping() throws {
    let path = try temporaryPath("digits.safetensors")
    let shipped = try Self.run("ship-a-model", "--steps", "3", "--output", path)
    let accuracy = shipped.lines.first { $0.hasPrefix("test accuracy: ") }
    #expect(accuracy != nil)
    #expect(shipped.lines.last == "saved \(path)")

    let table = try Self.run("use-a-model", "inspect", path)
    #expect(
      table.lines.prefix(8) == [
        "model '\(path)'", "inputs", "  images  float32[?, 28, 28]", "  labels  float32[?, 10]",
        "outputs", "  probabilities  float32[?, 10]  from images",
        "  loss           float32[]       from images, labels",
        "  accuracy       float32[]       from images, labels",
      ], "\(table.output)")

    let predicted = try Self.run("use-a-model", "predict", path)
    #expect(predicted.lines.last == accuracy)
    #expect(predicted.lines.count { $0.wholeMatch(of: /read \d, is \d/) != nil } == 5)

    let further = try temporaryPath("further.safetensors")
    let trained = try Self.run("use-a-model", "train", path, "--steps", "21", "--output", further)
    let losses = trained.lines.compactMap {
      $0.hasPrefix("loss: ") ? Double($0.dropFirst(6)) : nil
    }
    #expect(losses.count == 2 && losses[1] < losses[0], "\(trained.output)")
    let better = try Self.run("use-a-model", "predict", further)
    #expect(better.lines.last == trained.lines.first { $0.hasPrefix("test accuracy: ") })
    #expect(better.lines.last != accuracy)
  }

  @Test("a pruned model predicts the same, and says that it cannot be trained")
  func pruned() throws {
    let path = try temporaryPath("small.safetensors")
    let shipped = try Self.run("ship-a-model", "--steps", "2", "--pruned", "--output", path)
    let predicted = try Self.run("use-a-model", "predict", path)
    #expect(predicted.lines.last == shipped.lines.first { $0.hasPrefix("test accuracy: ") })
    let trained = try ExampleRun("use-a-model", ["train", path, "--steps", "1"] + Self.nowhere)
    #expect(trained.status != 0)
    #expect(trained.errors.contains("the model has no output 'loss'"), "\(trained.errors)")
  }

  @Test("a file that is not there, or no model, is told")
  func files() throws {
    let missing = try ExampleRun("use-a-model", ["inspect", "/nonexistent/model.safetensors"])
    #expect(missing.status != 0)
    #expect(missing.errors.contains("/nonexistent/model.safetensors"), "\(missing.errors)")
    let path = try temporaryPath("text.safetensors")
    try "this is not a model, but a text".write(toFile: path, atomically: true, encoding: .utf8)
    let text = try ExampleRun("use-a-model", ["inspect", path])
    #expect(text.status != 0)
    #expect(text.errors.contains(path), "\(text.errors)")
  }
}
