import JacquardArrays

extension Graph {
  /// Repeats `body` while `condition` holds; the results are the values after the last iteration.
  ///
  /// ```swift
  /// let (count, power) = graph.whileLoop(i, x) { i, _ in i .< 8 } do: { i, x in (i + 1, x * x) }
  /// ```
  ///
  /// What closures use from outside is the same in every iteration. A carried value keeps its type.
  ///
  /// - Parameters:
  ///   - initial: the values carried into the first iteration: tensors or structures of them.
  ///   - maximumIterations: a bound on the number of iterations.
  ///   - parallelIterations: how many iterations may be in flight; costs memory, saves time, and changes no result beyond rounding.
  ///   - swapMemory: whether what gradients keep of each iteration may move out of memory.
  ///   - condition: gives a bool scalar for the carried values.
  ///   - body: gives the next carried values.
  public func whileLoop<each State: TensorStructure>(
    _ initial: repeat each State, maximumIterations: Int? = nil, parallelIterations: Int = 32,
    swapMemory: Bool = false, name: String = "While", file: StaticString = #fileID,
    line: UInt = #line, while condition: (repeat each State) -> Tensor,
    do body: (repeat each State) -> (repeat each State)
  ) -> (repeat each State) {
    let outerLocation = context.location
    return withSourceLocation(file, line) {
      var carried: [Tensor] = []
      repeat carried += (each initial).tensors
      var builder = LoopBuilder(self, carried: carried)
      builder.maximumIterations = maximumIterations
      builder.parallelIterations = parallelIterations
      builder.swapMemory = swapMemory
      builder.name = name
      builder.bodyLocation = outerLocation
      guard builder.validate() else { return (repeat each initial) }
      let loop = builder.build { _, carried in
        var reader = StructureReader(carried)
        let holds = condition(repeat reader.read(like: each initial))
        return holds
      } body: { _, carried, _ in
        var reader = StructureReader(carried)
        let next = body(repeat reader.read(like: each initial))
        var tensors: [Tensor] = []
        repeat tensors += (each next).tensors
        return LoopBuilder.BodyResults(carried: builder.matched(tensors), stacked: [])
      }
      var reader = StructureReader(Array(loop.results.prefix(carried.count)))
      return (repeat reader.read(like: each initial))
    }
  }

  /// Carries `state` over the slices of `elements` along `axis`, and stacks what each step gives out.
  ///
  /// - Parameters:
  ///   - elements: tensors or structures of them, sliced along `axis`: `[steps, …]` for axis 0.
  ///   - state: what is carried into the first step.
  ///   - axis: the axis of the slices, and of the stacked outputs.
  ///   - reversed: whether to step from the last slice to the first; outputs keep the places of their slices.
  ///   - parallelIterations: as for a while loop.
  ///   - swapMemory: as for a while loop.
  ///   - step: gives the next state and the output of one step, from the state and the slices.
  /// - Returns: the last state, and the outputs stacked along `axis`.
  public func scan<Elements: TensorStructure, State: TensorStructure, Output: TensorStructure>(
    _ elements: Elements, initial state: State, axis: Int = 0, reversed: Bool = false,
    parallelIterations: Int = 32, swapMemory: Bool = false, name: String = "Scan",
    file: StaticString = #fileID, line: UInt = #line,
    step: (State, Elements) -> (State, Output)
  ) -> (state: State, outputs: Output) {
    let outerLocation = context.location
    return withSourceLocation(file, line) {
      let specification = ScanSpecification(axis: axis, reversed: reversed)
      var builder = LoopBuilder(
        self, carried: state.tensors, scanned: elements.tensors.map { ($0, specification) })
      builder.parallelIterations = parallelIterations
      builder.swapMemory = swapMemory
      builder.name = name
      builder.bodyLocation = outerLocation
      var shape: Output?
      _ = builder.validate()
      let loop = builder.build { _, carried, slices in
        let (next, output) = step(
          state.rebuilt(from: carried), elements.rebuilt(from: slices))
        shape = output
        return LoopBuilder.BodyResults(
          carried: builder.matched(next.tensors),
          stacked: output.tensors.map { ($0, specification) })
      }
      let results = loop.results
      let count = state.tensors.count
      return (
        state.rebuilt(from: Array(results.prefix(count))),
        shape!.rebuilt(from: Array(results.dropFirst(count).dropLast()))
      )
    }
  }

