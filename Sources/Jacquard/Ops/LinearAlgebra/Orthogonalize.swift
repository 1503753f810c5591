import JacquardArrays

/// The orthonormal columns Q of the decomposition A = Q·R of a matrix with at least as many rows as columns, where R has no
/// negative diagonal elements.
///
/// Of a matrix of normal draws this is a draw from the uniform distribution over such columns (Mezzadri 2007).
struct Orthogonalize: Op {
  func resultTypes(_ operands: TypeRuleInput) throws -> [TensorType] {
    try operands.requireCount(1)
    try operands.requireDType(in: .floating)
    let shape = operands[0].shape
    guard let dimensions = shape.dimensions else {
      return [TensorType(operands[0].dtype, [nil, nil])]
    }
    guard dimensions.count == 2 else {
      throw TypeRuleError(
        "an operand of shape \(shape) is not a matrix", remedy: "reshape it to [rows, columns]")
    }
    if let rows = dimensions[0], let columns = dimensions[1], rows < columns {
      throw TypeRuleError(
        "\(columns) columns of length \(rows) cannot be orthogonal", remedy: "transpose the matrix")
    }
    return operands.types
  }

  func gradient(_ call: Call, _ upstream: [Tensor?]) throws -> [Tensor?] {
    throw NoGradient("orthogonal columns are made for initial values, which nothing trains")
  }

  func lower(_ context: LoweringContext) throws -> any Kernel {
    let shape = context.shape(0)
    return OrthogonalizeKernel(rows: shape[0], columns: shape[1], dtype: context.dtype(0))
  }
}

/// Householder's decomposition, in float64 for either element type (Golub and Van Loan, Matrix Computations, 5.2).
struct OrthogonalizeKernel: FloatingKernel {
  let rows: Int
  let columns: Int
  /// float32 or float64.
  let dtype: DType

  /// The reflections, a column of `rows` elements each, and a column of the result.
  var scratchByteCount: Int { (columns + 1) * (rows + 1) * MemoryLayout<Double>.size }
  var floatingPointOperations: Int { 4 * rows * columns * columns }

  var kind: KernelKind { .matrixProduct }

  func run<Element: FloatingElement>(
    _ type: Element.Type, _ buffers: KernelBuffers, chunk: Int
  ) {
    let (source, target) = (buffers.operand(0, as: type), buffers.result(0, as: type))
    let reflections = buffers.scratch.assumingMemoryBound(to: Double.self)
    let column = reflections + columns * rows
    // The diagonal of R decides the signs.
    let diagonal = column + rows
    for j in 0..<columns {
      for i in 0..<rows { reflections[j * rows + i] = Double(source[i * columns + j]) }
    }
    for k in 0..<columns {
      diagonal[k] = makeReflection(reflections + k * rows + k, count: rows - k)
      for j in k + 1..<columns {
        reflect(reflections + j * rows + k, by: reflections + k * rows + k, count: rows - k)
      }
    }
    for j in 0..<columns {
      column.update(repeating: 0, count: rows)
      column[j] = diagonal[j] < 0 ? -1 : 1
      for k in (0...j).reversed() {
        reflect(column + k, by: reflections + k * rows + k, count: rows - k)
      }
      for i in 0..<rows { target[i * columns + j] = Element(column[i]) }
    }
  }

  /// Replaces x by the normal, of length √2, of the reflection that leaves only its first element; returns what that becomes.
  private func makeReflection(_ x: UnsafeMutablePointer<Double>, count: Int) -> Double {
    var scale = 0.0
    for i in 0..<count { scale = max(scale, abs(x[i])) }
    guard scale > 0 else { return 0 }
    for i in 0..<count { x[i] /= scale }
    let first = x[0]
    let length = dot(x, x, count).squareRoot()
    let image = first < 0 ? length : -length
    x[0] = first - image
    let factor = (2 / dot(x, x, count)).squareRoot()
    for i in 0..<count { x[i] *= factor }
    return image * scale
  }

  private func reflect(
    _ x: UnsafeMutablePointer<Double>, by normal: UnsafePointer<Double>, count: Int
  ) {
    let distance = dot(x, normal, count)
    for i in 0..<count { x[i] -= distance * normal[i] }
  }

  private func dot(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    var sums = SIMD4<Double>.zero
    let even = count & ~3
    for i in stride(from: 0, to: even, by: 4) {
      sums += SIMD4(x[i], x[i + 1], x[i + 2], x[i + 3]) * SIMD4(y[i], y[i + 1], y[i + 2], y[i + 3])
    }
    var total = sums.sum()
    for i in even..<count { total += x[i] * y[i] }
    return total
  }
}
