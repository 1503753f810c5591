import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardNN

/// The fourth article: several steps and several layers together make a deep LSTM.
@main
struct DeepLSTM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deep-lstm",
    abstract: "Runs two LSTM cells, one on the other, over three steps of four rows.")

  @OptionGroup var options: ExampleOptions

  func run() throws {
    let outputSize = 5  // neurons of the output
    let batchSize = 4  // the length of an input x
    let timeStep = 3
    let dim = 3  // the width of an input x
    let graph = Graph(seed: options.seed)
    let cell = LSTMCell(units: outputSize)

    // *** A further cell, and MultiRNNCell to join the two
    let cell2 = LSTMCell(units: outputSize)
    let twoCell = MultiRNNCell(cell, cell2)

    let inputs = graph.placeholder(.float32, [timeStep, batchSize, dim], name: "inputs")
    let h0 = cell.zeroState(batchSize: batchSize, in: graph)

    // *** An initial state for each layer; the inputs stay as they were, since those of the second are the outputs of the first
    let h1 = cell.zeroState(batchSize: batchSize, in: graph)
    let twoH = States(h0, h1)

    let X = [
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x1
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x2
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x3
    ]
    let (outputs, finalState) = dynamicRNN(twoCell, inputs, initialState: twoH, timeMajor: true)

    let sess = try options.session(graph, results: [outputs, finalState], title: "deep-lstm")
    try sess.run(graph.variablesInitializer)
    let (rnnOutput, rnnFinalState) = try sess.run(outputs, finalState, feeding: [inputs: X])
    print(rnnOutput)  // [timeStep, batch, outputSize], as the inputs are [timeStep, batch, dim]
    print(rnnFinalState)  // of each layer c and h; h of the second is the last of the outputs
  }
}
