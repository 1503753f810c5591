import JacquardArrays

/// Several elementwise operations in one: what the compiler makes of chains of them; never part of a graph.
///
/// Operands may be parts of larger arrays, results may be joined in one; each is described in the shape that all lanes have.
struct FusedElementwise: Op {
  static let name = "Fused"

  var program: TileProgram
  /// The shape of what is computed.
  var shape: [Int]
  /// Where the elements of each operand of the program lie, in the node's operand of the same index.
  var inputs: [TileOperand]
  /// Where each result of the program lies in the node's results.
  var outputs: [TileResult]
  var results: [TensorType]

  func resultTypes(_ operands: TypeRuleInput) -> [TensorType] { results }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    try ElementwiseKernel(
      name: kernelName, program: program, shape: shape, operands: inputs, results: outputs)
  }

  func aliasing(_ context: LoweringContext) -> Aliasing {
    guard let first = outputs.firstIndex(where: { $0.buffer == 0 }),
      outputs.count(where: { $0.buffer == 0 }) == 1, first == 0,
      results[0].shape.known == shape
    else { return .none }
    let size = results[0].dtype.byteCount
    return .inPlace(
      operands: inputs.indices.filter {
        inputs[$0].offset == 0 && inputs[$0].dtype.byteCount == size
          && inputs[$0].isDense(in: shape) && context.shape($0) == shape
      })
  }

  /// The instructions, as a plan shows them: `Fused: sigmoid ×3, tanh ×2, mul ×3, add`.
  private var kernelName: String {
    var counts: [(name: String, count: Int)] = []
    for step in program.steps {
      if let known = counts.firstIndex(where: { $0.name == step.instruction.name }) {
        counts[known].count += 1
      } else {
        counts.append((step.instruction.name, 1))
      }
    }
    let words = counts.map { $0.count == 1 ? $0.name : "\($0.name) ×\($0.count)" }
    return "\(Self.name): " + words.joined(separator: ", ")
  }

  var attributeDescription: String { kernelName }
}

extension FusedElementwise: Codable {
  struct NotPartOfGraphs: Error {}

  init(from decoder: any Decoder) throws { throw NotPartOfGraphs() }
  func encode(to encoder: any Encoder) throws { throw NotPartOfGraphs() }
}
