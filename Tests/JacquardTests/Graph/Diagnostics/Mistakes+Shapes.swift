import JacquardArrays

@testable import Jacquard

extension Mistake {
  /// Shapes of results: products, reductions, reshaping, joining and taking apart.
  static let shapes: [Mistake] = [
    Mistake("matmul, inner dimensions", "MatMul", "28", "30") { graph in
      let a = graph.placeholder(.float32, [nil, 28])
      let b = graph.placeholder(.float32, [30, 128])
      return line(of: matmul(a, b))
    },
    Mistake("matmul, rank", "MatMul", "[5]") { graph in
      let a = graph.placeholder(.float32, [5])
      let b = graph.placeholder(.float32, [5, 2])
      return line(of: matmul(a, b))
    },
    Mistake("matmul, dtype", "MatMul", "uint8", "cast") { graph in
      let a = graph.placeholder(.uint8, [2, 2])
      return line(of: matmul(a, a))
    },
    Mistake("matmul, dtypes", "MatMul", "float32 and float64") { graph in
      let a = graph.placeholder(.float32, [2, 2])
      return line(of: matmul(a, a.cast(to: .float64)))
    },
    Mistake("matmul, batches", "MatMul", "batch dimensions", "[2, 4, 4]", "[3, 4, 4]") { graph in
      let a = graph.placeholder(.float32, [2, 4, 4])
      let b = graph.placeholder(.float32, [3, 4, 4])
      return line(of: matmul(a, b))
    },
    Mistake("reshape", "Reshape", "[2, 3]", "[2, 2]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).reshaped(to: [2, 2]))
    },
    Mistake("reshape, two open dimensions", "Reshape", "[-1, -1]", "at most one of -1") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).reshaped(to: [-1, -1]))
    },
    Mistake("reshape, known factor", "Reshape", "[?, 3]", "[2, 2]") { graph in
      line(of: graph.placeholder(.float32, [nil, 3]).reshaped(to: [2, 2]))
    },
    Mistake("reshape, rest", "Reshape", "[2, 3]", "[4, -1]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).reshaped(to: [4, -1]))
    },
    Mistake("reshape, rest of nothing", "[0, -1]", "could be anything") { graph in
      line(of: graph.placeholder(.float32, [0, 3]).reshaped(to: [0, -1]))
    },
    Mistake("reshape, beyond memory", "more elements than memory", "smaller") { graph in
      line(of: graph.placeholder(.float32, [nil]).reshaped(to: [.max, .max]))
    },
    Mistake("reshape to a tensor, dtype", "dimensions are float32") { graph in
      let shape = graph.placeholder(.float32, [2])
      return line(of: graph.placeholder(.float32, [6]).reshaped(to: shape))
    },
    Mistake("reshape to a tensor, rank", "int32[2, 1]", "not a vector") { graph in
      let shape = graph.placeholder(.int32, [2, 1])
      return line(of: graph.placeholder(.float32, [6]).reshaped(to: shape))
    },
    Mistake("reshape to a constant", "[6]", "[2, 2]") { graph in
      let shape = graph.constant(NDArray([2, 2] as [Int32]))
      return line(of: graph.placeholder(.float32, [6]).reshaped(to: shape))
    },
    Mistake("reshape like another", "6 elements", "[2, 2]", "4") { graph in
      let other = graph.placeholder(.float32, [2, 2])
      return line(of: graph.placeholder(.float32, [6]).reshaped(like: other))
    },
    Mistake("transpose", "Transpose", "permutation") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).transposed([0, 0]))
    },
    Mistake("transpose, rank", "a permutation of 3 axes", "[2, 3]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).transposed([2, 0, 1]))
    },
    Mistake("squeeze", "axis 0", "length 2, not 1") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).squeezed(axis: 0))
    },
    Mistake("expanding dimensions", "no axis 4", "[2, 3]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).expandingDimensions(at: 4))
    },
    Mistake("sum, axis", "Sum", "axis 2") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).sum(along: [2]))
    },
    Mistake("sum, axis of a scalar", "Sum", "axis 0", "at least one dimension") { graph in
      line(of: graph.placeholder(.float32, []).sum(along: [0]))
    },
    Mistake("sum, axis twice", "Sum", "given twice", "[0, -2]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).sum(along: [0, -2]))
    },
    Mistake("mean of bool", "bool", "cast") { graph in
      line(of: graph.placeholder(.bool, [2, 3]).mean())
    },
    Mistake("argmax, axis", "axis 5") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).argmax(axis: 5))
    },
    Mistake("argmin of nothing", "ArgMin", "[2, 0]", "empty") { graph in
      line(of: graph.placeholder(.float32, [2, 0]).argmin(axis: 1))
    },
    Mistake("summed to another shape", "[4]", "[2, 3]") { graph in
      let other = graph.placeholder(.float32, [4])
      return line(of: graph.placeholder(.float32, [2, 3]).summed(toShapeOf: other))
    },
    Mistake("summed, dtype", "no sum of bool") { graph in
      let other = graph.placeholder(.float32, [3])
      return line(of: graph.placeholder(.bool, [2, 3]).summed(toShapeOf: other))
    },
    Mistake("sum of tensors", "AddN", "[2]", "[3]", "broadcast") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float32, [3])
      return line(of: sum(of: [a, b]))
    },
    Mistake("size, dtype", "a size cannot be bool", ".int64") { graph in
      line(of: graph.placeholder(.float32, [2]).sizeTensor(dtype: .bool))
    },
    Mistake("concatenate", "Concatenate", "[2, 3]", "[3, 4]") { graph in
      let a = graph.placeholder(.float32, [2, 3])
      let b = graph.placeholder(.float32, [3, 4])
      return line(of: concatenate([a, b], axis: 1))
    },
    Mistake("stack", "Stack", "[2]", "[3]", "do not stack") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float32, [3])
      return line(of: stack([a, b]))
    },
    Mistake("unstack", "Unstack", "3", "4") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).unstacked(count: 4, axis: 0))
    },
    Mistake("unstack into none", "Unstack", "0 tensors") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).unstacked(count: 0))
    },
    Mistake("split", "Split", "length 3", "2 equal parts") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).split(count: 2, axis: 0))
    },
    Mistake("split into none", "Split", "0 parts") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).split(count: 0, axis: 0))
    },
    Mistake("split, sizes", "Split", "add up to 4", "length 3") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).split(sizes: [1, 3], axis: 0))
    },
    Mistake("split, negative size", "Split", "[4, -1]", "negative") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).split(sizes: [4, -1], axis: 0))
    },
    Mistake("broadcast", "[4]", "[2, 3]", "broadcast") { graph in
      line(of: graph.placeholder(.float32, [4]).broadcast(to: [2, 3]))
    },
    Mistake("broadcast, negative dimension", "[2, -1]", "negative dimension") { graph in
      line(of: graph.placeholder(.float32, []).broadcast(to: [2, -1]))
    },
    Mistake("tile", "2 multiples", "[3]") { graph in
      line(of: graph.placeholder(.float32, [3]).tiled([1, 2]))
    },
    Mistake("tile, negative", "[-1]", "below 0") { graph in
      line(of: graph.placeholder(.float32, [3]).tiled([-1]))
    },
    Mistake("pad, axes", "paddings for 1 axes", "[2, 3]") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).padded([(1, 1)]))
    },
    Mistake("pad, negative", "[-1] before", "sliced") { graph in
      line(of: graph.placeholder(.float32, [2]).padded([(-1, 1)]))
    },
    Mistake("fill, shape", "float32[2]", "dimensions are float32") { graph in
      line(of: fill(shape: graph.placeholder(.float32, [2]), value: graph.constant(1.0)))
    },
    Mistake("fill, rank of the shape", "int32[2, 2]", "not a vector") { graph in
      line(of: fill(shape: graph.placeholder(.int32, [2, 2]), value: graph.constant(1.0)))
    },
    Mistake("fill, value", "float32[3]", "not a scalar") { graph in
      let value = graph.placeholder(.float32, [3])
      return line(of: fill(shape: graph.placeholder(.int32, [2]), value: value))
    },
    Mistake("fill, negative dimension", "[-2]", "negative dimension") { graph in
      let shape = graph.constant(NDArray([-2] as [Int32]))
      return line(of: fill(shape: shape, value: graph.constant(1.0)))
    },
    Mistake("scalar, number", "uint8 does not hold the number 300") { graph in
      line(of: graph.scalar(300, .uint8))
    },
    Mistake("full like another, number", "int32 does not hold the number 0.5") { graph in
      line(of: full(0.5, like: graph.placeholder(.int32, [2])))
    },
    Mistake("placeholder, negative dimension", "[-1, 3]", "leave it open with nil") { graph in
      line(of: graph.placeholder(.float32, [-1, 3]))
    },
    Mistake("placeholder, beyond memory", "more elements than can be counted", "smaller") { graph in
      line(of: graph.placeholder(.float32, [.max, 3]))
    },
    Mistake("placeholder with a default", "float32[2]", "[3]", "nil") { graph in
      let value = graph.placeholder(.float32, [2])
      return line(of: graph.placeholder(withDefault: value, [3]))
    },
  ]
}
