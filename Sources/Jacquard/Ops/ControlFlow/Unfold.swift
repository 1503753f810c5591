import JacquardArrays

extension Graph {
  /// Carries `state` from step to step while `condition` holds, and stacks what each step gives out.
  ///
  /// ```swift
  /// // The powers of x up to a limit, at most ten of them.
  /// let powers = graph.unfold(x, maximumSteps: 10) { $0 .< limit } step: { ($0 * x, $0) }.outputs
  /// ```
  ///
  /// Bounded, by a number or by the length of a tensor, the outputs have that many slices, with zeros after the last step. Without
  /// a bound they have as many as there are steps: such outputs are fetched or given to other loops; other operations want a length
  /// that is known before the run.
  ///
  /// - Parameters:
  ///   - state: what is carried into the first step.
  ///   - maximumSteps: a bound on the number of steps.
  ///   - sequences: a tensor whose length along `axis`, which may be open, bounds the number of steps; it is not computed.
  ///   - axis: the axis of its steps.
  ///   - parallelIterations: how many steps may be in flight; costs memory, saves time, and changes no result beyond rounding.
  ///   - swapMemory: whether what gradients keep of each step may move out of memory.
  ///   - condition: gives a bool scalar for the state.
  ///   - step: gives the next state and the output of one step.
  /// - Returns: the last state, the outputs stacked along axis 0, and the number of steps, an int64 scalar.
  public func unfold<State: TensorStructure, Output: TensorStructure>(
    _ state: State, maximumSteps: Int? = nil, stepsOf sequences: Tensor? = nil, axis: Int = 0,
    parallelIterations: Int = 32, swapMemory: Bool = false, name: String = "Unfold",
    file: StaticString = #fileID, line: UInt = #line, while condition: (State) -> Tensor,
    step: (State) -> (state: State, output: Output)
  ) -> (state: State, outputs: Output, count: Tensor) {
    let outerLocation = context.location
    return withSourceLocation(file, line) {
      // Scanning an array without elements bounds the loop, and gives its stacks their length.
      let bound = sequences.map {
        Jacquard.zeros(rowsOf: $0, axis: axis, trailing: [0], dtype: .float32)
      }
      var builder = LoopBuilder(
        self, carried: state.tensors, scanned: bound.map { [($0, ScanSpecification())] } ?? [])
      builder.maximumIterations = maximumSteps
      builder.parallelIterations = parallelIterations
      builder.swapMemory = swapMemory
      builder.name = name
      builder.bodyLocation = outerLocation
      _ = builder.validate()
      var structure: Output?
      let loop = builder.build { _, carried in
        condition(state.rebuilt(from: carried))
      } body: { _, carried, _ in
        let (next, output) = step(state.rebuilt(from: carried))
        structure = output
        return LoopBuilder.BodyResults(
          carried: builder.matched(next.tensors),
          stacked: output.tensors.map { ($0, ScanSpecification()) })
      }
      let results = loop.results
      let count = state.tensors.count
      return (
        state.rebuilt(from: Array(results.prefix(count))),
        structure!.rebuilt(from: Array(results.dropFirst(count).dropLast())),
        results[results.count - 1]
      )
    }
  }
}
