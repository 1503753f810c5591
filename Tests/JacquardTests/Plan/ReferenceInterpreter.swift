import JacquardArrays

@testable import Jacquard

/// Runs programs the slow way: every value has memory of its own, nothing is shared, nothing overwritten.
struct ReferenceInterpreter {
  let program: Program
  private var arrays: [NDArray?]

  init(_ program: Program) {
    self.program = program
    arrays = program.values.map(\.constant)
  }

  static func run(_ program: Program, _ inputs: [NDArray]) throws -> [NDArray] {
    var interpreter = ReferenceInterpreter(program)
    return try interpreter.run(program.root, inputs)
  }

  private mutating func run(_ region: Block, _ arguments: [NDArray]) throws -> [NDArray] {
    for (parameter, argument) in zip(region.parameters, arguments) { self[parameter] = argument }
    for node in region.nodes {
      let operands = node.operands.map { arrays[Int($0.index)] ?? NDArray(Float(0)) }
      let results =
        switch node.op {
        case let loop as While: try run(loop, node, operands)
        case is Conditional:
          try run(node.regions[isTrue(operands[0]) ? 0 : 1], Array(operands.dropFirst()))
        default: try runKernel(node, operands)
        }
      for (value, result) in zip(node.results, results) { self[value] = result }
    }
    return region.results.map { self[$0] }
  }

  private subscript(value: Value) -> NDArray {
    get { arrays[Int(value.index)]! }
    set { arrays[Int(value.index)] = newValue }
  }

  private func isTrue(_ array: NDArray) -> Bool { array.withUnsafeBytes { $0[0] != 0 } }

  private mutating func run(_ loop: While, _ node: Node, _ operands: [NDArray]) throws -> [NDArray]
  {
    var carried = Array(operands[..<loop.carriedCount])
    let scanned = Array(operands[loop.scanRange])
    let invariants = Array(operands[loop.invariantRange])
    var limit = loop.maximumIterations ?? .max
    for (array, scan) in zip(scanned, loop.scans) { limit = min(limit, array.shape[scan.axis]) }
    if loop.hasBound {
      limit = min(limit, operands.last!.withUnsafeBytes { Int($0.load(as: Int64.self)) })
    }
    var slices: [[NDArray]] = loop.stacks.map { _ in [] }
    var count = 0
    while count < limit {
      let iteration = NDArray(Int64(count))
      if loop.hasCondition {
        let condition = try run(node.regions[0], [iteration] + carried + invariants)
        guard isTrue(condition[0]) else { break }
      }
      let parts = zip(scanned, loop.scans).map { array, scan in
        slice(
          array, axis: scan.axis,
          scan.slice(iteration: count, length: array.shape[scan.axis], tripCount: limit))
      }
      let results = try run(
        node.regions.last!, [iteration] + carried + parts + invariants)
      carried = Array(results[..<loop.carriedCount])
      for (index, result) in results[loop.carriedCount...].enumerated() {
        slices[index].append(result)
      }
      count += 1
    }
    let stacked = loop.stacks.indices.map { index in
      let type = program.type(of: node.results[loop.carriedCount + index])
      let axis = loop.stacks[index].axis
      var shape = type.shape.dimensions!.map { $0 ?? -1 }
      if shape[axis] < 0 { shape[axis] = scanned.first?.shape[loop.scans[0].axis] ?? count }
      var result = NDArray(uninitialized: type.dtype, shape: shape) { bytes in
        for byte in bytes.indices { bytes[byte] = 0 }
      }
      for (iteration, part) in slices[index].enumerated() {
        let position = loop.stacks[index].slice(
          iteration: iteration, length: shape[axis], tripCount: loop.hasCondition ? count : limit)
        copy(&result, axis: axis, position, from: part)
      }
      return result
    }
    return carried + stacked + [NDArray(Int64(count))]
  }

  private func runs(_ array: NDArray, axis: Int) -> (outer: Int, length: Int, run: Int) {
    (
      array.shape[..<axis].reduce(1, *), array.shape[axis],
      array.shape[(axis + 1)...].reduce(array.dtype.byteCount, *)
    )
  }

