import JacquardArrays
import Testing

@testable import Jacquard

/// The tile programs and kernels of elementwise ops, against loops over single elements.
struct ElementwiseKernelTests {
  @Test(arguments: 0..<120)
  func broadcastsLikeANaiveLoop(seed: Int) throws {
    var random = TestRandom(seed: UInt64(seed))
    let shape = randomShape(&random)
    let a = randomArray(broadcastingTo: shape, &random)
    let b = randomArray(broadcastingTo: shape, &random)
    let shapeOfBoth = try #require(ShapeArithmetic.broadcast(a.shape, b.shape))
    let expression = LaneExpression.apply(
      .subtract, .operand(0), .apply(.multiply, .operand(1), .operand(0)))
    let actual = try compute([expression], [a, b], shape: shapeOfBoth)[0]
    let expected = naive([a, b], shape: shapeOfBoth) { $0[0] - $0[1] * $0[0] }
    #expect(actual == expected)
  }

  @Test(arguments: [
    [1], [7], [1024], [1025], [5000], [3, 10], [700, 10], [20, 513], [4, 3000], [4, 5, 6, 7],
  ])
  func everyKindOfRepetition(shape: [Int]) throws {
    var random = TestRandom(seed: 7)
    // Every choice of which dimensions are repeated, for an operand that meets a full one.
    for mask in 0..<(1 << shape.count) {
      let repeated = shape.enumerated().map { mask >> $0 & 1 == 1 ? 1 : $1 }
      let a = randomArray(shape, &random)
      let b = randomArray(repeated, &random)
      for operands in [[a, b], [b, a]] {
        let actual = try compute(
          [.apply(.subtract, .operand(0), .operand(1))], operands, shape: shape)[0]
        let expected = naive(operands, shape: shape) { $0[0] - $0[1] }
        #expect(actual == expected, "repeated \(repeated)")
      }
    }
  }

  @Test(arguments: [[3000], [70, 90], [2, 2000]])
  func resultsMayLieOverOperands(shape: [Int]) throws {
    var random = TestRandom(seed: 1)
    let a = randomArray(shape, &random)
    let b = randomArray(Array(shape.suffix(1)), &random)
    // Step 0 is the first result and reads operand 0, which the second result reads again later.
    let expressions: [LaneExpression] = [
      .apply(.multiply, .operand(0), .operand(1)),
      .apply(.add, .operand(0), .apply(.negate, .operand(1))),
    ]
    let actual = try compute(expressions, [a, b], shape: shape, overwriting: 0)
    #expect(actual[0] == naive([a, b], shape: shape) { $0[0] * $0[1] })
    #expect(actual[1] == naive([a, b], shape: shape) { $0[0] - $0[1] })
  }

  @Test func operandsAndRepeatedStepsMayBeResults() throws {
    var random = TestRandom(seed: 2)
    let a = randomArray([50, 60], &random)
    let b = randomArray([60], &random)
    let sum = LaneExpression.apply(.add, .operand(0), .operand(1))
    for expressions in [
      [sum, .operand(0), sum, .operand(1)], [.operand(1), .operand(0), sum, sum],
    ] {
      let actual = try compute(expressions, [a, b], shape: [50, 60], overwriting: 0)
      for (expression, result) in zip(expressions, actual) {
        let expected = naive([a, b], shape: [50, 60]) { lane in
          switch expression {
          case .operand(let index): lane[index]
          default: lane[0] + lane[1]
          }
        }
        #expect(result == expected)
      }
    }
  }

  @Test func convertsBetweenElementSizes() throws {
    let x = NDArray((0..<2500).map { Float($0 % 300) }, shape: [2500])
    let expression = LaneExpression.apply(
      .select, .apply(.less, .operand(0), .constant(100)),
      .apply(.cast(to: .float64), .operand(0)),
      .apply(.cast(to: .float64), .apply(.cast(to: .uint8), .operand(0))))
    let actual = try compute([expression], [x], shape: [2500], dtypes: [.float64])[0]
    let expected = (0..<2500).map { (index: Int) -> Double in
      let value = index % 300
      return value < 100 ? Double(value) : Double(value % 256)
    }
    #expect(actual == NDArray(expected, shape: [2500]))
  }

  @Test func longChainsTakeNoTemporaries() throws {
    var expression = LaneExpression.operand(0)
    for index in 1...40 {
      expression = .apply(
        .add, .apply(.multiply, expression, .constant(0.5)), .constant(Double(index)))
    }
    let program = try TileProgram(expression, operandDTypes: [.float64])
    #expect(program.steps.count == 80)
    // The operand, 41 constants, the result, and the register that is never there: what passes
    // from step to step takes none.
    #expect(try TileCode(program, mayAlias: [true], isScalar: [false]).registerCount == 44)
    let x = NDArray((0..<1500).map(Double.init), shape: [1500])
    let actual = try compute([expression], [x], shape: [1500])[0]
    let expected = (0..<1500).map { (1...40).reduce(Double($0)) { $0 * 0.5 + Double($1) } }
    #expect(actual == NDArray(expected, shape: [1500]))
  }

