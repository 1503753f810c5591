import JacquardArrays

@testable import Jacquard

/// A recurrent network of 28 steps with its training step; each thread may take rows of its loops.
struct ProfilingFixture {
  static let steps = 28
  static let rows = 24
  static let units = 16

  let graph = Graph(seed: 5)
  let x: Tensor
  let loss: Tensor
  let train: Jacquard.Operation
  let feeds: Feeds

  init() {
    let graph = graph
    let (steps, rows, units) = (Self.steps, Self.rows, Self.units)
    x = graph.placeholder(.float32, [rows, steps, units], name: "x")
    let kernel = graph.variable(.glorotUniform, [units, units], name: "kernel")
    let start = graph.constant(NDArray.zeros(.float32, [rows, units]), name: "start")
    let last = graph.scan(x, initial: start, axis: 1, name: "rnn") { h, x in
      let h = tanh(matmul(h, kernel) + x)
      return (h, h)
    }.state
    loss = graph.scope("loss") { square(last).sum() }
    let slope = graph.gradient(of: loss, withRespectTo: kernel)
    train = graph.scope("descent") {
      graph.group([kernel.assignSubtract(slope * 0.001)], name: "step")
    }
    let elements = (0..<rows * steps * units).map { Float($0 % 17 - 8) / 16 }
    feeds = [x: NDArray(elements, shape: [rows, steps, units])]
  }

  func session(threads: Int = 2, isProfiling: Bool = false) throws -> Session {
    var options = SessionOptions(threads: threads, isProfiling: isProfiling)
    // Small as it is, threads share the loop.
    options.leastRowOperations = 0
    let session = Session(graph, options: options)
    try session.run(graph.variablesInitializer)
    return session
  }
}
