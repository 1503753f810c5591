import Jacquard

/// A cell with a highway around it (Srivastava, Greff and Schmidhuber 2015, "Highway Networks", arXiv 1505.00387): a gate says how much
/// of the inputs is carried past the cell.
///
/// ```
/// carry = σ(inputs · carry_w + carry_b)
/// transform = 1 - carry, or if not coupled σ(inputs · transform_w + transform_b)
/// output' = inputs ∘ carry + output ∘ transform
/// ```
///
/// As `tf.contrib.rnn.HighwayWrapper`: it opens no variable scope, and its variables, made after the cell's, are `carry_w`,
/// `[inputs, inputs]`, and `carry_b`, `[inputs]`, which starts at `carryBias`; if not coupled also `transform_w` and `transform_b`, which
/// starts at `-carryBias`.
public final class HighwayWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell
  /// Whether what is not carried is transformed; otherwise a gate of its own says how much is.
  public let isCoupled: Bool
  /// What the bias of the carry gate starts at: above 0, a new wrapper carries more than it transforms.
  public let carryBias: Double

  private let weights = CellWeights<Weights>()

  private struct Weights: CellVariables {
    let carry: KernelAndBias
    let transform: KernelAndBias?
    var kernel: Variable { carry.kernel }
  }

  /// A cell with a gated way around it.
  ///
  /// - Parameters:
  ///   - cell: the cell inside, with an output as wide as its inputs.
  ///   - isCoupled: whether what is not carried is transformed.
  ///   - carryBias: what the bias of the carry gate starts at.
  public init(_ cell: Cell, isCoupled: Bool = true, carryBias: Double = 1) {
    self.cell = cell
    self.isCoupled = isCoupled
    self.carryBias = carryBias
  }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell and the way around it.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, outputSize]`, floating-point.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    let (output, next) = cell(inputs, state)
    guard let weights = weights(for: inputs, output) else {
      return (inputs.graph.invalid(output.type), next)
    }
    let carry = sigmoid(weights.carry(inputs))
    let transform = weights.transform.map { sigmoid($0(inputs)) } ?? 1 - carry
    return (inputs * carry + output * transform, next)
  }

  private func weights(for inputs: Tensor, _ output: Tensor) -> Weights? {
    if inputs.isInvalid || output.isInvalid { return nil }
    guard inputs.shape.isCompatible(with: output.shape) else {
      inputs.graph.diagnose(
        "the inputs are \(inputs.type), the output of the cell is \(output.type)",
        remedy: "make a cell with an output as wide as its inputs", op: "HighwayWrapper",
        operands: [inputs, output])
      return nil
    }
    return weights.variables(for: CellOperands(cell: "HighwayWrapper", inputs: inputs)) {
      variable in
      func gate(_ name: String, bias: Double) -> KernelAndBias {
        let size = variable.inputSize
        return KernelAndBias(
          kernel: variable("\(name)_w", [size, size]),
          bias: variable("\(name)_b", [size], .constant(bias)))
      }
      return Weights(
        carry: gate("carry", bias: carryBias),
        transform: isCoupled ? nil : gate("transform", bias: -carryBias))
    }
  }
}
