import Jacquard
import JacquardArrays

/// A table of vectors, one for each of `inputCount` numbers.
///
/// Weights: `embedding/embeddings`, `[inputCount, outputSize]`.
public final class Embedding: Layer {
  /// Its name and weights.
  public let weights: LayerWeights
  /// How many numbers have a vector: `0..<inputCount`.
  public let inputCount: Int
  /// The length of the vectors.
  public let outputSize: Int
  /// The element type of the vectors.
  public let dtype: DType

  private let initializer: Initializer

  /// A table of vectors.
  ///
  /// - Parameters:
  ///   - inputCount: how many numbers have a vector.
  ///   - outputSize: the length of the vectors.
  ///   - initializer: of the table.
  ///   - dtype: the element type of the vectors.
  ///   - name: the name of its scope.
  public init(
    _ inputCount: Int, _ outputSize: Int, initializer: Initializer = .uniform(),
    dtype: DType = .float32, name: String = "embedding"
  ) {
    self.inputCount = inputCount
    self.outputSize = outputSize
    self.initializer = initializer
    self.dtype = dtype
    weights = LayerWeights(name: name)
  }

  /// False.
  public var usesTraining: Bool { false }

  /// From numbers, int32 or int64 `[batch, …]`, to `[batch, …, outputSize]`. A number outside `0..<inputCount` fails the run.
  public func apply(to x: Tensor, training: Bool) -> Tensor {
    let operands = LayerOperands(self, x)
    guard !x.isInvalid else { return operands.invalid() }
    guard x.dtype == .int32 || x.dtype == .int64 else {
      operands.reject(
        "the inputs are \(x.type), where int32 or int64 numbers are meant",
        remedy: "give a model inputDType: .int32, or cast the inputs")
      return operands.invalid()
    }
    guard operands.hasPositive(inputCount, "inputs"), operands.hasPositive(outputSize, "outputs")
    else { return operands.invalid() }
    let table = weights.weight(
      "embeddings", [inputCount, outputSize], dtype: dtype, initializer: initializer, in: x.graph)
    return table.gathered(at: x)
  }
}
