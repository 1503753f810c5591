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
      #expect {
        try Verifier.verify(program, after: "a change", depth)
      } throws: { error in
        "\(error)".contains("broken after a change") && "\(error)".contains(message)
      }
    }
  }

  @Test func soundProgramsPass() throws {
    try Verifier.verify(Self.sound(), after: "nothing", .structure)
    try Verifier.verify(Self.sound(), after: "nothing", .everything)
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
  }

  @Test(arguments: [Verifier.Depth.structure, .everything])
  func bodiesFitTheirLoops(depth: Verifier.Depth) throws {
    let builder = ProgramBuilder()
    let x = builder.input([3])
    let results = builder.root.loop(carried: [x], maximumIterations: 2) { region, values in
      region.insert(Add(), [values.carried[0], values.carried[0]])
    }
    var program = builder.finish([results[0]])
    try Verifier.verify(program, after: "nothing", depth)
    let parameter = program.root.nodes[0].regions[0].parameters[1]
    program.values[Int(parameter.index)].type = TensorType(.float32, [4])
    #expect(throws: Verifier.Failure.self) {
      try Verifier.verify(program, after: "a change", depth)
    }
  }
}
