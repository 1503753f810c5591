import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for ops that arrange elements.
  static let arrays: [OpCase] =
    reshapes + transposes + joins + parts + slices + fills + broadcasts + paddings + tiles
    + reversals + shapes + indexing + adjoints

  private static let floats: [DType] = [.float32, .float64]
  private static let several: [DType] = [.float32, .float64, .int64, .uint8, .bool]

  private static func rows(
    _ op: String, _ detail: String, _ shape: [Int], _ dtypes: [DType] = floats,
    build: @escaping @Sendable (Tensor) -> Tensor,
    expected: @escaping @Sendable (NDArray) -> NDArray
  ) -> [OpCase] {
    dtypes.map { dtype in
      OpCase(
        op, detail, [.sample(dtype, shape)], build: { [build($1[0])] },
        expected: { [expected($0[0])] })
    }
  }

  /// `x` with its elements in order in another shape.
  @Sendable private static func relabelled(_ x: NDArray, _ shape: [Int]) -> NDArray {
    NDArray(x.doubles(), shape: shape).converted(to: x.dtype)
  }

  // MARK: - Other shapes

  private static let reshapes: [OpCase] =
    rows(
      "Reshape", "to [2, -1]", [3, 4], several, build: { $0.reshaped(to: [2, -1]) },
      expected: { relabelled($0, [2, 6]) })
    + rows(
      "Reshape", "to []", [1, 1], build: { $0.reshaped(to: []) }, expected: { relabelled($0, []) })
    + rows(
      "Reshape", "to [-1, 3]", [0, 3], build: { $0.reshaped(to: [-1, 3]) },
      expected: { relabelled($0, [0, 3]) })
    + rows(
      "ReshapeToTensor", "to [6, -1]", [3, 4],
      build: { $0.reshaped(to: $0.graph.constant([6, -1])) }, expected: { relabelled($0, [6, 2]) })
    + rows(
      "ExpandDimensions", "at 0", [3, 4], several, build: { $0.expandingDimensions(at: 0) },
      expected: { relabelled($0, [1, 3, 4]) })
    + rows(
      "ExpandDimensions", "at -1", [3, 4], build: { $0.expandingDimensions(at: -1) },
      expected: { relabelled($0, [3, 4, 1]) })
    + rows(
      "ExpandDimensions", "of a scalar", [], build: { $0.expandingDimensions(at: 0) },
      expected: { relabelled($0, [1]) })
    + rows(
      "Squeeze", "axis 1", [3, 1, 4], several, build: { $0.squeezed(axis: 1) },
      expected: { relabelled($0, [3, 4]) })
    + rows(
      "Squeeze", "axis -1", [0, 1], build: { $0.squeezed(axis: -1) },
      expected: { relabelled($0, [0]) })
    + [
      OpCase(
        "ReshapeLike", "", [.sample(.float32, [3, 4]), .sample(.int32, [2, 6])],
        build: { [$1[0].reshaped(like: $1[1])] }, expected: { [relabelled($0[0], [2, 6])] })
    ]

  // MARK: - Transposes and reversals

  private static let transposes: [OpCase] =
    transpose([3, 4], nil, several) + transpose([2, 3, 4], [1, 2, 0], several)
    + transpose([2, 3, 4, 5], [0, 2, 1, 3]) + transpose([2, 3, 4], [-1, 0, 1])
    + transpose([1, 3, 1, 2], [2, 1, 0, 3]) + transpose([0, 3], nil) + transpose([], nil)
    + transpose([270, 250], nil, [.float32], differentiable: false)

  private static func transpose(
    _ shape: [Int], _ permutation: [Int]?, _ dtypes: [DType] = floats, differentiable: Bool = true
  ) -> [OpCase] {
    let order =
      permutation?.map { $0 < 0 ? $0 + shape.count : $0 } ?? Array(shape.indices.reversed())
    return dtypes.map { dtype in
      OpCase(
        "Transpose", permutation.map { "\($0)" } ?? "", [.sample(dtype, shape)],
        differentiable: [differentiable && dtype.isFloatingPoint],
        build: { [$1[0].transposed(permutation)] },
        expected: { inputs in
          [
            rearranged(inputs[0], order.map { shape[$0] }) { index in
              var origin = index
              for (place, axis) in order.enumerated() { origin[axis] = index[place] }
              return origin
            }
          ]
        })
    }
  }

  private static let reversals: [OpCase] =
    reverse([3, 4], [0], several) + reverse([2, 3, 4], [-1, 1]) + reverse([2, 1], [1])
    + reverse([0, 3], [0, 1])

  private static func reverse(
    _ shape: [Int], _ axes: [Int], _ dtypes: [DType] = floats
  ) -> [OpCase] {
    let flipped = axes.map { $0 < 0 ? $0 + shape.count : $0 }
    return rows(
      "Reverse", "axes \(axes)", shape, dtypes, build: { $0.reversed(axes: axes) },
      expected: { x in
        rearranged(x, shape) { index in
          index.indices.map { flipped.contains($0) ? shape[$0] - 1 - index[$0] : index[$0] }
        }
      })
  }

  /// The array of `shape` whose element at each index is that of `x` at the index `origin` says.
  @Sendable static func rearranged(
    _ x: NDArray, _ shape: [Int], _ origin: ([Int]) -> [Int]
  ) -> NDArray {
    let values = x.doubles()
    return .reference(x.dtype, shape) { index in
      values[zip(x.shape, origin(index)).reduce(0) { $0 * $1.0 + $1.1 }]
    }
  }

  // MARK: - Joins and parts

  private static let joins: [OpCase] =
    [
      ([[2, 3], [4, 3]], 0, .float32), ([[2, 3], [2, 1], [2, 4]], 1, .float64),
      ([[2, 3, 2], [2, 1, 2]], -2, .float32), ([[2, 0], [2, 3]], 1, .float64),
      ([[0, 3], [0, 2]], 1, .float32), ([[2, 3]], 0, .float64), ([[2, 3], [2, 4]], -1, .int32),
      ([[3], [2]], 0, .bool),
    ].map { (shapes: [[Int]], axis: Int, dtype: DType) in
      OpCase(
        "Concatenate", "axis \(axis)", samples(dtype, shapes),
        build: { [concatenate($1, axis: axis)] },
        expected: { inputs in
          let axis = axis < 0 ? axis + shapes[0].count : axis
          return [joined(inputs, axis: axis)]
        })
    }
    + [
      ([2, 3], 3, 0, .float32), ([2, 3], 2, 1, .float64), ([2, 3], 2, -1, .float32),
      ([], 3, 0, .float64), ([0, 2], 2, 1, .float32), ([2], 1, 0, .float64),
      ([2, 2], 2, 1, .int64),
    ].map { (shape: [Int], count: Int, axis: Int, dtype: DType) in
      OpCase(
        "Stack", "axis \(axis)", samples(dtype, Array(repeating: shape, count: count)),
        build: { [stack($1, axis: axis)] },
        expected: { inputs in
          let axis = axis < 0 ? axis + shape.count + 1 : axis
          var one = shape
          one.insert(1, at: axis)
          return [joined(inputs.map { relabelled($0, one) }, axis: axis)]
        })
    }
    + [
      OpCase(
        "AddN", "", samples(.float32, [[2, 3], [2, 3], [2, 3]]),
        build: { [sum(of: $1)] },
        expected: { inputs in
          [.reference(.float32, [2, 3]) { index in inputs.reduce(0) { $0 + $1.at(index) } }]
        }),
      OpCase(
        "AddN", "in tiles", samples(.float32, [[5000], [5000], [5000], [5000]]),
        differentiable: [false, false, false, false], relativeTolerance: 1e-5,
        build: { [sum(of: $1)] },
        expected: { inputs in
          let values = inputs.map { $0.doubles() }
          return [
            .reference(.float32, [5000]) { index in values.reduce(0) { $0 + $1[index[0]] } }
          ]
        }),
      OpCase(
        "AddN", "", samples(.int64, [[0], [0]]), build: { [sum(of: $1)] },
        expected: { _ in [.zeros(.int64, [0])] }),
    ]

  private static func samples(_ dtype: DType, _ shapes: [[Int]]) -> [NDArray] {
    shapes.enumerated().map { .sample(dtype, $1, seed: $0 + 1) }
  }

  @Sendable private static func joined(_ arrays: [NDArray], axis: Int) -> NDArray {
    var shape = arrays[0].shape
    shape[axis] = arrays.reduce(0) { $0 + $1.shape[axis] }
    return .reference(arrays[0].dtype, shape) { index in
      var index = index
      for array in arrays {
        if index[axis] < array.shape[axis] { return array.at(index) }
        index[axis] -= array.shape[axis]
      }
      return .nan
    }
  }

  private static let parts: [OpCase] =
    [
      ([4, 3], 2, 0, .float32), ([2, 6], 3, 1, .float64), ([2, 4, 3], 4, -2, .float32),
      ([0, 4], 2, 1, .float64), ([2, 3], 1, 0, .float32), ([4], 2, 0, .bool),
    ].map { (shape: [Int], count: Int, axis: Int, dtype: DType) in
      OpCase(
        "Split", "count \(count), axis \(axis)", [.sample(dtype, shape)],
        build: { $1[0].split(count: count, axis: axis) },
        expected: { inputs in
          let axis = axis < 0 ? axis + shape.count : axis
          let size = shape[axis] / count
          return (0..<count).map { part($0 * size, size, of: inputs[0], axis: axis) }
        })
    }
    + [
      OpCase(
        "Split", "sizes 1, 0, 3", [.sample(.float64, [2, 4])],
        build: { $1[0].split(sizes: [1, 0, 3], axis: 1) },
        expected: { inputs in
          [(0, 1), (1, 0), (1, 3)].map { part($0, $1, of: inputs[0], axis: 1) }
        }),
      OpCase(
        "Split", "only one part used", [.sample(.float64, [2, 4])],
        build: { [$1[0].split(count: 2, axis: 1)[1]] },
        expected: { [part(2, 2, of: $0[0], axis: 1)] }),
    ]
    + [
      ([3, 2], 0, .float32), ([2, 3], 1, .float64), ([2, 3, 2], -2, .float32),
      ([0, 2], 1, .float64), ([1, 3], 0, .float32), ([2, 2], 0, .int32),
    ].map { (shape: [Int], axis: Int, dtype: DType) in
      let place = axis < 0 ? axis + shape.count : axis
      return OpCase(
        "Unstack", "axis \(axis)", [.sample(dtype, shape)],
        build: { $1[0].unstacked(count: shape[place], axis: axis) },
        expected: { inputs in
          var rest = shape
          rest.remove(at: place)
          return (0..<shape[place]).map {
            relabelled(part($0, 1, of: inputs[0], axis: place), rest)
          }
        })
    }

  @Sendable static func part(_ start: Int, _ size: Int, of x: NDArray, axis: Int) -> NDArray {
    var shape = x.shape
    shape[axis] = size
    return rearranged(x, shape) { index in
      var origin = index
      origin[axis] += start
      return origin
    }
  }

  // MARK: - Slices

  private static let slices: [OpCase] =
    rows(
      "Slice", "from [1, 2] sizes [2, -1]", [4, 5], several,
      build: { $0.sliced(from: [1, 2], sizes: [2, -1]) },
      expected: { x in rearranged(x, [2, 3]) { [$0[0] + 1, $0[1] + 2] } })
    + rows(
      "Slice", "of leading rows, a view", [4, 5],
      build: { $0.sliced(from: [1, 0], sizes: [2, 5]) },
      expected: { x in rearranged(x, [2, 5]) { [$0[0] + 1, $0[1]] } })
    + rows(
      "Slice", "of nothing", [4, 5], build: { $0.sliced(from: [4, 1], sizes: [0, 2]) },
      expected: { x in .zeros(x.dtype, [0, 2]) })
    + rows(
      "Slice", "with strides", [7, 6],
      build: { $0.stridedSlice(begin: [5, 1], end: [0, nil], strides: [-2, 2]) },
      expected: { x in rearranged(x, [3, 3]) { [5 - 2 * $0[0], 1 + 2 * $0[1]] } })
    + rows(
      "Slice", "backwards from the end", [5], several,
      build: { $0.stridedSlice(begin: [nil], end: [nil], strides: [-1]) },
      expected: { x in rearranged(x, [5]) { [4 - $0[0]] } })
    + rows(
      "Slice", "with negative bounds and bounds outside", [5, 4],
      build: { $0.stridedSlice(begin: [-3, -9], end: [-1, 9]) },
      expected: { x in rearranged(x, [2, 4]) { [$0[0] + 2, $0[1]] } })
    + rows(
      "Slice", "at an index", [4, 3], build: { $0[2] },
      expected: { x in rearranged(x, [3]) { [2, $0[0]] } })
    + rows(
      "Slice", "at the last index", [4], build: { $0[-1] },
      expected: { x in rearranged(x, []) { _ in [3] } })
    + rows(
      "Slice", "range along axis -1", [2, 3, 5], build: { $0.slice(axis: -1, range: 1..<4) },
      expected: { x in part(1, 3, of: x, axis: 2) })

  // MARK: - Constants of a shape

  private static let fills: [OpCase] = [
    OpCase(
      "FillLike", "ones", [.sample(.float32, [2, 3])], differentiable: [false],
      build: { [ones(like: $1[0])] }, expected: { _ in [.ones(.float32, [2, 3])] }),
    OpCase(
      "FillLike", "of another dtype", [.sample(.float32, [0, 3])], differentiable: [false],
      build: { [full(7, like: $1[0], dtype: .int64)] },
      expected: { _ in [.full(7, dtype: .int64, shape: [0, 3])] }),
    OpCase(
      "FillLike", "rows of axis 1", [.sample(.float64, [2, 3])], differentiable: [false],
      build: { [zeros(rowsOf: $1[0], axis: 1, trailing: [4])] },
      expected: { _ in [.zeros(.float64, [3, 4])] }),
    OpCase(
      "Fill", "", [.sample(.float32, [])],
      build: { [fill(shape: $0.constant([2, 3]), value: $1[0])] },
      expected: { inputs in [.reference(.float32, [2, 3]) { _ in inputs[0].at([]) }] }),
    OpCase(
      "Fill", "with nothing", [.sample(.uint8, [])],
      build: { [fill(shape: $0.constant([2, 0]), value: $1[0])] },
      expected: { _ in [.zeros(.uint8, [2, 0])] }),
  ]

  private static let shapes: [OpCase] = [
    OpCase(
      "Shape", "", [.sample(.float32, [2, 0, 3])], differentiable: [false],
      build: { [$1[0].shapeTensor()] }, expected: { _ in [NDArray([2, 0, 3] as [Int64])] }),
    OpCase(
      "Shape", "of a scalar", [.sample(.float32, [])], differentiable: [false],
      build: { [$1[0].shapeTensor()] }, expected: { _ in [.zeros(.int64, [0])] }),
    OpCase(
      "Size", "", [.sample(.float32, [2, 3, 4])], differentiable: [false],
      build: { [$1[0].sizeTensor(), $1[0].sizeTensor(along: [0, -1], dtype: .float64)] },
      expected: { _ in
        [.full(24, dtype: .int64, shape: []), .full(8, dtype: .float64, shape: [])]
      }),
    OpCase(
      "Range", "", [],
      build: { graph, _ in [graph.range(2, 11, 3), graph.range(1, -1, -0.5, dtype: .float64)] },
      expected: { _ in [NDArray([2, 5, 8] as [Int32]), NDArray([1, 0.5, 0, -0.5] as [Double])] }),
    OpCase(
      "Range", "of nothing", [], build: { graph, _ in [graph.range(5, 2, 1, dtype: .int64)] },
      expected: { _ in [.zeros(.int64, [0])] }),
  ]

  // MARK: - Repetition

  private static let broadcasts: [OpCase] =
    [
      ([3], [2, 3], .float32), ([2, 1], [2, 3], .float64), ([], [2, 2], .float32),
      ([1, 3, 1], [2, 2, 3, 2], .float64), ([1], [0], .float32), ([2, 3], [2, 3], .float64),
      ([1, 2], [3, 2], .bool),
    ].flatMap { (shape: [Int], target: [Int], dtype: DType) in
      let expected: @Sendable ([NDArray]) -> [NDArray] = { inputs in
        [
          rearranged(inputs[0], target) { index in
            zip(shape, index.suffix(shape.count)).map { $0 == 1 ? 0 : $1 }
          }
        ]
      }
      return [
        OpCase(
          "BroadcastTo", "\(target)", [.sample(dtype, shape)],
          build: { [$1[0].broadcast(to: target)] }, expected: expected),
        OpCase(
          "BroadcastLike", "", [.sample(dtype, shape), .sample(.int32, target)],
          build: { [$1[0].broadcast(toShapeOf: $1[1])] }, expected: expected),
      ]
    }

  private static let tiles: [OpCase] =
    tile([2, 3], [2, 3], several) + tile([3], [4]) + tile([2, 1, 2], [1, 3, 2])
    + tile([0, 2], [2, 2]) + tile([2, 2], [1, 1])

  private static func tile(
    _ shape: [Int], _ multiples: [Int], _ dtypes: [DType] = floats
  ) -> [OpCase] {
    rows(
      "Tile", "\(multiples)", shape, dtypes, build: { $0.tiled(multiples) },
      expected: { x in
        rearranged(x, zip(shape, multiples).map(*)) { zip($0, shape).map { $0 % $1 } }
      })
  }

  private static let paddings: [OpCase] =
    pad([2, 3], [(1, 2), (0, 1)], 0, several) + pad([3], [(2, 0)], -1.5)
    + pad([0, 2], [(1, 1), (0, 0)], 3)
    + pad([2, 2], [(0, 0), (0, 0)], 9)

  private static func pad(
    _ shape: [Int], _ paddings: [(Int, Int)], _ value: Double, _ dtypes: [DType] = floats
  ) -> [OpCase] {
    rows(
      "Pad", "\(paddings) with \(value)", shape, dtypes,
      build: { $0.padded(paddings, value: value) },
      expected: { x in
        .reference(x.dtype, zip(shape, paddings).map { $0 + $1.0 + $1.1 }) { index in
          let origin = zip(index, paddings).map { $0 - $1.0 }
          let isInside = zip(origin, shape).allSatisfy { (0..<$1).contains($0) }
          return isInside ? x.at(origin) : value
        }
      })
  }
}
