import JacquardArrays
import Testing

@testable import Jacquard

/// A recurrence whose Jacobians do not commute, as a loop and unrolled by hand.
struct Recurrence: Sendable, CustomTestStringConvertible {
  var steps: Int
  var batch: Int
  var units: Int
  var reversed: Bool
  var batchMajor: Bool
  var parallelIterations: Int

  var testDescription: String {
    "\(steps) steps of [\(batch), \(units)]\(reversed ? ", reversed" : "")\(batchMajor ? ", batch-major" : ""), window \(parallelIterations)"
  }

  static let all: [Recurrence] = [
    (0, 2, 3), (1, 1, 1), (1, 0, 2), (2, 3, 1), (5, 2, 3), (7, 1, 4), (33, 2, 2),
  ].flatMap { steps, batch, units in
    [(false, false, 32), (true, false, 32), (false, true, 1), (true, true, 4)].map {
      Recurrence(
        steps: steps, batch: batch, units: units, reversed: $0, batchMajor: $1,
        parallelIterations: $2)
    }
  }

  struct Inputs {
    var x: Tensor
    var h: Tensor
    var w: Tensor
    var u: Tensor
    var all: [Tensor] { [x, h, w, u] }
  }

  var shapes: [[Int]] {
    let x = batchMajor ? [batch, steps, units] : [steps, batch, units]
    return [x, [batch, units], [units, units], [units, units]]
  }

  func inputs(_ graph: Graph) -> Inputs {
    let tensors = shapes.map { graph.placeholder(.float64, PartialShape(known: $0)) }
    return Inputs(x: tensors[0], h: tensors[1], w: tensors[2], u: tensors[3])
  }

  func feeds(_ inputs: Inputs) -> Feeds {
    var feeds = Feeds()
    for (index, (tensor, shape)) in zip(inputs.all, shapes).enumerated() {
      let sample = NDArray.sample(.float64, shape, seed: 3 + index)
      let scaled = NDArray(sample.doubles().map { 0.4 * $0 }, shape: shape)
      feeds = feeds.feed(tensor, scaled)
    }
    return feeds
  }

  private func step(_ h: Tensor, _ x: Tensor, _ inputs: Inputs) -> (Tensor, Tensor) {
    let next = tanh(matmul(x, inputs.w) + matmul(h, inputs.u)) * 0.9 + h * 0.1
    return (next, next * next + x)
  }

  func looped(_ graph: Graph, _ inputs: Inputs) -> [Tensor] {
    let (state, outputs) = graph.scan(
      inputs.x, initial: inputs.h, axis: batchMajor ? 1 : 0, reversed: reversed,
      parallelIterations: parallelIterations
    ) { step($0, $1, inputs) }
    return [state, outputs]
  }

  func unrolled(_ graph: Graph, _ inputs: Inputs) -> [Tensor] {
    let axis = batchMajor ? 1 : 0
    let slices = steps == 0 ? [] : inputs.x.unstacked(count: steps, axis: axis)
    var outputs = [Tensor?](repeating: nil, count: steps)
    var h = inputs.h
    for index in reversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
      let (next, output) = step(h, slices[index], inputs)
      h = next
      outputs[index] = output
    }
    let stacked =
      steps == 0 ? zeros(like: inputs.x) : stack(outputs.compactMap(\.self), axis: axis)
    return [h, stacked]
  }
}

@Suite("Properties of loops")
struct LoopPropertyTests {
  private func total(_ outputs: [Tensor]) -> Tensor {
    let parts = outputs.enumerated().map { index, output in
      (sin(output) * Double(index + 1) + output * output).sum()
    }
    return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
  }

