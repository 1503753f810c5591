import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct TensorArrayTests {
  let graph = Graph()

  @Test func `what is written is read, and what is not is zeros`() throws {
    let x = graph.placeholder(.float64, [2, 3])
    let empty = TensorArray(size: 4, elementShape: [3], dtype: .float64, in: graph)
    let array = empty.write(2, x[0]).write(0, x[1])
    #expect(array.elementShape == [3])
    #expect(array.stack().shape == [4, 3])
    let (whole, third, second, picked, size, joined, before) = try Session(graph).run(
      array.stack(), array.read(2), array.read(1),
      array.gather(graph.constant(NDArray([2, 3, 2] as [Int32]))), array.size(),
      array.concatenated(), empty.stack(), feeding: [x: [[1.0, 2, 3], [4, 5, 6]]])
    #expect(whole.doubles() == [4, 5, 6, 0, 0, 0, 1, 2, 3, 0, 0, 0])
    #expect(third.doubles() == [1, 2, 3])
    #expect(second.doubles() == [0, 0, 0])
    #expect(picked.doubles() == [1, 2, 3, 0, 0, 0, 1, 2, 3])
    #expect(size.doubles() == [4])
    #expect(joined.shape == [12] && joined.doubles() == whole.doubles())
    #expect(before.doubles().allSatisfy { $0 == 0 })
  }

  @Test func `sizes and shapes may be open`() throws {
    let x = graph.placeholder(.float32, [nil, nil, 2])
    let count = graph.placeholder(.int32, [])
    let rows = TensorArray(unstacking: x)
    let arrays = [
      TensorArray(sizeOf: x, axis: 1, elementShape: [2]), TensorArray(like: x),
      TensorArray(size: count, elementShape: [2, 1]),
      TensorArray(sizeOf: x, elementShape: [], dtype: .float64).unstack(
        x.cast(to: .float64).sum(along: [1, 2])),
      TensorArray(like: x).scatter(
        graph.constant(NDArray([1, 0] as [Int64])), x),
    ].map { $0.stack() }
    try graph.validate()
    #expect(rows.elementShape == [nil, 2])
    let values = try Session(graph).run(
      arrays + [rows.concatenated(), rows.size()],
      feeding: [x: NDArray.sample(.float32, [2, 3, 2]), count: 5])
    #expect(
      values.map(\.shape) == [[3, 2], [2, 3, 2], [5, 2, 1], [2], [2, 3, 2], [6, 2], []])
    #expect(values[5].doubles() == NDArray.sample(.float32, [2, 3, 2]).doubles())
    #expect(values[4][0] == NDArray.sample(.float32, [2, 3, 2])[1])
    #expect(values[3].doubles().contains { $0 != 0 })
  }

  @Test(
    "a loop that writes is a scan, gradients and gradients of gradients too", arguments: [0, 1, 6])
  func scan(steps: Int) throws {
    let x = graph.placeholder(.float64, [steps, 3], name: "x")
    let start = graph.placeholder(.float64, [3], name: "start")
    func next(_ h: Tensor, _ x: Tensor) -> Tensor { sin(h * x) + h }
    let scanned = graph.scan(x, initial: start) { h, row in
      let h = next(h, row)
      return (h, h * row)
    }
    let input = TensorArray(unstacking: x)
    let zero = graph.scalar(0, .int64)
    let looped = graph.whileLoop(zero, start, TensorArray(like: x)) { i, _, _ in
      i .< graph.scalar(Double(steps), .int64)
    } do: { i, h, outputs in
      let row = input.read(i)
      let h = next(h, row)
      return (i + 1, h, outputs.write(i, h * row))
    }
    try graph.validate()
    let pairs = [(scanned.outputs, scanned.state), (looped.2.stack(), looped.1)]
    let results = pairs.map { outputs, state -> [Tensor] in
      let first = graph.gradients(
        of: [outputs, square(state)], withRespectTo: [x, start], unconnected: .zeros
      ).compactMap(\.self)
      let second = graph.gradients(
        of: first.map { sin($0) }, withRespectTo: [x, start], unconnected: .zeros
      ).compactMap(\.self)
      return [outputs, state] + first + second
    }
    let (a, b) = try Session(graph).run(
      results[0], results[1],
      feeding: [
        x: NDArray.sample(.float64, [steps, 3]), start: NDArray.sample(.float64, [3], seed: 4),
      ])
    #expect(a.count == 6 && b.count == 6)
    for (a, b) in zip(a, b) {
      let mismatch = b.firstMismatch(with: a, relative: 1e-11, absolute: 1e-11, scale: .overall)
      #expect(mismatch == nil)
    }
  }

  /// TensorFlow's testWhileAndTensorArray: three reads of what an earlier iteration wrote.
  @Test func `a loop reads what it wrote, and gradients find their way back`() throws {
    let x = graph.placeholder(.float64, [2])
    let start = TensorArray(size: 5, elementShape: [2], dtype: .float64, in: graph).write(0, x)
    let one = graph.scalar(1, .int64)
    let (_, array) = graph.whileLoop(one, start) { i, _ in
      i .< graph.scalar(5, .int64)
    } do: { i, array in
      (i + 1, array.write(i, array.read(i - 1) * array.read(0)))
    }
    // Element k is x to the power k + 1: the sum of (k + 1) · x to the power k.
    let gradient = graph.gradient(of: array.stack().sum(), withRespectTo: x)
    let (values, slopes) = try Session(graph).run(
      array.stack(), gradient, feeding: [x: [2.0, -1.0]])
    #expect(values.doubles() == [2, -1, 4, 1, 8, -1, 16, 1, 32, -1])
    #expect(slopes.doubles() == [129, 3])
  }

  @Test(
    "a loop puts its rows where they belong, whether or not it reads others before",
    arguments: [false, true])
  func inPlace(reads: Bool) throws {
    let x = graph.placeholder(.float32, [64])
    let array = TensorArray(size: 100, elementShape: [64], in: graph).write(0, x)
    func row(_ i: Tensor, _ array: TensorArray) -> Tensor {
      if reads { return array.read(i - 1) + x }
      return x * (i + 1).cast(to: .float32)
    }
    let one = graph.scalar(1, .int64)
    let filled = graph.whileLoop(one, array) { i, _ in
      i .< graph.scalar(100, .int64)
    } do: { i, array in
      (i + 1, array.write(i, row(i, array)))
    }.1
    let session = Session(graph)
    let feeds: Feeds = [x: NDArray.ones(.float32, [64])]
    let text = try session.explain(filled.stack(), feeding: feeds)
    let body = text.split(separator: "\n").drop { !$0.contains("body") }
    let writes = body.filter { $0.contains("TensorArray") }
    #expect(writes.count == 2, "\(text)")
    let inPlace = writes.filter { $0.contains("in place") }
    #expect(inPlace.count == 2, "\(text)")
    let values: NDArray = try session.run(filled.stack(), feeding: feeds)
    let expected = NDArray.reference(.float32, [100, 64]) { Double($0[0]) + 1 }
    #expect(values == expected)
  }

  // MARK: - Failures

  @Test func `a second write fails the run and names the index and the line`() throws {
    let i = graph.placeholder(.int32, [])
    let x = graph.placeholder(.float32, [])
    let once = TensorArray(size: 3, elementShape: [], in: graph).write(1, x)
    let (twice, line) = located(once.write(i, x))
    let session = Session(graph)
    let good: NDArray = try session.run(twice.stack(), feeding: [i: 2, x: 7])
    #expect(good.doubles() == [0, 7, 7])
    try expectFailure(
      "the index 1 of the tensor array has been written before", "TensorArrayTests.swift:\(line)"
    ) { try session.run(twice.stack(), feeding: [i: 1, x: 7]) }
    for index in [3, -1] {
      try expectFailure(
        "the index \(index) is outside 0..<3", "TensorArrayTests.swift:\(line)"
      ) { try session.run(twice.read(0), feeding: [i: NDArray(Int32(index)), x: 7]) }
    }
    let indices = graph.constant(NDArray([0, 0] as [Int32]))
    let both = TensorArray(size: 3, elementShape: [], in: graph).scatter(indices, stack([x, x]))
    try expectFailure("the index 0 of the tensor array") {
      try session.run(both.stack(), feeding: [x: 7])
    }
    try expectFailure("the index 1 of the tensor array") {
      try session.run(
        TensorArray(unstacking: stack([x, x])).write(1, x).stack(), feeding: [x: 7])
    }
  }

  @Test func `inside a loop the iteration is named`() throws {
    let x = graph.placeholder(.float32, [])
    let array = TensorArray(size: 3, elementShape: [], in: graph)
    var line: UInt = 0
    let (_, filled) = graph.whileLoop(graph.scalar(0, .int64), array) { i, _ in
      i .< graph.scalar(5, .int64)
    } do: { i, array in
      let (next, place) = located(array.write(i, x))
      line = place
      return (i + 1, next)
    }
    try expectFailure(
      "the index 3 is outside 0..<3", "in iteration 3", "TensorArrayTests.swift:\(line)"
    ) { try Session(graph).run(filled.stack(), feeding: [x: 7]) }
  }

  private func expectFailure(_ words: String..., run: () throws -> NDArray) throws {
    let error = #expect(throws: SessionError.self) { _ = try run() }
    let description = error?.description ?? ""
    for word in words { #expect(description.contains(word), "\(description)") }
  }
}