  /// Applies `transform` to each slice of `elements` along the first axis, and stacks the results.
  public func mapFunction<Elements: TensorStructure, Output: TensorStructure>(
    _ elements: Elements, parallelIterations: Int = 32, name: String = "Map",
    file: StaticString = #fileID, line: UInt = #line, transform: (Elements) -> Output
  ) -> Output {
    let none: [Tensor] = []
    return scan(
      elements, initial: none, parallelIterations: parallelIterations, name: name, file: file,
      line: line
    ) { state, element in (state, transform(element)) }.outputs
  }

  /// Combines the slices of `elements` along the first axis into one value, from the first to the last.
  public func foldLeft<Elements: TensorStructure, State: TensorStructure>(
    _ elements: Elements, initial: State, name: String = "Fold", file: StaticString = #fileID,
    line: UInt = #line, combine: (State, Elements) -> State
  ) -> State {
    let none: [Tensor] = []
    return scan(elements, initial: initial, name: name, file: file, line: line) {
      (combine($0, $1), none)
    }.state
  }

  /// One of two structures, by a bool scalar when it runs; only the branch taken runs.
  ///
  /// - Parameters:
  ///   - predicate: a bool scalar.
  ///   - yes: builds what to compute if it is true.
  ///   - no: builds what to compute if it is false; tensors of the same dtypes.
  public func conditional<Output: TensorStructure>(
    _ predicate: Tensor, name: String = "Conditional", file: StaticString = #fileID,
    line: UInt = #line, then yes: () -> Output, else no: () -> Output
  ) -> Output {
    let outerLocation = context.location
    return withSourceLocation(file, line) {
      let location = context.location ?? .captured()
      let conditionalName = reserveName(name)
      var structures: [Output] = []
      func branch(_ build: () -> Output) -> OpenRegion {
        let region = OpenRegion(self, parent: context.region)
        withContext {
          $0.region = region.id
          $0.scope = conditionalName
          $0.controlInputs = []
          $0.location = outerLocation
        } _: {
          let output = build()
          structures.append(output)
          region.setResults(output.tensors.map(region.importing))
        }
        return region
      }
      let regions = [branch(yes), branch(no)]
      let outers = regions[0].mergedCaptures(with: regions[1])
      for region in regions { region.close(before: [], captures: outers) }
      let count = structures[0].tensors.count
      let operation = insert(
        Conditional(captureCount: outers.count),
        [predicate] + outers.map { Tensor(graph: self, id: $0) }, regions: regions.map(\.id),
        exactName: conditionalName, resultCount: count, location: location)
      return structures[0].rebuilt(from: Array(operation.results.prefix(count)))
    }
  }
}

extension LoopBuilder {
  /// Reports attributes that make no sense.
  func validate() -> Bool {
    var isValid = true
    if parallelIterations < 1 {
      graph.report(
        "parallelIterations is \(parallelIterations)", remedy: "give at least 1", op: name)
      isValid = false
    }
    if let maximumIterations, maximumIterations < 0 {
      graph.report("maximumIterations is \(maximumIterations)", remedy: "give 0 or more", op: name)
      isValid = false
    }
    if carried.isEmpty && scanned.isEmpty {
      graph.report(
        "a loop needs something to carry or to scan", remedy: "pass at least one tensor", op: name)
      isValid = false
    }
    return isValid
  }

  /// As many tensors as are carried; a body that returns another number is a diagnostic.
  func matched(_ results: [Tensor]) -> [Tensor] {
    guard results.count != carried.count else { return results }
    graph.withContext {
      $0.location = location
    } _: {
      graph.report(
        "the body returns \(results.count) tensors, but \(carried.count) are carried",
        remedy: "return one for each carried tensor, in their order", op: name, operands: carried)
    }
    return carried.map { graph.invalidTensor($0.type) }
  }
}