  @Test("loop = unrolled: values and all gradients", arguments: Recurrence.all)
  func unrolled(_ recurrence: Recurrence) throws {
    let graph = Graph()
    let inputs = recurrence.inputs(graph)
    let feeds = recurrence.feeds(inputs)
    let session = Session(graph)
    func evaluate(_ outputs: [Tensor]) throws -> [NDArray] {
      let gradients = graph.gradients(
        of: [total(outputs)], withRespectTo: inputs.all, unconnected: .zeros)
      return try session.run(outputs + gradients.compactMap(\.self), feeding: feeds)
    }
    let loop = try evaluate(recurrence.looped(graph, inputs))
    let plain = try evaluate(recurrence.unrolled(graph, inputs))
    #expect(loop.count == 6)
    for (a, b) in zip(loop, plain) {
      #expect(a.firstMismatch(with: b, relative: 1e-11, absolute: 1e-11) == nil)
    }
  }

  @Test(
    "exact passes off = on bit for bit, others to rounding; threads do not matter",
    arguments: Recurrence.all)
  func passes(_ recurrence: Recurrence) throws {
    let graph = Graph()
    let inputs = recurrence.inputs(graph)
    let feeds = recurrence.feeds(inputs)
    let outputs = recurrence.looped(graph, inputs)
    let gradients = graph.gradients(of: [total(outputs)], withRespectTo: inputs.all)
    let fetches = outputs + gradients.compactMap(\.self)
    func results(without disabled: [any Pass], threads: Int) throws -> [NDArray] {
      var options = SessionOptions(
        threads: threads, disabledPasses: Set(disabled.map { type(of: $0).name }))
      options.windowLimits = WindowLimits.none
      return try Session(graph, options: options).run(fetches, feeding: feeds)
    }
    let exact = Compiler.passes.filter { type(of: $0).isExact }
    let reassociating = Compiler.passes.filter { !type(of: $0).isExact }
    let plain = try results(without: exact + reassociating, threads: 1)
    for kept in [[]] + exact.map({ [type(of: $0).name] }) + [exact.map { type(of: $0).name }] {
      let disabled = exact.filter { !kept.contains(type(of: $0).name) } + reassociating
      for threads in [1, 2] {
        let same = try results(without: disabled, threads: threads) == plain
        #expect(same, "with \(kept), \(threads) threads")
      }
    }
    for disabled in [[]] + reassociating.map({ [$0] }) {
      let single = try results(without: disabled, threads: 1)
      let double = try results(without: disabled, threads: 2)
      #expect(single == double)
      for (a, b) in zip(single, plain) {
        #expect(a.firstMismatch(with: b, relative: 1e-9, absolute: 1e-9) == nil)
      }
    }
  }