extension Mistake {
  static let tensorArrays: [Mistake] = [
    Mistake("tensor array of a negative size", "-1 elements", "0 or more") { graph in
      line(of: TensorArray(size: -1, elementShape: [], in: graph))
    },
    Mistake("tensor array, dtype", "float64", "holds float32", ".cast(to: .float32)") { graph in
      let x = graph.placeholder(.float64, [2])
      let array = TensorArray(size: 3, elementShape: [2], in: graph)
      return line(of: array.write(0, x))
    },
    Mistake("tensor array, shape", "[3]", "[2]", "write a tensor of shape [2]") { graph in
      let x = graph.placeholder(.float32, [3])
      let array = TensorArray(size: 3, elementShape: [2], in: graph)
      return line(of: array.write(0, x))
    },
    Mistake("tensor array, index dtype", "the indices are float32", ".int64") { graph in
      let x = graph.placeholder(.float32, [])
      let array = TensorArray(size: 3, elementShape: [], in: graph)
      return line(of: array.write(x, x))
    },
    Mistake("tensor array, several indices", "int32[2], not a scalar", "scatter") { graph in
      let i = graph.placeholder(.int32, [2])
      let array = TensorArray(size: 3, elementShape: [], in: graph)
      return line(of: array.write(i, i))
    },
    Mistake("tensor array of scalars, joined", "no axis to be joined along", "stack()") { graph in
      let array = TensorArray(size: 3, elementShape: [], in: graph)
      return line(of: array.concatenated())
    },
    Mistake("tensor array, marks", "not a vector of bools", "[size]") { graph in
      let marks = graph.placeholder(.float32, [2])
      let i = graph.placeholder(.int32, [])
      return lineBelow(
        of: graph.insert(TensorArrayMark(), marks, i, file: #fileID, line: #line))
    },
    Mistake("tensor array, elements", "without an axis that counts them", "[size") { graph in
      let x = graph.placeholder(.float32, [])
      let marks = graph.placeholder(.bool, [2])
      let i = graph.placeholder(.int32, [])
      return lineBelow(
        of: graph.insert(TensorArrayWrite(), x, marks, i, x, file: #fileID, line: #line))
    },
    Mistake("unfold, no window", "parallelIterations is 0", "at least 1") { graph in
      let x = graph.placeholder(.float32, [])
      return lineBelow(
        of: graph.unfold(x, maximumSteps: 2, parallelIterations: 0) {
          $0 .< 3
        } step: {
          ($0, $0)
        })
    },
    Mistake("unfold, number of results", "returns 2 tensors", "1 are carried") { graph in
      let x = [graph.placeholder(.float32, [])]
      return lineBelow(
        of: graph.unfold(x, maximumSteps: 2) {
          $0[0] .< 3
        } step: {
          ([$0[0], $0[0]], $0)
        })
    },
  ]
}
