import Jacquard
import JacquardArrays

/// A cell with dropout of its inputs, its outputs and its state: elements become 0 at random, the others grow such that the mean stays.
///
/// ```swift
/// let keep = graph.placeholder(.float32, [], name: "keep")  // 1 for tests
/// let cell = DropoutWrapper(LSTMCell(units: 128), outputKeepProbability: keep)
/// ```
///
/// What is dropped is drawn anew for each run, row and step; if `variational`, once a run for all rows and steps, in all places where the
/// wrapper is used in a graph. Dropout of the state is applied to the state a step returns, and leaves the c of an
/// ``LSTMState`` alone. The wrapper opens no variable scope: the cell's variables are named as without it.
public final class DropoutWrapper<Cell: RNNCell>: RNNCell {
  /// The cell inside.
  public let cell: Cell
  /// Whether the same elements are dropped in all rows and steps of a run.
  public let variational: Bool

  private let inputKeep: any KeepProbability
  private let outputKeep: any KeepProbability
  private let stateKeep: any KeepProbability
  private let seed: UInt64?
  private let noise = PerGraph<Noise>()

  /// The numbers that decide for all rows and steps of a run, each with one row.
  private struct Noise: Sendable {
    var input: Tensor?
    var output: Tensor?
    var state: [Tensor?]
  }

  /// A cell with dropout; a probability of 1 keeps everything.
  ///
  /// - Parameters:
  ///   - cell: the cell inside.
  ///   - inputKeepProbability: how likely an element of the inputs is kept: a number or a scalar tensor.
  ///   - outputKeepProbability: how likely an element of the output is kept.
  ///   - stateKeepProbability: how likely an element of the next state is kept.
  ///   - variational: whether the same elements are dropped in all rows and steps of a run.
  ///   - seed: used in place of the graph's seed.
  public init(
    _ cell: Cell, inputKeepProbability: any KeepProbability = 1.0,
    outputKeepProbability: any KeepProbability = 1.0,
    stateKeepProbability: any KeepProbability = 1.0, variational: Bool = false,
    seed: UInt64? = nil
  ) {
    self.cell = cell
    self.variational = variational
    inputKeep = inputKeepProbability
    outputKeep = outputKeepProbability
    stateKeep = stateKeepProbability
    self.seed = seed
  }

  /// The number of elements of the cell's output.
  public var outputSize: Int { cell.outputSize }

  /// The sizes of the cell's state.
  public var stateSize: Cell.StateSize { cell.stateSize }

  /// A state of the cell.
  public func makeState(_ part: (_ rowShape: [Int]) -> Tensor) -> Cell.State {
    cell.makeState(part)
  }

  /// Builds one step of the cell, with dropout before and after it.
  ///
  /// - Parameters:
  ///   - inputs: `[batch, …]`.
  ///   - state: the state of the cell.
  public func step(_ inputs: Tensor, _ state: Cell.State) -> (output: Tensor, state: Cell.State) {
    let noise = variational ? sharedNoise(for: inputs, state) : nil
    let dropped = inputKeep.dropout(
      inputs, noise: noise?.input, seed: seed, name: "input_dropout")
    let (output, next) = cell(dropped, state)
    var parts = next.tensors
    if stateKeep.canDrop {
      for (index, isDropped) in dropFlags(of: next).enumerated() where isDropped {
        parts[index] = stateKeep.dropout(
          parts[index], noise: noise?.state[index], seed: seed, name: "state_dropout")
      }
    }
    let kept = outputKeep.dropout(
      output, noise: noise?.output, seed: seed, name: "output_dropout")
    return (kept, next.rebuilt(from: parts))
  }

  /// Made outside any loop, so that it is drawn once a run.
  private func sharedNoise(for inputs: Tensor, _ state: Cell.State) -> Noise? {
    guard !inputs.isInvalid, let sizes = inputs.shape.dimensions?.dropFirst() else { return nil }
    let graph = inputs.graph
    guard sizes.allSatisfy({ $0 != nil }) || !inputKeep.canDrop else {
      graph.diagnose(
        "the size of the inputs, \(inputs.type), is not known",
        remedy: "declare it; variational dropout draws one row of that size",
        op: "DropoutWrapper", operands: [inputs])
      return nil
    }
    return noise.value(in: graph) {
      graph.atRoot {
        graph.scope("variational_dropout") {
          func row(_ keep: any KeepProbability, _ dtype: DType, _ size: [Int]) -> Tensor? {
            guard keep.canDrop else { return nil }
            return graph.randomUniform([1] + size, dtype: dtype, seed: seed)
          }
          let stateDType = state.tensors.first?.dtype ?? inputs.dtype
          return Noise(
            input: row(inputKeep, inputs.dtype, sizes.map { $0 ?? 0 }),
            output: row(outputKeep, stateDType, [outputSize]),
            state: cell.stateTypes(rows: 1, dtype: stateDType).map {
              row(stateKeep, stateDType, Array(($0.shape.known ?? []).dropFirst()))
            })
        }
      }
    }
  }
}
