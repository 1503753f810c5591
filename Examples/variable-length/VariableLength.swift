import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardArrays
import JacquardNN

/// The first listing of the second article, section 6.1: rows of different lengths in one batch.
@main
struct VariableLength: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "variable-length",
    abstract: "Runs an LSTM and a GRU over rows of 4 and of 1 steps.")

  @OptionGroup var options: ExampleOptions

  func run() throws {
    let graph = Graph(seed: options.seed)

    // Normally distributed input data: a batch of 2, 4 steps, 5 numbers each
    var random = PhiloxGenerator(seed: options.seed)
    var rows = (0..<2).map { _ in (0..<4).map { _ in (0..<5).map { _ in random.nextNormal() } } }
    // The second row has one step
    for step in 1..<4 { rows[1][step] = [0, 0, 0, 0, 0] }
    let X = NDArray(rows)
    let seqLengths = NDArray([4, 1])
    print("X:", X, separator: "\n")

    // An LSTM and a GRU, to compare their states; 3 is the number of hidden units
    let cell = BasicLSTMCell(units: 3)
    let gru = GRUCell(units: 3)

    let (x, lengths) = (graph.constant(X), graph.constant(seqLengths))
    let (outputs, lastStates) = dynamicRNN(cell, x, sequenceLength: lengths, dtype: .float64)
    let (gruOutputs, gruLastStates) = dynamicRNN(gru, x, sequenceLength: lengths, dtype: .float64)

    let session = try options.session(
      graph, results: [outputs, lastStates, gruOutputs, gruLastStates], title: "variable-length")
    try session.run(graph.variablesInitializer)

    let (result, sta, gruOut, gruSta) = try session.run(
      outputs, lastStates, gruOutputs, gruLastStates)

    print("full sequence:", result[0], separator: "\n")
    print("short sequence:", result[1], separator: "\n")

    // The state of the LSTM is c and h; h is the output of the last valid step
    print("LSTM state:", lastStates.tensors.count)
    print(sta.h)

    print("GRU full sequence:", gruOut[0], separator: "\n")
    print("GRU short sequence:", gruOut[1], separator: "\n")
    // The state of the GRU is its last valid output, for each of the two rows
    print("GRU state:", gruSta.shape[0])
    print(gruSta[1])
  }
}
