import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardNN

/// The fourth article: one step of three cells on top of each other.
@main
struct MultiCellStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "multi-cell-step",
    abstract: "Builds one step of LSTM cells of 100, 400 and 300 units, and runs it.")

  @OptionGroup var options: ExampleOptions

  func run() throws {
    let graph = Graph(seed: options.seed)
    let batchSize = 10
    let depth = 128
    let numUnits = [100, 400, 300]

    let cells = numUnits.map { BasicLSTMCell(units: $0) }
    print(cells)
    // An array of cells is a cell; MultiRNNCell(a, b) stacks cells of different kinds.
    let mulCells = cells

    func previousState(_ units: Int) -> LSTMState<Tensor> {
      LSTMState(
        c: graph.randomNormal([batchSize, units]), h: graph.randomNormal([batchSize, units]))
    }
    let previousState0 = previousState(100)
    let previousState1 = previousState(400)
    let previousState2 = previousState(300)

    let inputs = graph.variable(.normal(), [batchSize, depth], name: "inputs")

    let (outputs, states) = mulCells(inputs, [previousState0, previousState1, previousState2])

    print(outputs)  // of the last cell alone; dynamicRNN adds an axis of steps
    print(states)  // of every cell: [(c, h), (c, h), (c, h)]

    // The article ends here, with the graph. The same in numbers:
    let session = try options.session(
      graph, results: [outputs, states], title: "multi-cell-step")
    try session.run(graph.variablesInitializer)
    let (output, state) = try session.run(outputs, states)
    print(output)
    for (c, h) in state.map({ ($0.c, $0.h) }) { print("c:", c.shape, "h:", h.shape) }
  }
}
