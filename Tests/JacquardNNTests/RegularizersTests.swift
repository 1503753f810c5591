import Jacquard
import JacquardArrays
import JacquardNN
import Testing

@Suite struct RegularizersTests {
  private func loss(_ regularizer: @escaping @Sendable (Tensor) -> Tensor) throws -> (
    value: Double, gradient: [Double]
  ) {
    let graph = Graph()
    let w = graph.variableScope("layer", regularizer: regularizer) {
      graph.getVariable(
        "w", [3], dtype: .float64, initializer: .constant(NDArray([1.0, -2.0, 3.0])))
    }
    #expect(graph.regularizationLosses.count == 1)
    let loss = graph.regularizationLosses[0]
    let gradient = graph.gradient(of: loss, withRespectTo: w)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let (value, slope) = try session.run(loss, gradient)
    return (value.doubleValue, slope.doubles())
  }

  @Test func l2() throws {
    let (value, gradient) = try loss(Regularizers.l2(0.5))
    #expect(value == 0.5 * 14 / 2)
    #expect(gradient == [0.5, -1, 1.5])
  }

  @Test func l1() throws {
    let (value, gradient) = try loss(Regularizers.l1(0.5))
    #expect(value == 3)
    #expect(gradient == [0.5, -0.5, 0.5])
  }

  @Test func sum() throws {
    let (value, gradient) = try loss(Regularizers.sum([Regularizers.l1(1), Regularizers.l2(2)]))
    #expect(value == 6 + 14)
    #expect(gradient == [3, -5, 7])
  }

  @Test("the weights of a cell in a loop are penalised once each, outside the loop")
  func cellInLoop() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2, 3, 4], name: "x")
    graph.variableScope("model", regularizer: Regularizers.l2(0.1)) {
      _ = dynamicRNN(BasicLSTMCell(units: 2), x)
    }
    try graph.validate()
    #expect(graph.regularizationLosses.count == 2)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let losses = try session.run(graph.regularizationLosses)
    #expect(losses[0].doubleValue > 0)
    #expect(losses[1].doubleValue == 0)
  }
}
