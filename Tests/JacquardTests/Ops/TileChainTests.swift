import CVectorKernels
import JacquardArrays
import Testing

@testable import Jacquard

/// Chains of tile programs: each operation against the kernel of its name, whole programs against their steps one by one.
struct TileChainTests {
  static let unary: [VectorInstruction] = [
    .negate, .abs, .sign, .square, .squareRoot, .reciprocalSquareRoot, .reciprocal, .floor, .ceil,
    .truncate, .round, .relu, .exp, .expm1, .log, .log1p, .tanh, .sigmoid, .elu, .softplus,
  ]
  static let binary: [VectorInstruction] = [
    .add, .subtract, .multiply, .divide, .floorDivide, .minimum, .maximum, .tanhGradient,
    .sigmoidGradient, .reluGradient, .eluGradient,
  ]

  @Test(arguments: unary + binary, [DType.float32, .float64])
  func everyOperationIsTheKernelOfItsName(instruction: VectorInstruction, dtype: DType) throws {
    let operation = try #require(instruction.chainOperation)
    let function = try #require(instruction.function(for: dtype))
    var random = TestRandom(seed: 3)
    for count in [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 193, 1000] {
      let a = edgeCases(dtype, count, &random)
      let b = edgeCases(dtype, count, &random)
      defer { withExtendedLifetime((a, b)) {} }
      let expected = output(dtype, count) { function(count, a.pointer, b.pointer, nil, $0) }
      func result(_ steps: [(Int, Int)]) -> [UInt8] {
        output(dtype, count) { out in
          run(dtype.chainFunction, count, [a.pointer, b.pointer, out], steps)
        }
      }
      let forward = result([(JQ_CHAIN_LOAD, 0), (operation.forward, 1), (JQ_CHAIN_STORE, 2)])
      #expect(isSame(forward, expected, dtype), "\(instruction.name) of \(count)")
      guard instruction.operandCount == 2 else { continue }
      let reversed = result([(JQ_CHAIN_LOAD, 1), (operation.reversed, 0), (JQ_CHAIN_STORE, 2)])
      #expect(isSame(reversed, expected, dtype), "\(instruction.name) reversed of \(count)")
    }
  }

