import JacquardArrays

/// Runs the kernel of one node at compile time.
enum ConstantEvaluator {
  /// The results of `node` for constant operands; `nil` where its kernel reports a failure. An operand of which only the shape
  /// matters need not be given.
  static func evaluate(_ node: Node, in program: Program, operands: [NDArray?]) throws -> [NDArray]?
  {
    let context = LoweringContext(
      operands: node.operands.map { program.type(of: $0) },
      results: node.results.map { program.type(of: $0) }, constants: operands,
      location: KernelLocation(operation: node.origin.rawValue))
    guard context.results.allSatisfy({ $0.shape.known != nil }) else { return nil }
    if case .view(let index, let offset) = node.op.aliasing(context), let array = operands[index] {
      return [view(of: array, offset: offset, as: context.results[0])]
    }
    let kernel = try node.op.lower(context)
    let storages = context.results.map { ArrayStorage(byteCount: max($0.byteCount ?? 0, 1)) }
    let scratch = ArrayStorage(byteCount: max(kernel.scratchByteCount, 1))
    let status = RunStatus()
    var pointers = operands.map { operand in
      operand.map { $0.storage.pointer + $0.byteOffset } ?? scratch.pointer
    }
    pointers += storages.map(\.pointer)
    let slots = (0..<Int32(pointers.count)).map { $0 }
    pointers.withUnsafeMutableBufferPointer { pointers in
      slots.withUnsafeBufferPointer { slots in
        let buffers = KernelBuffers(
          pointers: pointers.baseAddress!, slots: slots.baseAddress!, operandCount: operands.count,
          status: status, scratch: scratch.pointer)
        for chunk in 0..<kernel.chunkCount { kernel.run(buffers, chunk: chunk) }
      }
    }
    withExtendedLifetime((operands, storages, scratch)) {}
    guard !status.hasFailed else { return nil }
    return zip(storages, context.results).map {
      NDArray(storage: $0, dtype: $1.dtype, shape: $1.shape.known!)
    }
  }

  private static func view(of array: NDArray, offset: Int, as type: TensorType) -> NDArray {
    NDArray(
      storage: array.storage, byteOffset: array.byteOffset + offset, dtype: type.dtype,
      shape: type.shape.known!)
  }
}

/// Folds what shapes are computed with, wherever it stands: small arrays of integers and bools that follow from constants and from shapes.
enum ShapeFolding {
  private static let elementLimit = 64

  static func fold(_ node: Node, in program: Program) throws -> [NDArray]? {
    guard node.op.effect == .none, node.regions.isEmpty, !node.results.isEmpty else { return nil }
    let small = node.results.allSatisfy { result in
      let type = program.type(of: result)
      return !type.dtype.isFloatingPoint && (type.shape.elementCount ?? .max) <= elementLimit
    }
    guard small, let operands = foldableOperands(of: node, in: program) else { return nil }
    return try ConstantEvaluator.evaluate(node, in: program, operands: operands)
  }

  /// The constant operands of a node, or `nil` if it needs the elements of one that is not constant.
  static func foldableOperands(of node: Node, in program: Program) -> [NDArray?]? {
    var operands: [NDArray?] = []
    for (index, value) in node.operands.enumerated() {
      let constant = program.constant(value)
      if constant == nil {
        guard !node.op.usesElements(ofOperand: index), program.type(of: value).shape.known != nil
        else { return nil }
      }
      operands.append(constant)
    }
    return operands
  }
}
