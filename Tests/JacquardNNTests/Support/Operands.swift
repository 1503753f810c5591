import Jacquard
import JacquardArrays
import JacquardNN

/// Numbers in −1…1 that look random and follow from `seed`.
func noise(_ shape: [Int], seed: Int, _ dtype: DType = .float64) -> NDArray {
  let count = shape.reduce(1, *)
  let values = (0..<count).map { index in
    let x = Double(index + 1) * 12.9898 + Double(seed) * 78.233
    let fraction = (x * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
    return 2 * fraction - 1
  }
  return NDArray(values, shape: shape).converted(to: dtype)
}

/// An initializer with the values of ``noise(_:seed:_:)``.
func noiseInitializer(seed: Int) -> Initializer {
  Initializer { graph, shape, dtype in graph.constant(noise(shape, seed: seed, dtype)) }
}

/// The sum of all elements of `tensors`, each weighted with noise, as a target to differentiate.
func weightedSum(_ tensors: [Tensor], seed: Int = 100) -> Tensor {
  let terms = tensors.enumerated().map { index, tensor in
    (tensor * weights(like: tensor, seed: seed + index)).sum()
  }
  return terms.dropFirst().reduce(terms[0], +)
}

private func weights(like tensor: Tensor, seed: Int) -> Tensor {
  tensor.graph.constant(noise(tensor.shape.known!, seed: seed, tensor.dtype))
}

/// A cell as a user would write it, with public API alone: h' = sin(x·A + h·B) + h ∘ cos(x·C).
///
/// The Jacobians of its steps do not commute, so a wrong order of steps shows.
final class SineCell: RNNCell {
  let units: Int
  private let weights = PerGraph<[Variable]>()

  init(units: Int) { self.units = units }

  var outputSize: Int { units }
  var stateSize: Int { units }

  func makeState(_ part: ([Int]) -> Tensor) -> Tensor { part([units]) }

  func step(_ inputs: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let graph = inputs.graph
    return graph.variableScope("sine_cell") {
      let depth = inputs.shape[1] ?? 0
      let weights = weights.value(in: graph) {
        [
          graph.getVariable("a", [depth, units], dtype: inputs.dtype),
          graph.getVariable("b", [units, units], dtype: inputs.dtype),
          graph.getVariable("c", [depth, units], dtype: inputs.dtype),
        ]
      }
      let next =
        sin(matmul(inputs, weights[0]) + matmul(state, weights[1]))
        + state * cos(matmul(inputs, weights[2]))
      return (next * 2, next)
    }
  }
}
