import JacquardArrays
import Testing

@testable import Jacquard

/// What elementwise functions and operators make of operands, fitting or not.
struct ElementwiseBuildingTests {
  private let graph = Graph()

  private func tensor(_ dtype: DType, _ shape: [Int]) -> Tensor {
    graph.constant(NDArray.ones(dtype, shape))
  }

  @Test(arguments: [DType.float32, .float64, .int32, .int64, .uint8])
  func numbersTakeTheTypeOfTheTensor(dtype: DType) {
    let x = tensor(dtype, [2])
    for y in [x + 1, 2 * x, x - 1, maximum(x, 3), select(x .> 0, x, 1), x.clipped(to: 0...1)] {
      #expect(y.dtype == dtype)
      #expect(y.shape == [2])
    }
    #expect((x .< 2).dtype == .bool)
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func numbersThatATypeDoesNotHoldAreDiagnosed() {
    let integers = tensor(.int32, [2])
    #expect((integers + 0.5).isInvalid)
    #expect((tensor(.uint8, []) * 256).isInvalid)
    #expect((integers .< 1e12).isInvalid)
    #expect((tensor(.bool, [2]) .== 1).isInvalid)
    #expect(graph.diagnostics.map(\.op) == ["Add", "Multiply", "Less", "Equal"])
    #expect(graph.diagnostics[0].message == "int32 does not hold the number 0.5")
    #expect(graph.diagnostics.allSatisfy { $0.remedy != nil })
  }

  @Test func wholeNumbersAreNotDividedByTheSlash() {
    let x = tensor(.int64, [2])
    #expect((x / x).isInvalid)
    let message = graph.diagnostics.first?.description ?? ""
    #expect(message.contains("takes a floating-point dtype, not int64"))
    #expect(message.contains("floorDivide"))
  }

  @Test func operandsOfDifferentTypesAreDiagnosed() {
    let y = tensor(.float32, [2]) + tensor(.float64, [2])
    #expect(y.isInvalid)
    #expect(graph.diagnostics.first?.remedy?.contains(".cast(to: .float32)") == true)
    // What follows from an invalid tensor is quiet.
    #expect(((y * 2 + 0.5) .> 1).isInvalid)
    #expect(graph.diagnostics.count == 1)
  }

  @Test func shapesThatDoNotBroadcastAreDiagnosed() {
    #expect((tensor(.float32, [2, 3]) + tensor(.float32, [2])).isInvalid)
    #expect(select(tensor(.bool, [4]), tensor(.float32, [3]), 0).isInvalid)
    #expect(graph.diagnostics.map(\.op) == ["Add", "Select"])
    #expect(graph.diagnostics[0].message == "the shapes [2, 3] and [2] do not broadcast")
  }

  @Test func conditionsAreBool() {
    let x = tensor(.float32, [2])
    #expect(select(x, x, x).isInvalid)
    #expect((x .& x).isInvalid)
    #expect(logicalNot(x).isInvalid)
    #expect(graph.diagnostics[0].message == "the condition is float32, not bool")
  }

  @Test func functionsReportTheLineOfTheirCaller() {
    let x = tensor(.int32, [2])
    _ = tanh(x)
    let line = #line - 1
    _ = maximum(x, 0.5)
    #expect(graph.diagnostics.map(\.line) == [line, line + 2])
    #expect(graph.diagnostics[0].file?.hasSuffix("ElementwiseBuildingTests.swift") == true)
  }

  @Test func castingToTheOwnTypeIsNothing() {
    let x = tensor(.int32, [2])
    #expect(x.cast(to: .int32) == x)
    #expect(x.cast(to: .float32).dtype == .float32)
  }

  @Test(arguments: [DType.int32, .int64, .uint8])
  func divisionByZeroFailsTheRun(dtype: DType) throws {
    let a = NDArray.ones(dtype, [3])
    let b = NDArray([Int32(1), 0, 0]).converted(to: dtype)
    let type = TensorType(dtype, [3])
    let context = LoweringContext(
      operands: [type, type], results: [type], constants: [nil, nil],
      location: KernelLocation(operation: 5))
    for op in [FloorDivide(), FloorModulo()] as [any Op] {
      let run = KernelRun(
        try op.lower(context), operands: [a, b], results: [(dtype, [3])], overwriting: 1)
      let failure = try #require(run.status.firstFailure)
      #expect(failure.row == 1)
      #expect(failure.location == KernelLocation(operation: 5))
      #expect(failure.message == "a whole number is divided by zero")
      #expect(run.results[0].doubles()[1...] == [0, 0])
    }
  }

  @Test func negativeExponentsOfWholeNumbersFailTheRun() throws {
    let type = TensorType(.int32, [2])
    let context = LoweringContext(
      operands: [type, type], results: [type], constants: [nil, nil],
      location: KernelLocation(operation: 5))
    let run = KernelRun(
      try Power().lower(context),
      operands: [NDArray([2, 3] as [Int32]), NDArray([3, -1] as [Int32])],
      results: [(.int32, [2])])
    #expect(run.status.firstFailure?.detail == -1)
    #expect(run.results[0].doubles()[0] == 8)
  }
}
