import Jacquard
import JacquardArrays

/// A small recurrent network with its training step: scopes, variables, a loop, gradients and assignments.
struct RecurrentFixture {
  let graph = Graph(seed: 3)
  let x: Tensor
  let kernel: Variable
  let loss: Tensor
  let train: Operation

  init() {
    let graph = graph
    let x = graph.placeholder(.float32, [nil, 5, 3], name: "x")
    let kernel = graph.variable(.glorotUniform, [7, 4], name: "cell/kernel")
    self.x = x
    self.kernel = kernel
    let start = graph.constant(NDArray.zeros(.float32, [2, 4]), name: "start")
    let last = graph.scope("rnn") {
      graph.scan(x, initial: start, axis: 1, reversed: true, name: "while") { h, x in
        let h = graph.scope("cell") { tanh(matmul(concatenate([x, h], axis: 1), kernel)) }
        return (h, h * 2)
      }.state
    }
    let loss = graph.scope("loss") { square(last).sum() }
    let slope = graph.gradient(of: loss, withRespectTo: kernel)
    self.loss = loss
    train = graph.scope("descent") {
      graph.group([kernel.assignSubtract(slope * 0.125)], name: "step")
    }
  }
}
