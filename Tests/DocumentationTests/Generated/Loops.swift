// swift-format-ignore-file
// The code of Sources/Jacquard/Jacquard.docc/Loops.md; bash Scripts/documentation-code.sh writes this file.
import Jacquard
import JacquardArrays
import JacquardData
import JacquardNN
import JacquardSummaries
import Testing

func loops_whileLoop() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [], name: "x")
  let (_, power) = graph.whileLoop(graph.constant(0), x) { i, _ in
    i .< 3
  } do: { i, value in
    (i + 1, value * value)
  }
  let session = Session(graph)
  print(try session.run(power, feeding: [x: 2]))                    // 256.0

  #expect(try session.run(power, feeding: [x: 2]) == NDArray(Float(256)))
  _ = graph
  _ = x
  _ = power
  _ = session
}

func loops_scan() throws {
  let graph = Graph()
  let amounts = graph.placeholder(.float32, [nil, 2], name: "amounts")     // [days, accounts]
  let start = graph.zeros(.float32, [2])
  let (balance, daily) = graph.scan(amounts, initial: start) { balance, amount in
    let next = balance * 1.5 + amount
    return (next, next)
  }
  let session = Session(graph)
  let (last, all) = try session.run(balance, daily, feeding: [amounts: [[2, 4], [1, 0], [0, 0]]])
  print(last)                                                              // [6. 9.]
  print(all.shape)                                                         // [3, 2]

  #expect(last == [6.0, 9.0])
  #expect(all.shape == [3, 2])
  #expect("\(last)" == "[6. 9.]")
  _ = graph
  _ = amounts
  _ = start
  _ = balance
  _ = daily
  _ = session
  _ = last
  _ = all
}

func loops_branch() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [], name: "x")
  let y = graph.conditional(x .> 0) { x * 2 } else: { -x }
  let session = Session(graph)
  print(try session.run(y, feeding: [x: 3]), try session.run(y, feeding: [x: -3]))   // 6.0 3.0

  #expect(try session.run(y, feeding: [x: -3]) == NDArray(Float(3)))
  _ = graph
  _ = x
  _ = y
  _ = session
}

func loops_tensorArray() throws {
  let graph = Graph()
  let squares = TensorArray(size: 4, elementShape: [], in: graph)
  let (_, filled) = graph.whileLoop(graph.constant(0), squares) { i, _ in
    i .< 4
  } do: { i, squares in
    (i + 1, squares.write(i, square(i.cast(to: .float32))))
  }
  print(try Session(graph).run(filled.stack()))                            // [0. 1. 4. 9.]

  #expect(try Session(graph).run(filled.stack()) == [0.0, 1.0, 4.0, 9.0])
  _ = graph
  _ = squares
  _ = filled
}

func loops_gradients() throws {
  let graph = Graph()
  let x = graph.placeholder(.float32, [], name: "x")
  let (_, cube) = graph.whileLoop(graph.constant(0), graph.constant(1, dtype: .float32)) { i, _ in
    i .< 3
  } do: { i, value in
    (i + 1, value * x)
  }
  let slope = graph.gradients(of: [cube], withRespectTo: [x])[0]!
  let curvature = graph.gradients(of: [slope], withRespectTo: [x])[0]!
  let session = Session(graph)
  print(try session.run(slope, feeding: [x: 2]))                           // 12.0, 3x²
  print(try session.run(curvature, feeding: [x: 2]))                       // 12.0, 6x

  #expect(try session.run(slope, feeding: [x: 2]) == NDArray(Float(12)))
  #expect(try session.run(curvature, feeding: [x: 2]) == NDArray(Float(12)))
  _ = graph
  _ = x
  _ = cube
  _ = slope
  _ = curvature
  _ = session
}

func loops_open() throws {
  let graph = Graph()
  let limit = graph.placeholder(.float32, [], name: "limit")
  let powers = graph.unfold(graph.constant(1, dtype: .float32), maximumSteps: 5) { value in
    value .< limit
  } step: { value in
    (value * 2, value)
  }
  let session = Session(graph)
  let (values, count) = try session.run(powers.outputs, powers.count, feeding: [limit: 6])
  print(values, count)                                                     // [1. 2. 4. 0. 0.] 3

  #expect(values == [1.0, 2.0, 4.0, 0.0, 0.0])
  #expect(count == NDArray(Int64(3)))
  _ = graph
  _ = limit
  _ = powers
  _ = session
  _ = values
  _ = count
}

let loops_runs: [(name: String, run: @Sendable () throws -> Void)] = [("loops_whileLoop", loops_whileLoop), ("loops_scan", loops_scan), ("loops_branch", loops_branch), ("loops_tensorArray", loops_tensorArray), ("loops_gradients", loops_gradients), ("loops_open", loops_open)]
