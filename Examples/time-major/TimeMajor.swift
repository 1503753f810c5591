import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardNN

/// The fourth article: several steps in one run, with time as the first axis.
@main
struct TimeMajor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "time-major",
    abstract: "Runs an LSTM over three steps of four rows, [time, batch, depth].")

  @OptionGroup var options: ExampleOptions

  func run() throws {
    let outputSize = 5  // neurons of the output
    let batchSize = 4  // the length of an input x
    let timeStep = 3
    let dim = 3  // the width of an input x
    let graph = Graph(seed: options.seed)
    let cell = LSTMCell(units: outputSize)
    let inputs = graph.placeholder(.float32, [timeStep, batchSize, dim], name: "inputs")
    // The initial state takes the batch size alone; the number of units is the cell's
    let h0 = cell.zeroState(batchSize: batchSize, in: graph)
    let X = [
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x1
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x2
      [[1, 2, 1], [2, 0, 0], [2, 1, 0], [1, 1, 0]],  // x3
    ]
    let (outputs, finalState) = dynamicRNN(cell, inputs, initialState: h0, timeMajor: true)

    let sess = try options.session(graph, results: [outputs, finalState], title: "time-major")
    try sess.run(graph.variablesInitializer)
    let (rnnOutput, rnnFinalState) = try sess.run(outputs, finalState, feeding: [inputs: X])
    print(rnnOutput)  // [timeStep, batch, outputSize], as the inputs are [timeStep, batch, dim]
    print(rnnFinalState)  // h is the last of the outputs
  }
}
