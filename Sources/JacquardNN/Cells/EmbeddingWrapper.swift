import Jacquard
import JacquardArrays

/// A cell whose inputs are ids: it sees the rows of a table at them, which is trained.
///
/// ```swift
/// let cell = EmbeddingWrapper(GRUCell(units: 64), classes: 10_000, size: 32)
/// let ids = graph.placeholder(.int32, [nil, nil, 1], name: "ids")
/// let (outputs, state) = dynamicRNN(cell, ids, dtype: .float32)
/// ```
///
/// Inside `dynamicRNN` it is cheaper to look whole sequences up before: `table.gathered(at: ids)`. An id outside `0..<classes` fails the
/// run. As `tf.contrib.rnn.EmbeddingWrapper`. Variable: `embedding_wrapper/embedding`, `[classes, size]`, of the element type of the
/// state; the cell's are in the same variable scope.
public final class EmbeddingWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell
  /// The number of ids.
  public let classes: Int
  /// The number of elements that stand for an id: the inputs of the cell.
  public let size: Int
  /// The name of the variable scope around the table and the cell's weights.
  public let name: String

  private let initializer: Initializer?
  private let table = PerGraph<Variable>()

  /// Of variance 1, as TensorFlow's.
  private static var unitUniform: Initializer {
    .uniform(from: -3.0.squareRoot(), to: 3.0.squareRoot())
  }

  /// A cell behind a table.
  ///
  /// - Parameters:
  ///   - cell: the cell inside.
  ///   - classes: the number of ids.
  ///   - size: the number of elements that stand for an id.
  ///   - initializer: of the table; by default that of the variable scope, or else uniform over ±√3, which has variance 1.
  ///   - name: the name of the variable scope around the table and the cell's weights.
  public init(
    _ cell: Cell, classes: Int, size: Int, initializer: Initializer? = nil,
    name: String = "embedding_wrapper"
  ) {
    self.cell = cell
    self.classes = classes
    self.size = size
    self.initializer = initializer
    self.name = name
  }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell on what stands for the ids.
  ///
  /// - Parameters:
  ///   - inputs: ids, int32 or int64, `[batch]` or `[batch, 1]`.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    let graph = inputs.graph
    return graph.variableScope(name) {
      guard let table = table(for: inputs, state) else {
        let dtype = state.tensors.first { $0.dtype.isFloatingPoint }?.dtype ?? .float32
        return (
          graph.invalid(TensorType(dtype, [inputs.shape[0], outputSize])),
          cell.invalidState(in: graph, dtype: dtype)
        )
      }
      return cell(table.gathered(at: inputs.reshaped(to: [-1])), state)
    }
  }

  private func table(for ids: Tensor, _ state: Cell.State) -> Variable? {
    if ids.isInvalid || state.tensors.contains(where: \.isInvalid) { return nil }
    let graph = ids.graph
    func reject(_ message: String, remedy: String) -> Variable? {
      graph.diagnose(
        message, remedy: remedy, op: "EmbeddingWrapper", operands: [ids] + state.tensors)
      return nil
    }
    guard ids.dtype == .int32 || ids.dtype == .int64 else {
      return reject(
        "the inputs are \(ids.type), not ids", remedy: "give whole numbers, int32 or int64")
    }
    guard ids.rank == 1 || (ids.rank == 2 && ids.shape[1] == 1) else {
      return reject(
        "the ids of one step are \(ids.type), not one for each row",
        remedy: "give [batch] or [batch, 1]; dynamicRNN takes [batch, steps, 1]")
    }
    guard classes > 0, size > 0 else {
      return reject(
        "the table has \(classes) classes of size \(size)", remedy: "give 1 or more of both")
    }
    guard let dtype = state.tensors.first(where: { $0.dtype.isFloatingPoint })?.dtype else {
      return reject(
        "the element type of the table follows from the state, which has no floating-point part",
        remedy: "give a cell with a floating-point state")
    }
    return table.value(in: graph) {
      graph.getVariable(
        "embedding", [classes, size], dtype: dtype,
        initializer: initializer ?? graph.scopeInitializer ?? Self.unitUniform)
    }
  }
}