  @Test("Hessian–vector products through a loop agree with finite differences")
  func hessianVectorProducts() throws {
    let recurrence = Recurrence(
      steps: 3, batch: 2, units: 2, reversed: false, batchMajor: false, parallelIterations: 32)
    let graph = Graph()
    let inputs = recurrence.inputs(graph)
    let loss = total(recurrence.looped(graph, inputs))
    let gradients = graph.gradients(of: [loss], withRespectTo: inputs.all).compactMap(\.self)
    try #require(gradients.count == 4)
    let directions = recurrence.shapes.enumerated().map { index, shape in
      NDArray.sample(.float64, shape, seed: 31 + index)
    }
    let products = graph.gradients(
      of: gradients, withRespectTo: inputs.all,
      gradientsOf: directions.map { graph.constant($0) }
    ).compactMap(\.self)
    try #require(products.count == 4)
    #expect(graph.diagnostics.isEmpty)

    let session = Session(graph)
    let arrays = recurrence.shapes.enumerated().map { index, shape in
      let sample = NDArray.sample(.float64, shape, seed: 3 + index)
      return NDArray(sample.doubles().map { 0.4 * $0 }, shape: shape)
    }
    func gradient(at shift: Double) throws -> [[Double]] {
      var feeds = Feeds()
      for (tensor, (array, direction)) in zip(inputs.all, zip(arrays, directions)) {
        let moved = zip(array.doubles(), direction.doubles()).map { $0 + shift * $1 }
        feeds = feeds.feed(tensor, NDArray(moved, shape: array.shape))
      }
      let values: [NDArray] = try session.run(gradients, feeding: feeds)
      return values.map { $0.doubles() }
    }
    let step = 1e-5
    let (after, before) = (try gradient(at: step), try gradient(at: -step))
    let exact: [NDArray] = try session.run(products, feeding: recurrence.feeds(inputs))
    for index in exact.indices {
      for (element, product) in exact[index].doubles().enumerated() {
        let numeric = (after[index][element] - before[index][element]) / (2 * step)
        #expect(
          abs(product - numeric) <= 1e-6 * max(1, abs(numeric)),
          "input \(index), element \(element): \(product), by differences \(numeric)")
      }
    }
  }

  @Test("a loop's size in the graph and in the plan does not depend on its steps")
  func sizeIsIndependentOfSteps() throws {
    var sizes: Set<[Int]> = []
    for steps in [2, 20, 200] {
      let graph = Graph()
      let recurrence = Recurrence(
        steps: steps, batch: 2, units: 3, reversed: false, batchMajor: false,
        parallelIterations: 32)
      let inputs = recurrence.inputs(graph)
      let loss = total(recurrence.looped(graph, inputs))
      let gradients = graph.gradients(of: [loss], withRespectTo: inputs.all).compactMap(\.self)
      let request = CompileRequest(
        fetches: gradients.map(\.id), targets: [],
        feeds: zip(inputs.all, recurrence.shapes).map {
          .init(value: $0.id, type: TensorType(.float64, PartialShape(known: $1)))
        })
      let compiled = try Compiler.program(for: request, feedValues: { _ in nil }, in: graph)
      let options = PlanOptions(threads: 1, memoryLimit: nil, profile: false)
      let plan = try Plan.compile(compiled.program, options: options)
      sizes.insert([graph.operations.count, plan.stepCount])
    }
    #expect(sizes.count == 1, "\(sizes)")
  }

  @Test(
    "the forward twin of a gradient is merged with its original: one forward loop, one backward loop"
  )
  func twinsAreMerged() throws {
    let graph = Graph()
    let recurrence = Recurrence(
      steps: 4, batch: 2, units: 3, reversed: false, batchMajor: false, parallelIterations: 32)
    let inputs = recurrence.inputs(graph)
    let outputs = recurrence.looped(graph, inputs)
    let gradients = graph.gradients(of: [total(outputs)], withRespectTo: inputs.all)
    let request = CompileRequest(
      fetches: (outputs + gradients.compactMap(\.self)).map(\.id), targets: [],
      feeds: zip(inputs.all, recurrence.shapes).map {
        .init(value: $0.id, type: TensorType(.float64, PartialShape(known: $1)))
      })
    func loopCount(_ disabled: Set<String>) throws -> Int {
      let compiled = try Compiler.program(
        for: request, feedValues: { _ in nil }, in: graph, disabledPasses: disabled)
      return compiled.program.root.nodes.count { $0.op is While }
    }
    #expect(try loopCount([]) == 2)
    #expect(try loopCount([MergeLoops.name]) == 3)
  }

  @Test("effects in a body happen once per iteration, gradient or not")
  func effectsHappenOnce() throws {
    let graph = Graph()
    let count = graph.variable(NDArray(Int64(0)), name: "count", trainable: false)
    let x = graph.placeholder(.float64, [])
    let y = graph.whileLoop(x, maximumIterations: 5) {
      $0 .< 1000
    } do: { x in
      _ = count.assignAdd(graph.constant(NDArray(Int64(1))))
      return x * x
    }
    let gradient = graph.gradient(of: y, withRespectTo: x)
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let feeds: Feeds = [x: 2.0]
    let (value, slope) = try session.run(y, gradient, feeding: feeds)
    #expect(value.doubleValue == 65536)
    #expect(slope.doubleValue == 16 * 32768)
    #expect(try session.value(of: count).intValue == 4)
    _ = try session.run(gradient, feeding: feeds)
    // The gradient needs the loop, so its effects happen, once again.
    #expect(try session.value(of: count).intValue == 8)
  }
}