  @Test func longProgramsReuseTemporaries() throws {
    var expression = LaneExpression.operand(0)
    for _ in 1...40 { expression = .apply(.sin, .apply(.cast(to: .float64), expression)) }
    let program = try TileProgram(expression, operandDTypes: [.float64])
    let code = try TileCode(program, mayAlias: [true], isScalar: [false])
    #expect(code.lines.count == 80)
    #expect(code.extents == [.tile, .tile, .tile])
  }

  @Test func mergedProgramsShareSteps() throws {
    let square = LaneExpression.apply(.square, .operand(0))
    var program = try TileProgram(
      .apply(.add, square, .operand(1)), operandDTypes: [.float64, .float64])
    let other = try TileProgram(
      .apply(.subtract, square, .operand(1)), operandDTypes: [.float64, .float64])
    program.results += try program.append(other, operands: [.operand(0), program.results[0]])
    // square(a), square(a) + b, square(a) - (square(a) + b)
    #expect(program.steps.count == 3)
    program.results = [program.results[1]]
    #expect(program.withoutUnusedSteps().steps.count == 3)
    program.results = [.step(0)]
    #expect(program.withoutUnusedSteps().steps.map(\.instruction) == [.square])
  }

  @Test func operandsMayBeSlicesOfWiderRows() throws {
    // The third of four gates, as a recurrent cell cuts them from one product.
    for units in [5, 700] {
      let gates = NDArray((0..<(9 * 4 * units)).map(Double.init), shape: [9, 4 * units])
      let program = try TileProgram(.apply(.negate, .operand(0)), operandDTypes: [.float64])
      let kernel = try ElementwiseKernel(
        name: "test", program: program, shape: [9, units],
        operands: [TileOperand(dtype: .float64, strides: [4 * units, 1], offset: 2 * units)])
      let actual = KernelRun(kernel, operands: [gates], results: [(.float64, [9, units])]).results[
        0]
      let expected = (0..<9).flatMap { (row: Int) -> [Double] in
        (0..<units).map { -Double(row * 4 * units + 2 * units + $0) }
      }
      #expect(actual == NDArray(expected, shape: [9, units]))
    }
  }

  @Test(arguments: [1, 5, 16, 700], [3, 9, 300])
  func rowsOfWindowsComeInAnyRanges(units: Int, rows: Int) throws {
    var random = TestRandom(seed: UInt64(units * rows))
    let gates = randomArray([rows, 4 * units], &random)
    let state = randomArray([rows, units], &random)
    let bias = randomArray([units], &random)
    var program = TileProgram(operandDTypes: [.float64, .float64, .float64, .float64])
    let sources = (0..<4).map { TileProgram.Source.operand($0) }
    // Windows 1 and 3 of the gates; the results stand side by side.
    program.results = [
      try program.append(
        .apply(
          .add, .apply(.multiply, .operand(0), .operand(1)),
          .apply(.add, .operand(2), .constant(3))), operands: sources),
      try program.append(.apply(.subtract, .operand(3), .operand(0)), operands: sources),
    ]
    let kernel = try ElementwiseKernel(
      name: "test", program: program, shape: [rows, units],
      operands: [
        TileOperand(dtype: .float64, strides: [4 * units, 1], offset: units),
        TileOperand(dtype: .float64, strides: [units, 1]),
        TileOperand(dtype: .float64, strides: [0, 1]),
        TileOperand(dtype: .float64, strides: [4 * units, 1], offset: 3 * units),
      ],
      results: [
        TileResult(buffer: 0, strides: [2 * units, 1]),
        TileResult(buffer: 0, strides: [2 * units, 1], offset: units),
      ])
    let (g, s, b) = (
      gates.elements(as: Double.self), state.elements(as: Double.self),
      bias.elements(as: Double.self)
    )
    let expected = (0..<rows).flatMap { row -> [Double] in
      let gate = g[(row * 4 * units)..<((row + 1) * 4 * units)].map(\.self)
      return (0..<units).map { gate[units + $0] * s[row * units + $0] + (b[$0] + 3) }
        + (0..<units).map { gate[3 * units + $0] - gate[units + $0] }
    }
    let cut = rows / 3 + 1
    for ranges in [nil, [0..<rows], [cut..<rows, 0..<cut], (0..<rows).map { $0..<$0 + 1 }] {
      let run = KernelRun(
        kernel, operands: [gates, state, bias, gates], results: [(.float64, [rows, 2 * units])],
        rows: ranges)
      #expect(run.results[0] == NDArray(expected, shape: [rows, 2 * units]))
    }
  }

