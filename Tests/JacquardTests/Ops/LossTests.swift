import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct LossTests {
  @Test func aLabelOutOfRangeFailsTheRunAndNamesItsRow() throws {
    let graph = Graph()
    let logits = graph.placeholder(.float32, [nil, 3])
    let labels = graph.placeholder(.int32, [nil])
    let loss = sparseSoftmaxCrossEntropy(logits: logits, labels: labels)
    let gradient = graph.gradient(of: loss, withRespectTo: logits)
    let session = Session(graph)
    let feeds: Feeds = [
      logits: NDArray.zeros(.float32, [4, 3]), labels: NDArray([0, 2, 3, -1] as [Int32]),
    ]
    for fetch in [loss, gradient] {
      let error = #expect(throws: SessionError.self) { try session.run(fetch, feeding: feeds) }
      guard case .runFailure(_, _, _, let message) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(message == "the index 3 is outside 0..<3 at element 2")
    }
  }

  @Test func badOperandsAreDiagnosed() {
    let graph = Graph()
    let logits = graph.placeholder(.float32, [nil, 3])
    let classes = graph.placeholder(.int32, [nil])
    _ = softmaxCrossEntropy(logits: logits, labels: classes)
    _ = sparseSoftmaxCrossEntropy(logits: logits, labels: logits)
    _ = sparseSoftmaxCrossEntropy(logits: logits, labels: graph.placeholder(.int32, [nil, 3]))
    _ = softmaxCrossEntropy(logits: logits, labels: graph.placeholder(.float32, [nil, 4]))
    _ = softmax(classes)
    _ = logSoftmax(logits, axis: 2)
    _ = softmax(graph.scalar(1, .float32))
    #expect(graph.diagnostics.count == 7)
    #expect(graph.diagnostics[0].remedy?.contains("sparseSoftmaxCrossEntropy") == true)
  }

  @Test func gradientsReachDependentLabels() throws {
    let graph = Graph()
    let x = graph.placeholder(.float64, [1, 2])
    let loss = softmaxCrossEntropy(logits: x, labels: softmax(x))
    let fixed = softmaxCrossEntropy(logits: x, labels: stopGradient(softmax(x)))
    let gradients = graph.gradients(of: [loss], withRespectTo: [x])
    let none = graph.gradients(of: [fixed], withRespectTo: [x])
    let feeds: Feeds = [x: NDArray([[0, 1]] as [[Double]])]
    let (entropy, zero) = try Session(graph).run(gradients[0]!, none[0]!, feeding: feeds)
    // The gradient of the entropy H(p): −p · (log p + H).
    #expect(entropy.isClose(to: NDArray([[0.1966119332, -0.1966119332]] as [[Double]])))
    #expect(zero.isClose(to: NDArray.zeros(.float64, [1, 2])))
  }
}
