import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct VerifierTests {
  /// Adds a fed vector to itself, and the sum to the vector.
  private static func sound() -> Program {
    let builder = ProgramBuilder()
    let x = builder.input([3])
    let sum = builder.root.insert(Add(), [x, x])[0]
    return builder.finish([builder.root.insert(Add(), [sum, x])[0]])
  }

  private func expect(
    _ message: String, _ depths: [Verifier.Depth] = [.structure, .everything],
    _ change: (inout Program) -> Void
  ) {
    var program = Self.sound()
    change(&program)
    for depth in depths {
      for knowsTheSoundOne in [false, true] {
        #expect {
          var verifier = Verifier()
          if knowsTheSoundOne { try verifier.verify(Self.sound(), after: "nothing", depth) }
          try verifier.verify(program, after: "a change", depth)
        } throws: { error in
          "\(error)".contains("broken after a change") && "\(error)".contains(message)
        }
      }
    }
  }

  @Test func soundProgramsPass() throws {
    var verifier = Verifier()
    for depth in [Verifier.Depth.structure, .everything, .everything] {
      try verifier.verify(Self.sound(), after: "nothing", depth)
    }
  }

  @Test func valuesAreDefinedBeforeTheyAreUsed() {
    expect("which its block does not define") { $0.root.nodes.swapAt(0, 1) }
  }

  @Test func valuesAreDefinedOnce() {
    expect("is defined twice") { $0.root.nodes[1].results = $0.root.nodes[0].results }
    expect("is defined twice") { $0.root.nodes[1].results = $0.root.parameters }
  }

  @Test func resultsAreDefined() {
    expect("which it does not define") {
      $0.root.results = [$0.addValue(TensorType(.float32, [3]))]
    }
  }

  @Test func inputsAndResultsAreCounted() {
    expect("1 inputs, 0 parameters") { $0.root.parameters = [] }
    expect("1 root results") { $0.fetchCount = 2 }
  }

  @Test func theLastProgramHasTheTypesOfItsOps() {
    expect("recorded as float32[4]", [.everything]) {
      $0.values[Int($0.root.results[0].index)].type = TensorType(.float32, [4])
    }
    expect("the type rule of Add", [.everything]) { program in
      let narrow = program.addValue(TensorType(.float32, [2]), constant: NDArray([Float(1), 2]))
      program.root.nodes[1].operands[1] = narrow
    }
    expect("recorded as float32[3]", [.everything]) {
      $0.root.nodes[1].op = Less()
    }
  }

  @Test func typesMayFollowFromConstants() throws {
    let builder = ProgramBuilder()
    let shape = builder.constant(NDArray([Int32(3), 1]))
    let column = builder.root.insert(ReshapeToTensor(), [builder.input([3]), shape])[0]
    var program = builder.finish([column])
    program.values[Int(column.index)].type = TensorType(.float32, [3, 1])
    var verifier = Verifier()
    try verifier.verify(program, after: "nothing")
    program.values[Int(shape.index)].constant = NDArray([Int32(1), 3])
    #expect(throws: Verifier.Failure.self) { try verifier.verify(program, after: "a change") }
  }

  @Test(arguments: [Verifier.Depth.structure, .everything])
  func bodiesFitTheirLoops(depth: Verifier.Depth) throws {
    let builder = ProgramBuilder()
    let x = builder.input([3])
    let results = builder.root.loop(carried: [x], maximumIterations: 2) { region, values in
      region.insert(Add(), [values.carried[0], values.carried[0]])
    }
    var program = builder.finish([results[0]])
    var verifier = Verifier()
    try verifier.verify(program, after: "nothing", depth)
    let parameter = program.root.nodes[0].regions[0].parameters[1]
    program.values[Int(parameter.index)].type = TensorType(.float32, [4])
    #expect(throws: Verifier.Failure.self) {
      try verifier.verify(program, after: "a change", depth)
    }
  }
}
