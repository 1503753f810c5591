import JacquardArrays

@testable import Jacquard

extension Mistake {
  /// Convolutions, pooling, and initial values of matrices.
  static let convolutions: [Mistake] = [
    Mistake(
      "convolution, channels", "Convolution", "[?, 28, 28, 3] has 3 channels", "[5, 5, 1, 8]",
      "with 3 for in"
    ) { graph in
      let x = graph.placeholder(.float32, [nil, 28, 28, 3])
      let filter = graph.placeholder(.float32, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake("convolution, rank", "rank 4", "[8, 28, 28]", "[batch, rows, columns, channels]") {
      graph in
      let x = graph.placeholder(.float32, [8, 28, 28])
      let filter = graph.placeholder(.float32, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake("convolution of sequences, rank", "rank 3", "[8, 28]", "[batch, steps, channels]") {
      graph in
      let x = graph.placeholder(.float32, [8, 28])
      let filter = graph.placeholder(.float32, [5, 1, 8])
      return line(of: convolution1D(x, filter))
    },
    Mistake("convolution, rank of the filter", "[5, 1, 8]", "rank 4", "[rows, columns, in, out]") {
      graph in
      let x = graph.placeholder(.float32, [8, 28, 28, 1])
      let filter = graph.placeholder(.float32, [5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake("convolution, dtype", "floating-point", "int32", "cast") { graph in
      let x = graph.placeholder(.int32, [8, 28, 28, 1])
      let filter = graph.placeholder(.int32, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake("convolution, dtypes", "float32 and float64", "cast") { graph in
      let x = graph.placeholder(.float32, [8, 28, 28, 1])
      let filter = graph.placeholder(.float64, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake("convolution, strides", "the strides are [2, 0]", "1 or more") { graph in
      let x = graph.placeholder(.float32, [8, 28, 28, 1])
      let filter = graph.placeholder(.float32, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter, strides: (2, 0)))
    },
    Mistake("convolution, dilations", "the dilations are [-1]", "1 or more") { graph in
      let x = graph.placeholder(.float32, [8, 28, 1])
      let filter = graph.placeholder(.float32, [5, 1, 8])
      return line(of: convolution1D(x, filter, dilation: -1))
    },
    Mistake("convolution, no window", "the window is of shape [0, 5]", "1 or more") { graph in
      let x = graph.placeholder(.float32, [8, 28, 28, 1])
      let filter = graph.placeholder(.float32, [0, 5, 1, 8])
      return line(of: convolution2D(x, filter))
    },
    Mistake(
      "convolution, no place", "spans 9", "length 7", "axis 2", "padding: .same"
    ) { graph in
      let x = graph.placeholder(.float32, [nil, 28, 7, 1])
      let filter = graph.placeholder(.float32, [5, 5, 1, 8])
      return line(of: convolution2D(x, filter, padding: .valid, dilations: (1, 2)))
    },
    Mistake("convolution, wide", "wider than any array", "smaller window or dilation") { graph in
      let x = graph.placeholder(.float32, [nil, nil, 1])
      let filter = graph.placeholder(.float32, [3, 1, 1])
      return line(of: convolution1D(x, filter, dilation: .max))
    },
    Mistake("max pooling, rank", "MaxPooling", "rank 4", "[8, 28]", "[batch, rows") { graph in
      line(of: maxPooling2D(graph.placeholder(.float32, [8, 28])))
    },
    Mistake("max pooling, strides", "the strides are [-2]", "1 or more") { graph in
      line(of: maxPooling1D(graph.placeholder(.float32, [8, 28, 1]), size: 2, stride: -2))
    },
    Mistake("max pooling, no window", "[2, -3]", "1 or more") { graph in
      let x = graph.placeholder(.float32, [8, 28, 8, 1])
      return line(of: maxPooling2D(x, size: (2, -3), strides: (1, 1)))
    },
    Mistake("average pooling, dtype", "AveragePooling", "uint8", "cast") { graph in
      line(of: averagePooling2D(graph.placeholder(.uint8, [8, 28, 28, 1])))
    },
    Mistake("average pooling, no place", "spans 5", "length 2", "axis 1") { graph in
      line(of: averagePooling1D(graph.placeholder(.float32, [8, 2, 1]), size: 5, stride: 1))
    },
    Mistake("flatten, scalar", "Flatten", "a scalar has no rows", "[batch, …]") { graph in
      line(of: graph.placeholder(.float32, []).flattened())
    },
    Mistake("flatten, beyond memory", "more elements than memory", "smaller") { graph in
      line(of: graph.placeholder(.float32, [nil, 1 << 40, 1 << 40]).flattened())
    },
    Mistake("orthogonal vector", "Initializer", "float32[3]", "orthogonal", "two dimensions") {
      graph in
      line(of: graph.variable(.orthogonal(), [3]))
    },
    Mistake("orthogonal integers", "int32[3, 3]", "floating-point") { graph in
      line(of: graph.variable(.orthogonal(), [3, 3], dtype: .int32))
    },
    Mistake("identity of three axes", "[3, 3, 2]", "two dimensions") { graph in
      line(of: graph.variable(.identity(), [3, 3, 2]))
    },
    Mistake("identity, beyond memory", "Initializer", "[\(Int.max), 2]", "smaller dimensions") {
      graph in
      line(of: Initializer.identity()(graph, [.max, 2]))
    },
    Mistake("orthogonal columns of a vector", "[3] is not a matrix", "reshape") { graph in
      line(of: inserted(Orthogonalize(), graph.placeholder(.float32, [3])))
    },
    Mistake("orthogonal columns, too many", "4 columns of length 3", "transpose") { graph in
      line(of: inserted(Orthogonalize(), graph.placeholder(.float32, [3, 4])))
    },
    Mistake("gradient of orthogonal columns", "which nothing trains", "stopGradient") { graph in
      let x = graph.placeholder(.float32, [4, 3])
      let y = inserted(Orthogonalize(), x)
      return line(of: graph.gradients(of: [y], withRespectTo: [x]))
    },
    Mistake("elements where another is greatest", "[2, 5, 1]", "[2, 4, 1]", "one shape") { graph in
      let x = graph.placeholder(.float32, [2, 4, 1])
      let placement = WindowPlacement(strides: [2], padding: .valid)
      let selection = MaxPoolingSelection(size: [2], placement: placement)
      return line(of: inserted(selection, x, graph.placeholder(.float32, [2, 5, 1])))
    },
    Mistake("upstream gradient of a convolution", "[2, 5, 1]", "[2, 4, 3]", "the result") { graph in
      let x = graph.placeholder(.float32, [2, 4, 2])
      let filter = graph.placeholder(.float32, [3, 2, 3])
      let placement = WindowPlacement(strides: [1], padding: .same)
      let gradient = ConvolutionInputGradient(placement: placement)
      return line(of: inserted(gradient, graph.placeholder(.float32, [2, 5, 1]), filter, x))
    },
  ]

  private static func inserted(
    _ op: some Op, _ operands: Tensor..., file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    operands[0].graph.insert(op, operands, file: file, line: line).result
  }
}
