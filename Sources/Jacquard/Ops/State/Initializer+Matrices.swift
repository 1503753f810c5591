import JacquardArrays

/// Initial values of matrices as a whole.
extension Initializer {
  /// A random matrix with orthonormal columns, or rows if it is wide, times `gain` (Saxe, McClelland and Ganguli 2013).
  ///
  /// A shape of more axes is that of a matrix whose rows are all axes but the last.
  ///
  /// - Parameter gain: what all elements are multiplied with.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer { graph, shape, dtype in
      guard let (rows, columns) = graph.matrixShape(of: shape, dtype, "orthogonal") else {
        return graph.invalidTensor(TensorType(dtype, PartialShape(known: shape)))
      }
      let draw = graph.randomNormal([max(rows, columns), min(rows, columns)], dtype: dtype)
      let tall = graph.insert(Orthogonalize(), draw)
      let matrix = rows < columns ? tall.transposed() : tall
      return matrix.reshaped(to: shape) * gain
    }
  }

  /// `gain` along the diagonal of a matrix, 0 elsewhere.
  ///
  /// - Parameter gain: the elements of the diagonal.
  public static func identity(gain: Double = 1) -> Initializer {
    Initializer { graph, shape, dtype in
      guard shape.count == 2, let (rows, columns) = graph.matrixShape(of: shape, dtype, "identity")
      else {
        if shape.count > 2 {
          graph.report(
            "the shape \(shape) is not that of a matrix", remedy: "give two dimensions",
            op: "Initializer")
        }
        return graph.invalidTensor(TensorType(dtype, PartialShape(known: shape)))
      }
      return graph.range(0, Double(rows), dtype: .int64).oneHot(
        depth: columns, on: gain, dtype: dtype)
    }
  }

  /// Uniform over ±factor·√(3 / n), where n is the product of all dimensions but the last: it keeps the scale of what passes through
  /// a linear layer.
  ///
  /// - Parameter factor: what the limits are multiplied with; 1.15 before a tanh (Sussillo and Abbott 2014).
  public static func uniformUnitScaling(factor: Double = 1) -> Initializer {
    Initializer { graph, shape, dtype in
      let inputs = shape.dropLast().reduce(1) { $0 * Double($1) }
      let limit = factor * (3 / max(1, inputs)).squareRoot()
      return graph.randomUniform(shape, from: -limit, to: limit, dtype: dtype)
    }
  }
}

extension Graph {
  /// `shape` as that of a matrix, all axes but the last being rows; a diagnostic if it is none, or `dtype` not floating-point.
  fileprivate func matrixShape(
    of shape: [Int], _ dtype: DType, _ initializer: String
  ) -> (rows: Int, columns: Int)? {
    guard shape.count >= 2, dtype.isFloatingPoint else {
      report(
        "\(dtype)\(shape) has no \(initializer) initial value",
        remedy: "use it for floating-point variables of two dimensions or more", op: "Initializer")
      return nil
    }
    do { try requireValidShape(shape) } catch {
      report(
        "the shape is \(shape)", remedy: "give smaller dimensions of 0 or more", op: "Initializer")
      return nil
    }
    return (shape.dropLast().reduce(1, *), shape[shape.count - 1])
  }
}
