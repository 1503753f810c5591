import Foundation
import JacquardArrays
import Synchronization
import Testing

@testable import Jacquard

@Suite struct EffectTests {
  private func failure(_ body: () throws -> Void) -> String? {
    do { try body() } catch SessionError.runFailure(_, _, _, let message) { return message } catch {
      Issue.record("\(error)")
    }
    return nil
  }

  @Test func checkNumericsNamesTheFirstElement() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [nil])
    let checked = checkNumerics(x, "activations")
    let session = Session(graph)
    var values = [Float](repeating: 1, count: 200_000)
    #expect(try session.run(checked, feeding: [x: NDArray(values)]) == NDArray(values))
    values[150_001] = .nan
    values[150_000] = -.infinity
    let message = failure { try session.run(checked, feeding: [x: NDArray(values)]) }
    #expect(message == "found a NaN or an infinity at element 150000: activations: -inf")
  }

  @Test func aFailedAssertionShowsItsDataAndCommitsNothing() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    let total = graph.variable(.zeros, [2], name: "total")
    let below = assert(x .< 10, "below ten", data: [x, x * 2])
    let step = graph.controlDependencies([below]) { total.assignAdd(x) }
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step, feeding: [x: NDArray([1, 2] as [Float])])
    let message = failure { try session.run(step, feeding: [x: NDArray([1, 20] as [Float])]) }
    #expect(
      message == "the assertion does not hold at element 1: below ten\n[ 1. 20.]\n[ 2. 40.]")
    #expect(try session.run(total) == NDArray([1, 2] as [Float]))
    _ = assert(x, "not bool")
    #expect(graph.diagnostics.count == 1)
  }

  @Test func closuresRunOncePerIteration() throws {
    let calls = Mutex<[Double]>([])
    let graph = Graph()
    let x = graph.placeholder(.float64, [nil])
    let doubled = graph.mapFunction(x) { element in
      graph.call("double", [element], resultType: { $0[0] }) { arrays in
        let value = arrays[0].doubleValue
        calls.withLock { $0.append(value) }
        return NDArray(2 * value)
      }
    }
    let result = try Session(graph).run(doubled, feeding: [x: NDArray([3, 1, 2] as [Double])])
    #expect(result == NDArray([6, 2, 4] as [Double]))
    #expect(calls.withLock { $0 } == [3, 1, 2])
  }

  @Test func closuresThatThrowOrReturnOtherTypesFailTheRun() throws {
    struct Refusal: Error, CustomStringConvertible { let description = "not today" }
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    let type = TensorType(.float32, [2])
    let throwing = graph.call("throwing", [x], resultTypes: [type]) { _ in throw Refusal() }
    let wrong = graph.call("wrong", [x], resultTypes: [type]) { _ in [NDArray(Float(1))] }
    let none = graph.call("none", [x], resultTypes: [type]) { _ in [] }
    let session = Session(graph)
    let feeds: Feeds = [x: NDArray([1, 2] as [Float])]
    #expect(
      failure { try session.run(throwing, feeding: feeds) }
        == "the closure failed: 'throwing': not today")
    #expect(
      failure { try session.run(wrong, feeding: feeds) }
        == "the closure failed: 'wrong': returned float32[] as result 0, but float32[2] was declared"
    )
    #expect(
      failure { try session.run(none, feeding: feeds) }
        == "the closure failed: 'none': returned 0 arrays, but 1 were declared")
  }

  @Test func gradientsThatDoNotExistSayWhy() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [2])
    let called = graph.call("external", [x], resultTypes: [x.type]) { $0 }[0]
    _ = graph.gradient(of: called, withRespectTo: x)
    _ = graph.gradient(of: preventGradient(x, reason: "it is frozen"), withRespectTo: x)
    #expect(graph.diagnostics.first?.message.contains("'external' was given no gradient") == true)
    #expect(graph.diagnostics.contains { $0.message.contains("it is frozen") })
  }

  @Test func aCustomGradientReplacesEvenABrokenPath() throws {
    let graph = Graph()
    let x = graph.placeholder(.float32, [3])
    // A step function goes through bool, where no gradient passes.
    let step = customGradient(x) {
      ($0 .> 0).cast(to: .float32)
    } backward: { x, _, dy in
      dy * (1 - square(tanh(x)))
    }
    let gradient = graph.gradient(of: step, withRespectTo: x)
    let (y, dx) = try Session(graph).run(
      step, gradient, feeding: [x: NDArray([-1, 0, 2] as [Float])])
    #expect(y == NDArray([0, 0, 1] as [Float]))
    #expect(dx.isClose(to: NDArray([0.4199743, 1, 0.0706508] as [Float])))
  }

  @Test func aCustomGradientOfTheWrongKindIsDiagnosed() {
    let graph = Graph()
    let x = graph.placeholder(.float32, [3])
    let few = customGradient([x], forward: { $0 }, backward: { _, _, _ in [] })
    _ = graph.gradients(of: few, withRespectTo: [x])
    let wide = customGradient(x) {
      $0
    } backward: { _, _, dy in
      stack([dy, dy], axis: 0)
    }
    _ = graph.gradients(of: [wide], withRespectTo: [x])
    #expect(graph.diagnostics.count == 2)
    #expect(graph.diagnostics[0].message.contains("0 gradients for 1 operands"))
  }

  @Test func closuresAreNotSaved() throws {
    let op = CustomGradient(operandCount: 1, rule: ClosureBox { _, _, upstream in upstream })
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(op) }
    let box = ClosureBox<CustomGradient.Rule> { _, _, upstream in upstream }
    #expect(op != CustomGradient(operandCount: 1, rule: box))
    #expect(
      CustomGradient(operandCount: 1, rule: box) == CustomGradient(operandCount: 1, rule: box))
  }

  @Test func printsShowTheirMessage() {
    let kernel = PrintKernel(
      message: "h", layout: ArrayLayoutInMemory(TensorType(.float32, [2])))
    NDArray([1, 2.5] as [Float]).withUnsafeBytes {
      #expect(kernel.text($0.baseAddress!) == "h: [1.  2.5]")
    }
  }
}
