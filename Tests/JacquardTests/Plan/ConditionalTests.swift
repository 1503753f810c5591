import JacquardArrays
import Testing

@testable import Jacquard

@Suite struct ConditionalTests {
  @Test(arguments: [false, true]) func runsOneBranch(choice: Bool) throws {
    let builder = ProgramBuilder()
    let predicate = builder.input(TensorType(.bool, []))
    let (x, y) = (builder.input([3]), builder.input([3]))
    let local = builder.root.affine(x, 10, 0)
    let results = builder.root.conditional(
      predicate, [x, y, local],
      ifTrue: { region, captures in
        let sum = region.sum(captures[0], captures[1])
        return [sum, region.window(sum, [3]), captures[2], region.affine(captures[2], 1, 1)]
      },
      ifFalse: { region, captures in
        let checked = region.insert(RequireBelow(limit: 0), [captures[1]])[0]
        return [captures[0], checked, builder.constant(floats([1, 2, 3])), captures[1]]
      })
    let after = builder.root.sum(local, results[0])
    let program = builder.finish(results + [after])
    let inputs = [NDArray(choice), floats([1, 2, 3]), floats([-1, -1, -1])]
    let outputs = try runPlan(program, inputs)
    #expect(outputs == (try ReferenceInterpreter.run(program, inputs)))
    #expect(outputs[0] == (choice ? floats([0, 1, 2]) : floats([1, 2, 3])))
  }

  @Test func theOtherBranchDoesNothing() throws {
    let builder = ProgramBuilder()
    let predicate = builder.input(TensorType(.bool, []))
    let x = builder.input([2])
    let results = builder.root.conditional(
      predicate, [x],
      ifTrue: { region, captures in [region.insert(RequireBelow(limit: 0), captures)[0]] },
      ifFalse: { region, captures in captures })
    let program = builder.finish(results)
    #expect(try runPlan(program, [NDArray(false), floats([1, 2])]) == [floats([1, 2])])
    #expect(throws: RunFailureError.self) {
      try runPlan(program, [NDArray(true), floats([1, 2])])
    }
  }

  @Test func worksInLoops() throws {
    let builder = ProgramBuilder()
    let (x, threshold) = (builder.input([5, 2]), builder.input([]))
    let results = builder.root.loop(
      carried: [builder.constant(floats([0, 0]))], scans: [(x, ScanSpecification())],
      invariants: [threshold], stacks: [ScanSpecification(reversed: true)]
    ) { region, values in
      let chosen = region.conditional(
        region.isLess(values.slices[0], values.invariants[0]),
        [values.slices[0], values.carried[0]],
        ifTrue: { branch, captures in [branch.sum(captures[0], captures[1])] },
        ifFalse: { branch, captures in
          branch.loop(carried: [captures[1]], maximumIterations: 2) { body, values in
            [body.affine(values.carried[0], 2, 1)]
          }.prefix(1).map { $0 }
        })
      return [chosen[0], chosen[0]]
    }
    let program = builder.finish(results)
    let inputs = [floats([1, 2, 9, 9, 3, 4, 9, 9, 5, 6], [5, 2]), NDArray(Float(7))]
    let outputs = try runPlan(program, inputs)
    #expect(outputs == (try ReferenceInterpreter.run(program, inputs)))
  }
}
