import ArgumentParser
import ExampleSupport
import Jacquard
import JacquardNN

/// The second listing of the first article: what goes into `dynamicRNN`, and what comes out.
@main
struct DynamicRNNShapes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dynamic-rnn-shapes",
    abstract: "Prints the shapes of the outputs and of the state of an LSTM.")

  @OptionGroup var options: ExampleOptions

  func run() throws {
    let graph = Graph(seed: options.seed)
    let inputs = graph.placeholder(.float32, [32, 40, 5], name: "inputs")  // 32: the batch size

    let lstmCell1 = BasicLSTMCell(units: 128)
    print("output_size:", lstmCell1.outputSize)
    print("state_size:", lstmCell1.stateSize)

    let (output, state) = dynamicRNN(lstmCell1, inputs, dtype: .float32)

    print("output.shape:", output.shape)
    print("len of state tuple", state.tensors.count)
    print("state.h.shape:", state.h.shape)
    print("state.c.shape:", state.c.shape)

    // The article runs nothing; here the graph is checked, and drawn if asked for.
    _ = try options.session(graph, results: [output, state], title: "dynamic-rnn-shapes")
  }
}
