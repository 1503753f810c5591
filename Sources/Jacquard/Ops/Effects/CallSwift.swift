import JacquardArrays

/// Results that a closure of the user's computes from arrays.
struct CallSwift: Op {
  typealias Body = @Sendable (_ operands: [NDArray]) throws -> [NDArray]
  typealias TypeRule = @Sendable (_ operands: [TensorType]) throws -> [TensorType]
  typealias Gradient =
    @Sendable (
      _ operands: [Tensor], _ results: [Tensor], _ upstream: [Tensor?]
    ) throws -> [Tensor?]

  /// What the user calls the closure.
  var label: String
  var types: ClosureBox<TypeRule>
  var body: ClosureBox<Body>
  var backward: ClosureBox<Gradient>?

  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try types.function(operands.types)
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    guard let backward else {
      throw NoGradient(
        "the closure '\(label)' was given no gradient",
        remedy: "pass gradient: to call, or put stopGradient around it")
    }
    let gradients = try backward.function(call.operands, call.results, upstream)
    guard gradients.count == call.operands.count else {
      throw NoGradient(
        "the gradient of the closure '\(label)' returns \(gradients.count) tensors for \(call.operands.count) operands",
        remedy: "return one for each operand, nil where there is none")
    }
    return gradients
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    for (index, type) in context.results.enumerated() where type.shape.known == nil {
      throw LoweringError(
        "result \(index) of the closure '\(label)' is \(type); declare its full shape, or compute it from the operand types"
      )
    }
    return CallSwiftKernel(
      label: label, body: body.function, operands: context.operands.map { ArrayLayoutInMemory($0) },
      results: context.results.map { ArrayLayoutInMemory($0) }, location: context.location)
  }

  var effect: Effect { .external }

  var attributeDescription: String { label }
}

/// Calls the closure on copies of the operands, since it may keep them; allocates, unlike other kernels.
struct CallSwiftKernel: Kernel {
  let label: String
  let body: CallSwift.Body
  let operands: [ArrayLayoutInMemory]
  let results: [ArrayLayoutInMemory]
  let location: KernelLocation

  func run(_ buffers: KernelBuffers, chunk: Int) {
    do {
      let arrays = try body(
        operands.enumerated().map { index, layout in layout.copy(buffers.operand(index)) })
      try check(arrays)
      for (index, array) in arrays.enumerated() {
        array.withUnsafeBytes { bytes in
          guard let start = bytes.baseAddress else { return }
          buffers.result(index).copyMemory(from: start, byteCount: bytes.count)
        }
      }
    } catch {
      buffers.status.fail(.closureFailed, at: location, message: "'\(label)': \(error)")
      for (index, layout) in results.enumerated() {
        buffers.result(index).initializeMemory(
          as: UInt8.self, repeating: 0, count: layout.byteCount)
      }
    }
  }

  private func check(_ arrays: [NDArray]) throws {
    guard arrays.count == results.count else {
      throw WrongResult(
        description: "returned \(arrays.count) arrays, but \(results.count) were declared")
    }
    for (index, (array, layout)) in zip(arrays, results).enumerated()
    where array.dtype != layout.dtype || array.shape != layout.shape {
      throw WrongResult(
        description: "returned \(array.dtype)\(array.shape) as result \(index), "
          + "but \(layout.dtype)\(layout.shape) was declared")
    }
  }

  private struct WrongResult: Error, CustomStringConvertible { let description: String }
}

extension Graph {
  /// The results of a Swift closure, called once where it stands whenever the operation runs.
  ///
  /// A closure that throws, or returns other types than declared, fails the run before anything is committed. A graph with
  /// closures cannot be saved.
  ///
  /// - Parameters:
  ///   - name: what errors and dumps call the closure.
  ///   - operands: what it is called with.
  ///   - resultTypes: the types it returns; every dimension has to be known.
  ///   - gradient: builds the gradients with respect to the operands from the operands, the results, and the gradients with
  ///     respect to the results; without it, a gradient through the call is a diagnostic.
  ///   - body: may run on any thread.
  /// - Returns: a tensor for each of `resultTypes`.
  public func call(
    _ name: String, _ operands: [Tensor], resultTypes: [TensorType],
    gradient: (
      @Sendable (_ operands: [Tensor], _ results: [Tensor], _ upstream: [Tensor?]) throws ->
        [Tensor?]
    )? = nil,
    file: StaticString = #fileID, line: UInt = #line,
    body: @escaping @Sendable (_ operands: [NDArray]) throws -> [NDArray]
  ) -> [Tensor] {
    let op = CallSwift(
      label: name, types: ClosureBox { _ in resultTypes }, body: ClosureBox(body),
      backward: gradient.map { ClosureBox($0) })
    return insert(
      op, operands, name: name, resultCount: resultTypes.count, file: file, line: line
    ).results
  }

  /// The result of a Swift closure, of a type that follows from those of its operands.
  ///
  /// - Parameters:
  ///   - name: what errors and dumps call the closure.
  ///   - operands: what it is called with.
  ///   - resultType: computes the type; called with what is known while building, and again with full shapes, when it has to
  ///     give a full shape.
  ///   - gradient: builds the gradients with respect to the operands from the operands, the result, and the gradient with
  ///     respect to the result; without it, a gradient through the call is a diagnostic.
  ///   - body: may run on any thread.
  public func call(
    _ name: String, _ operands: [Tensor],
    resultType: @escaping @Sendable (_ operands: [TensorType]) throws -> TensorType,
    gradient: (
      @Sendable (_ operands: [Tensor], _ result: Tensor, _ upstream: Tensor) throws -> [Tensor?]
    )? = nil,
    file: StaticString = #fileID, line: UInt = #line,
    body: @escaping @Sendable (_ operands: [NDArray]) throws -> NDArray
  ) -> Tensor {
    let backward = gradient.map { gradient in
      ClosureBox<CallSwift.Gradient> { operands, results, upstream in
        guard let dy = upstream[0] else { return operands.map { _ in nil } }
        return try gradient(operands, results[0], dy)
      }
    }
    let op = CallSwift(
      label: name, types: ClosureBox { [try resultType($0)] },
      body: ClosureBox { [try body($0)] }, backward: backward)
    return insert(op, operands, name: name, file: file, line: line).result
  }
}