  @Test(arguments: binary, [DType.float32, .float64])
  func everyOperationTakesOneElementForAll(instruction: VectorInstruction, dtype: DType) throws {
    let operation = try #require(instruction.chainOperation)
    let function = try #require(instruction.function(for: dtype))
    var random = TestRandom(seed: 5)
    for count in [1, 17, 64, 100, 128, 300] {
      let a = edgeCases(dtype, count, &random)
      let element = constant(dtype, 1.5, count: 1)
      let spread = constant(dtype, 1.5, count: count)
      defer { withExtendedLifetime((a, element, spread)) {} }
      for isReversed in [false, true] {
        let (x, y) = isReversed ? (spread, a) : (a, spread)
        let expected = output(dtype, count) { function(count, x.pointer, y.pointer, nil, $0) }
        let actual = output(dtype, count) { out in
          let number = isReversed ? operation.reversed : operation.forward
          run(
            dtype.chainFunction, count, [a.pointer, element.pointer, out],
            [(JQ_CHAIN_LOAD, 0), (JQ_CHAIN_UNIFORM + number, 1), (JQ_CHAIN_STORE, 2)],
            fixed: [1])
        }
        #expect(
          isSame(actual, expected, dtype),
          "\(instruction.name) of \(count), reversed: \(isReversed)")
      }
    }
  }

  @Test func operationsAreNumberedApart() {
    let numbers = (Self.unary + Self.binary).compactMap(\.chainOperation).flatMap {
      Set([$0.forward, $0.reversed])
    }
    #expect(Set(numbers).count == Self.unary.count + 2 * Self.binary.count)
  }

  /// An element that stands for all is read again for each block.
  @Test func blocksAreReadAgain() {
    var random = TestRandom(seed: 4)
    let a = edgeCases(.float32, 200, &random)
    let half = constant(.float32, 0.5, count: Int(JQ_CHAIN_BLOCK) / 4)
    let spread = constant(.float32, 0.5, count: 200)
    defer { withExtendedLifetime((a, half, spread)) {} }
    let expected = output(.float32, 200) { jq_mul_f32(200, a.pointer, spread.pointer, nil, $0) }
    let actual = output(.float32, 200) { out in
      run(
        jq_chain_f32, 200, [a.pointer, half.pointer, out],
        [(JQ_CHAIN_LOAD, 0), (JQ_CHAIN_mul, 1), (JQ_CHAIN_STORE, 2)], fixed: [1])
    }
    #expect(isSame(actual, expected, .float32))
  }

  @Test(arguments: 0..<150, [DType.float32, .float64])
  func programsAreTheirStepsOneByOne(seed: Int, dtype: DType) throws {
    var random = TestRandom(seed: UInt64(seed))
    let shape = [[7], [1000], [16, 32], [130, 3], [5, 40, 3], [1], [3, 3000]].randomElement(
      using: &random)!
    let count = ShapeArithmetic.elementCount(shape)
    let strides: [[Int]] = [
      ShapeArithmetic.rowMajorStrides(shape), ShapeArithmetic.rowMajorStrides(shape),
      shape.map { _ in 0 }, ShapeArithmetic.broadcastStrides(from: [shape.last!], to: shape),
      // Every other element.
      ShapeArithmetic.rowMajorStrides(shape).map { $0 * 2 },
    ]
    let storages = strides.map { _ in edgeCases(dtype, 2 * count, &random) }
    let operands = strides.map { TileOperand(dtype: dtype, strides: $0) }
    let program = try randomProgram(dtype, operandCount: operands.count, &random)
    let expected = try naive(
      program, shape: shape, zip(storages, strides).map { ($0, strides: $1) })

    let kernel = try ElementwiseKernel(
      name: "test", program: program, shape: shape, operands: operands)
    let arrays = storages.map { NDArray(storage: $0, dtype: dtype, shape: [2 * count]) }
    let types = program.results.map { (program.dtype(of: $0)!, shape) }
    let rows = shape[0]
    let cut = rows / 2
    let ranges = kernel.isRowwise ? [nil, [cut..<rows, 0..<cut]] : [nil]
    for ranges in ranges {
      let run = KernelRun(kernel, operands: arrays, results: types, rows: ranges)
      for (index, result) in run.results.enumerated() {
        let bytes = result.withUnsafeBytes { [UInt8]($0) }
        #expect(isSame(bytes, expected[index], types[index].0), "result \(index) of \(program)")
      }
    }
    // Result 0 over the first operand, which it may be written over at any time.
    guard types[0].0 == dtype else { return }
    let inPlace = KernelRun(
      kernel, operands: arrays.enumerated().map { $0 == 0 ? $1[count: count] : $1 },
      results: types, overwriting: 0)
    for (index, result) in inPlace.results.enumerated() {
      let bytes = result.withUnsafeBytes { [UInt8]($0) }
      #expect(
        isSame(bytes, expected[index], types[index].0), "result \(index) in place of \(program)")
    }
  }

  // MARK: - What becomes of programs

  @Test func oneChainForAMomentOfAdam() throws {
    // m + (g - m) * 0.1, which is a result, and w - m' / (sqrt(m') + 1).
    let moment = LaneExpression.apply(
      .add, .operand(1),
      .apply(.multiply, .apply(.subtract, .operand(2), .operand(1)), .constant(0.1)))
    var program = TileProgram(operandDTypes: [.float32, .float32, .float32])
    let sources = (0..<3).map { TileProgram.Source.operand($0) }
    let step = LaneExpression.apply(
      .subtract, .operand(0),
      .apply(.divide, moment, .apply(.add, .apply(.squareRoot, moment), .constant(1))))
    program.results = [
      try program.append(step, operands: sources), try program.append(moment, operands: sources),
    ]
    let code = try TileCode(
      program, mayAlias: [true, true, true], isScalar: [false, false, false])
    // Operands 0–2, constants 3 and 4, results 5 and 6.
    #expect(
      text(code) == [
        "load 2, sub 1, uniform mul 3, reversed add 1, store 6, sqrt, uniform add 4, reversed div 6, "
          + "reversed sub 0, store 5"
      ])
    #expect(code.extents == [.tile, .tile, .tile, .element, .element, .tile, .tile])
    #expect(!code.reads(1, afterWriting: 6) && code.reads(0, afterWriting: 6))
    #expect(!code.reads(0, afterWriting: 5))
  }

  @Test func otherStepsCutChains() throws {
    // A comparison between two chains, and a sine beside them.
    let sum = LaneExpression.apply(.add, .operand(0), .operand(1))
    let chosen = LaneExpression.apply(
      .select, .apply(.less, sum, .operand(1)), sum, .apply(.sin, .operand(1)))
    let program = try TileProgram(
      .apply(.exp, .apply(.multiply, chosen, .apply(.square, sum))),
      operandDTypes: [.float64, .float64])
    let code = try TileCode(program, mayAlias: [true, true], isScalar: [false, true])
    #expect(
      text(code) == [
        "load 0, uniform add 1, store 2, square, store 3", "call", "call", "call",
        "load 4, mul 3, exp, store 6",
      ])
    // The comparison and the sine read the second operand as a tile.
    #expect(code.extents[1] == .tile)
  }

  @Test func oneStepIsACallUnlessItWouldSpreadAnElement() throws {
    for (expression, expected) in [
      (LaneExpression.apply(.add, .operand(0), .operand(1)), "call"),
      (.apply(.add, .constant(1), .operand(1)), "load 1, uniform reversed add 2, store 3"),
    ] {
      let program = try TileProgram(expression, operandDTypes: [.float32, .float32])
      let code = try TileCode(program, mayAlias: [true, true], isScalar: [false, false])
      #expect(text(code) == [expected])
    }
  }

  private func text(_ code: TileCode) -> [String] {
    var names = [JQ_CHAIN_LOAD: "load", JQ_CHAIN_STORE: "store"]
    for (name, operation) in [
      ("add", VectorInstruction.add), ("sub", .subtract), ("mul", .multiply), ("div", .divide),
      ("sqrt", .squareRoot), ("square", .square), ("exp", .exp),
    ] {
      names[operation.chainOperation!.reversed] = "reversed \(name)"
      names[operation.chainOperation!.forward] = name
    }
    return code.lines.map { line in
      guard case .chain(_, let steps) = line else { return "call" }
      return steps.map { step in
        let place = step.place < code.extents.count ? " \(step.place)" : ""
        let operation = Int(step.operation)
        let name =
          operation < JQ_CHAIN_UNIFORM
          ? names[operation] : names[operation - JQ_CHAIN_UNIFORM].map { "uniform " + $0 }
        return (name ?? "?") + place
      }.joined(separator: ", ")
    }
  }

  // MARK: - Helpers

  private func run(
    _ chain: jq_chain_function, _ count: Int, _ registers: [UnsafeMutableRawPointer],
    _ steps: [(operation: Int, place: Int)], fixed: Set<Int> = []
  ) {
    let steps = steps.map {
      jq_chain_step(
        operation: Int16($0.operation), advance: fixed.contains($0.place) ? 0 : -1,
        place: Int32($0.place))
    }
    chain(count, steps, steps.count, registers.map { $0 })
  }

  private func output(
    _ dtype: DType, _ count: Int, _ body: (UnsafeMutableRawPointer) -> Void
  ) -> [UInt8] {
    let storage = ArrayStorage(byteCount: count * dtype.byteCount + 64)
    body(storage.pointer)
    return [UInt8](UnsafeRawBufferPointer(start: storage.pointer, count: count * dtype.byteCount))
  }

  private func constant(_ dtype: DType, _ value: Double, count: Int) -> ArrayStorage {
    let storage = ArrayStorage(byteCount: count * dtype.byteCount)
    for index in 0..<count {
      if dtype == .float32 {
        storage.pointer.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
      } else {
        storage.pointer.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
      }
    }
    return storage
  }

  /// Numbers of every kind: ordinary ones, zeros of both signs, infinities, NaN, subnormal ones.
  private func edgeCases(_ dtype: DType, _ count: Int, _ random: inout TestRandom) -> ArrayStorage {
    let special: [Double] =
      [0, -0.0, 1, -1, .infinity, -.infinity, .nan]
      + (dtype == .float32
        ? [1e-42, -1e-42, Double(Float.leastNormalMagnitude), 3e38]
        : [.leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, 1e308])
    let storage = ArrayStorage(byteCount: count * dtype.byteCount)
    for index in 0..<count {
      let value =
        Int.random(in: 0..<4, using: &random) == 0
        ? special.randomElement(using: &random)! : Double.random(in: -4...4, using: &random)
      if dtype == .float32 {
        storage.pointer.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
      } else {
        storage.pointer.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
      }
    }
    return storage
  }

  /// Whether elements have the same bits, or are both NaN.
  private func isSame(_ a: [UInt8], _ b: [UInt8], _ dtype: DType) -> Bool {
    a.count == b.count
      && a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          (0..<a.count / dtype.byteCount).allSatisfy { index in
            switch dtype {
            case .float32:
              let (x, y) = (
                a.bindMemory(to: Float.self)[index], b.bindMemory(to: Float.self)[index]
              )
              return x.bitPattern == y.bitPattern || (x.isNaN && y.isNaN)
            case .float64:
              let (x, y) = (
                a.bindMemory(to: Double.self)[index], b.bindMemory(to: Double.self)[index]
              )
              return x.bitPattern == y.bitPattern || (x.isNaN && y.isNaN)
            default:
              return a[index] == b[index]
            }
          }
        }
      }
  }

  /// Some steps over operands, constants and earlier steps, most of them of chains, with one to four results.
  private func randomProgram(
    _ dtype: DType, operandCount: Int, _ random: inout TestRandom
  ) throws -> TileProgram {
    var program = TileProgram(operandDTypes: Array(repeating: dtype, count: operandCount))
    var values = (0..<operandCount).map { TileProgram.Source.operand($0) }
    func value() -> TileProgram.Source {
      // Mostly late ones, so that programs are deep.
      values[
        max(
          Int.random(in: 0..<values.count, using: &random),
          Int.random(in: 0..<values.count, using: &random))]
    }
    for _ in 0..<Int.random(in: 1...25, using: &random) {
      let step: TileProgram.Source
      switch Int.random(in: 0..<12, using: &random) {
      case 0:
        step = try program.append(
          .select, [try program.append(.less, [value(), value()]), value(), value()])
      case 1:
        let other: DType = dtype == .float32 ? .float64 : .float32
        let converted = try program.append(.cast(to: other), [value()])
        let shifted = try program.append(.add, [converted, .constant(BitPattern(0.25))])
        step = try program.append(.cast(to: dtype), [try program.append(.abs, [shifted])])
      case 2: step = try program.append(.sin, [value()])
      case 3:
        step = try program.append(
          Self.binary.randomElement(using: &random)!, [.constant(BitPattern(1.5)), value()])
      case 4...6: step = try program.append(Self.unary.randomElement(using: &random)!, [value()])
      default:
        step = try program.append(Self.binary.randomElement(using: &random)!, [value(), value()])
      }
      values.append(step)
    }
    program.results = (0..<Int.random(in: 1...4, using: &random)).map { _ in value() }
    return program
  }

  /// The results, each step over arrays of its own.
  private func naive(
    _ program: TileProgram, shape: [Int], _ operands: [(ArrayStorage, strides: [Int])]
  ) throws -> [[UInt8]] {
    let count = ShapeArithmetic.elementCount(shape)
    var values: [[UInt8]] = []
    func bytes(_ source: TileProgram.Source, _ dtype: DType) -> [UInt8] {
      switch source {
      case .step(let index): return values[index]
      case .constant(let pattern):
        let storage = constant(dtype, pattern.value, count: count)
        return withExtendedLifetime(storage) {
          [UInt8](
            UnsafeRawBufferPointer(start: storage.pointer, count: count * dtype.byteCount))
        }
      case .operand(let index):
        let places = zip(shape, operands[index].strides).reduce([0]) { places, axis in
          places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
        }
        return places.flatMap { place in
          UnsafeRawBufferPointer(
            start: operands[index].0.pointer + place * dtype.byteCount, count: dtype.byteCount)
        }
      }
    }
    for step in program.steps {
      let function = try #require(step.instruction.function(for: step.dtype))
      let inputs =
        step.sources.map { bytes($0, program.dtype(of: $0) ?? step.dtype) } + [[], [], []]
      values.append(
        inputs[0].withUnsafeBytes { a in
          inputs[1].withUnsafeBytes { b in
            inputs[2].withUnsafeBytes { c in
              output(step.resultDType, count) {
                function(count, a.baseAddress, b.baseAddress, c.baseAddress, $0)
              }
            }
          }
        })
    }
    return program.results.map { bytes($0, program.dtype(of: $0) ?? .float32) }
  }
}

extension NDArray {
  /// The first elements.
  fileprivate subscript(count count: Int) -> NDArray {
    let storage = ArrayStorage(byteCount: count * dtype.byteCount)
    withUnsafeBytes {
      storage.pointer.copyMemory(from: $0.baseAddress!, byteCount: count * dtype.byteCount)
    }
    return NDArray(storage: storage, dtype: dtype, shape: [count])
  }
}