  @Test func transposedOperandsAreGathered() throws {
    let x = NDArray((0..<(37 * 53)).map(Int32.init), shape: [37, 53])
    let program = try TileProgram(
      .apply(.add, .operand(0), .operand(1)), operandDTypes: [.int32, .int32])
    let kernel = try ElementwiseKernel(
      name: "test", program: program, shape: [53, 37],
      operands: [
        TileOperand(dtype: .int32, strides: [1, 53]), TileOperand(dtype: .int32, strides: [0, 0]),
      ])
    let actual = KernelRun(
      kernel, operands: [x, NDArray([Int32(1000)], shape: [1])], results: [(.int32, [53, 37])])
    let expected = (0..<53).flatMap { (row: Int) -> [Int32] in
      (0..<37).map { Int32($0 * 53 + row + 1000) }
    }
    #expect(actual.results[0] == NDArray(expected, shape: [53, 37]))
  }

  @Test(arguments: [[0], [0, 5], [5, 0], [3, 0, 4]])
  func emptyResultsAreLeftAlone(shape: [Int]) throws {
    let a = NDArray.zeros(.float64, shape)
    let b = NDArray.ones(.float64, shape.map { _ in 1 })
    let result = try compute([.apply(.add, .operand(0), .operand(1))], [a, b], shape: shape)[0]
    #expect(result == a)
  }

  @Test func largeWorkIsCutByShapeAlone() throws {
    let x = TensorType(.float32, [1000, 1000])
    let context = LoweringContext(
      operands: [x, x], results: [x], constants: [nil, nil],
      location: KernelLocation(operation: 0))
    let kernel = try Add().lower(context)
    #expect(kernel.chunkCount > 16)
    #expect(kernel.scratchByteCount == 0)
    let small = TensorType(.float32, [100])
    let smallContext = LoweringContext(
      operands: [small], results: [small], constants: [nil],
      location: KernelLocation(operation: 0))
    #expect(try Tanh().lower(smallContext).chunkCount == 1)
  }

  @Test func unsupportedElementTypesAreNamed() {
    #expect {
      try TileProgram(.apply(.tanh, .operand(0)), operandDTypes: [.int32])
    } throws: { error in
      (error as? LoweringError)?.message == "the instruction 'tanh' does not take int32"
    }
  }

  // MARK: - Helpers

  private func compute(
    _ expressions: [LaneExpression], _ operands: [NDArray], shape: [Int], dtypes: [DType]? = nil,
    overwriting: Int? = nil
  ) throws -> [NDArray] {
    var program = TileProgram(operandDTypes: operands.map(\.dtype))
    let sources = operands.indices.map { TileProgram.Source.operand($0) }
    for expression in expressions {
      let result = try program.append(expression, operands: sources)
      program.results.append(result)
    }
    let kernel = try ElementwiseKernel(
      name: "test", program: program, shape: shape,
      operands: operands.map {
        TileOperand(dtype: $0.dtype, broadcasting: $0.shape, to: shape)
      })
    let types = dtypes ?? expressions.map { _ in .float64 }
    return KernelRun(
      kernel, operands: operands, results: types.map { ($0, shape) }, overwriting: overwriting
    ).results
  }

  private func naive(
    _ operands: [NDArray], shape: [Int], _ body: ([Double]) -> Double
  ) -> NDArray {
    let elements = operands.map { operand in
      let strides = ShapeArithmetic.broadcastStrides(from: operand.shape, to: shape)
      let source = operand.doubles()
      return places(shape, strides).map { source[$0] }
    }
    let values = (0..<ShapeArithmetic.elementCount(shape)).map { position in
      body(elements.map { $0[position] })
    }
    return NDArray(values, shape: shape)
  }

  /// Where the elements of an operand are, in the order of the result's.
  private func places(_ shape: [Int], _ strides: [Int]) -> [Int] {
    zip(shape, strides).reduce([0]) { places, axis in
      places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
    }
  }

  private func randomShape(_ random: inout TestRandom) -> [Int] {
    let lengths = [1, 2, 3, 7, 16, 65, 130, 600]
    var shape: [Int] = []
    var count = 1
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let length = lengths[Int.random(in: 0..<lengths.count, using: &random)]
      guard count * length <= 12_000 else { continue }
      count *= length
      shape.append(length)
    }
    return shape
  }

  private func randomArray(broadcastingTo shape: [Int], _ random: inout TestRandom) -> NDArray {
    let rank = Int.random(in: 0...shape.count, using: &random)
    return randomArray(
      shape.suffix(rank).map { Int.random(in: 0..<3, using: &random) == 0 ? 1 : $0 }, &random)
  }

  private func randomArray(_ shape: [Int], _ random: inout TestRandom) -> NDArray {
    // Whole numbers, so that every order of evaluation and any fused multiply-add agree exactly.
    let count = ShapeArithmetic.elementCount(shape)
    return NDArray(
      (0..<count).map { _ in Double(Int.random(in: -1000...1000, using: &random)) }, shape: shape)
  }
}