  private func slice(_ array: NDArray, axis: Int, _ index: Int) -> NDArray {
    var shape = array.shape
    shape.remove(at: axis)
    let (outer, length, run) = runs(array, axis: axis)
    return NDArray(uninitialized: array.dtype, shape: shape) { bytes in
      array.withUnsafeBytes { source in
        for o in 0..<outer {
          for byte in 0..<run { bytes[o * run + byte] = source[(o * length + index) * run + byte] }
        }
      }
    }
  }

  private func copy(_ array: inout NDArray, axis: Int, _ index: Int, from part: NDArray) {
    let (outer, length, run) = runs(array, axis: axis)
    array.withUnsafeMutableBytes { bytes in
      part.withUnsafeBytes { source in
        for o in 0..<outer {
          for byte in 0..<run { bytes[(o * length + index) * run + byte] = source[o * run + byte] }
        }
      }
    }
  }

  private func runKernel(_ node: Node, _ operands: [NDArray]) throws -> [NDArray] {
    let context = LoweringContext(
      operands: node.operands.map { program.type(of: $0) },
      results: node.results.map { program.type(of: $0) }, constants: operands.map { _ in nil },
      location: KernelLocation(operation: node.origin.rawValue))
    let shapes = node.results.map { program.type(of: $0).shape.known! }
    if case .view(let operand, let byteOffset) = node.op.aliasing(context) {
      let result = NDArray(uninitialized: context.results[0].dtype, shape: shapes[0]) { bytes in
        operands[operand].withUnsafeBytes { source in
          for byte in bytes.indices { bytes[byte] = source[byteOffset + byte] }
        }
      }
      return [result]
    }
    let kernel = try node.op.lower(context)
    var pointers: [UnsafeMutableRawPointer] = operands.map {
      UnsafeMutableRawPointer(mutating: $0.storage.pointer + $0.byteOffset)
    }
    let results = zip(node.results, shapes).map { value, shape in
      NDArray(uninitialized: program.type(of: value).dtype, shape: shape) { _ in }
    }
    pointers += results.map(\.storage.pointer)
    let slots = pointers.indices.map { Int32($0) }
    let scratch = ArrayStorage(byteCount: kernel.scratchByteCount)
    pointers.withUnsafeMutableBufferPointer { pointers in
      slots.withUnsafeBufferPointer { slots in
        let buffers = KernelBuffers(
          pointers: pointers.baseAddress!, slots: slots.baseAddress!,
          operandCount: operands.count, status: RunStatus(), scratch: scratch.pointer)
        for chunk in 0..<kernel.chunkCount { kernel.run(buffers, chunk: chunk) }
      }
    }
    return results
  }
}

/// Compiles and runs a program once.
func runPlan(
  _ program: Program, _ inputs: [NDArray] = [], threads: Int = 1, memoryLimit: Int? = nil
) throws -> [NDArray] {
  let options = PlanOptions(threads: threads, memoryLimit: memoryLimit, profile: false)
  let plan = try Plan.compile(program, options: options)
  return try run(plan, inputs, pool: WorkerPool(threads: threads))
}

/// Runs a plan once.
func run(_ plan: Plan, _ inputs: [NDArray] = [], pool: WorkerPool) throws -> [NDArray] {
  let context = try plan.leaseContext()
  defer { plan.returnContext(context) }
  return try withExtendedLifetime(inputs) {
    for (index, input) in inputs.enumerated() {
      context.bindInput(index, to: input.storage.pointer + input.byteOffset)
    }
    try plan.execute(context, pool: pool)
    return plan.outputs.enumerated().map { index, type in
      output(index, of: context, type.dtype)
    }
  }
}

/// A copy of one output.
func output(_ index: Int, of context: RunContext, _ dtype: DType) -> NDArray {
  NDArray(uninitialized: dtype, shape: context.outputShape(index)) { bytes in
    bytes.copyMemory(
      from: UnsafeRawBufferPointer(start: context.outputPointer(index), count: bytes.count))
  }
}

func floats(_ elements: [Float], _ shape: [Int]? = nil) -> NDArray {
  NDArray(elements, shape: shape ?? [elements.count])
}
