import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for ops that take elements at indices, run along an axis, or go by lengths.
  static let indexing: [OpCase] =
    gathers + scatters + rowUpdates + occurrences + alongAxis + running + selections + sequences
    + oneHots + tensorArrays

  private static let gathers: [OpCase] =
    [
      ([4, 3], [2], [3, 0], 0, .float32), ([2, 5], [2, 2], [4, 0, 0, 2], 1, .float64),
      ([2, 3, 2], [3], [2, 2, 0], -2, .float64), ([4], [], [2], 0, .float32),
      ([4, 3], [0], [], 0, .float64), ([3, 0], [2], [1, 2], 0, .float32),
      ([3, 2], [2], [1, 1], 0, .int32), ([3], [2], [2, 0], 0, .bool),
    ].map { (shape: [Int], places: [Int], indices: [Int32], axis: Int, dtype: DType) in
      let place = axis < 0 ? axis + shape.count : axis
      return OpCase(
        "Gather", "axis \(axis)", [.sample(dtype, shape), NDArray(indices, shape: places)],
        build: { [$1[0].gathered(at: $1[1], axis: axis)] },
        expected: { inputs in
          let result = Array(shape[..<place]) + places + shape[(place + 1)...]
          return [
            rearranged(inputs[0], result) { index in
              let which = Array(index[place..<(place + places.count)])
              return index[..<place] + [Int(inputs[1].at(which))] + index[(place + places.count)...]
            }
          ]
        })
    }

  private static let scatters: [OpCase] =
    [
      ([4, 3], [2], [3, 0], 0, .float32), ([2, 5], [2, 2], [4, 0, 0, 2], 1, .float64),
      ([2, 3, 2], [3], [2, 2, 0], -2, .float64), ([4, 3], [0], [], 0, .float32),
      ([3, 2], [3], [1, 1, 1], 0, .int64),
    ].flatMap { (shape: [Int], places: [Int], indices: [Int64], axis: Int, dtype: DType) in
      let place = axis < 0 ? axis + shape.count : axis
      let updates = Array(shape[..<place]) + places + shape[(place + 1)...]
      let positions = NDArray(indices, shape: places)
      let scatter: @Sendable (NDArray, NDArray?) -> NDArray = { update, base in
        var values = base?.doubles() ?? Array(repeating: 0, count: shape.reduce(1, *))
        NDArray.forEachIndex(of: updates) { index in
          let which = Array(index[place..<(place + places.count)])
          let target =
            index[..<place] + [Int(positions.at(which))] + index[(place + places.count)...]
          values[zip(shape, target).reduce(0) { $0 * $1.0 + $1.1 }] += update.at(index)
        }
        return NDArray(values, shape: shape).converted(to: dtype)
      }
      return [
        OpCase(
          "ScatterAdd", "into zeros, axis \(axis)",
          [.sample(dtype, updates), positions, .sample(.float32, shape)],
          differentiable: [dtype.isFloatingPoint, false, false],
          build: { [scatterAdd($1[0], at: $1[1], like: $1[2], axis: axis)] },
          expected: { [scatter($0[0], nil)] }),
        OpCase(
          "ScatterAdd", "onto a tensor, axis \(axis)",
          [.sample(dtype, updates), positions, .sample(dtype, shape, seed: 3)],
          build: { [$1[2].addingScattered($1[0], at: $1[1], axis: axis)] },
          expected: { [scatter($0[0], $0[2])] }),
      ]
    }

  private static let rowUpdates: [OpCase] =
    [
      ([4, 3], [2], [3, 0], .float32), ([5, 2], [2, 2], [4, 0, 0, 2], .float64),
      ([3, 2, 2], [4], [2, 1, 2, 2], .float64), ([4, 3], [0], [], .float32),
      ([3], [], [1], .int32), ([3, 0], [2, 1], [1, 1], .float64), ([3, 2], [2], [1, 1], .bool),
    ].map { (shape: [Int], places: [Int], indices: [Int32], dtype: DType) in
      OpCase(
        "ScatterUpdate", "",
        [
          .sample(dtype, places + shape.dropFirst()), NDArray(indices, shape: places),
          .sample(dtype, shape, seed: 3),
        ],
        build: { [$1[2].replacingRows(at: $1[1], with: $1[0])] },
        expected: { inputs in
          var values = inputs[2].doubles()
          let size = shape.dropFirst().reduce(1, *)
          for (position, index) in indices.enumerated() {
            for i in 0..<size {
              values[Int(index) * size + i] = inputs[0].doubles()[position * size + i]
            }
          }
          return [NDArray(values, shape: shape).converted(to: dtype)]
        })
    }

  private static let occurrences: [OpCase] = [
    ([8], [7, 3, 7, -7, 3, 11, 7, 0], .int32), ([2, 3], [1, 1, 2, 1, 2, 1], .int64),
    ([], [5], .int64), ([0], [], .int32), ([9], [0, 1 << 40, 0, -1, 1, 1 << 40, 8, 4, 8], .int64),
  ].flatMap { (shape: [Int], elements: [Int64], dtype: DType) in
    let input = NDArray(elements, shape: shape).converted(to: dtype)
    return [
      OpCase(
        "Occurrence", "first", [input], build: { [$1[0].firstOccurrences()] },
        expected: { _ in
          let first = elements.map { Int64(elements.firstIndex(of: $0)!) }
          return [NDArray(first, shape: shape).converted(to: dtype)]
        }),
      OpCase(
        "Occurrence", "last", [input], build: { [$1[0].lastOccurrences()] },
        expected: { _ in
          let last = elements.map { Int64(elements.lastIndex(of: $0)!) }
          return [NDArray(last, shape: shape).converted(to: dtype)]
        }),
    ]
  }

  private static let alongAxis: [OpCase] = [
    ([2, 3], [2, 2], [0, 2, 1, 1], 1, .float64), ([3, 2], [1, 2], [2, 0], 0, .float32),
    ([2, 2, 2], [2, 1, 2], [0, 1, 1, 1], -2, .float64), ([0, 3], [0, 2], [], 1, .float32),
    ([2, 2], [2, 1], [1, 0], -1, .bool),
  ].map { (shape: [Int], places: [Int], indices: [Int32], axis: Int, dtype: DType) in
    OpCase(
      "GatherAlong", "axis \(axis)", [.sample(dtype, shape), NDArray(indices, shape: places)],
      build: { [$1[0].gathered(at: $1[1], along: axis)] },
      expected: { inputs in
        [
          rearranged(inputs[0], places) { index in
            var origin = index
            origin[axis < 0 ? axis + shape.count : axis] = Int(inputs[1].at(index))
            return origin
          }
        ]
      })
  }

  // MARK: - Running values

  private static let runningShapes: [(shape: [Int], axis: Int, dtype: DType)] = [
    ([4], 0, .float64), ([2, 3], 1, .float32), ([3, 2], 0, .float64), ([2, 3, 2], -2, .float64),
    ([0, 3], 1, .float32), ([2, 0], 1, .float64), ([2, 4], 1, .int32),
  ]

  private static let running: [OpCase] = runningShapes.flatMap { shape, axis, dtype in
    [(false, false), (true, false), (false, true), (true, true)].flatMap {
      (exclusive: Bool, reverse: Bool) in
      let detail = "axis \(axis)\(exclusive ? " exclusive" : "")\(reverse ? " reverse" : "")"
      return [
        OpCase(
          "CumulativeSum", detail, [.sample(dtype, shape)],
          build: { [$1[0].cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse)] },
          expected: { [run($0, axis, exclusive, reverse, from: 0) { $0 + $1[0] }] }),
        OpCase(
          "CumulativeProduct", detail, [.sample(dtype, shape)],
          build: { [$1[0].cumulativeProduct(axis: axis, exclusive: exclusive, reverse: reverse)] },
          expected: { [run($0, axis, exclusive, reverse, from: 1) { $0 * $1[0] }] }),
        OpCase(
          "LinearRecurrence", detail, [.sample(dtype, shape), .sample(dtype, shape, seed: 2)],
          build: {
            [
              linearRecurrence(
                coefficients: $1[0], values: $1[1], axis: axis, exclusive: exclusive,
                reverse: reverse)
            ]
          },
          expected: { [run($0, axis, exclusive, reverse, from: 0) { $1[0] * $0 + $1[1] }] }),
      ]
    }
  }

  @Sendable private static func run(
    _ inputs: [NDArray], _ axis: Int, _ exclusive: Bool, _ reverse: Bool, from start: Double,
    _ next: (Double, [Double]) -> Double
  ) -> NDArray {
    let shape = inputs[0].shape
    let axis = axis < 0 ? axis + shape.count : axis
    return .reference(inputs[0].dtype, shape) { index in
      var places = reverse ? Array((index[axis]..<shape[axis]).reversed()) : Array(0...index[axis])
      if exclusive { places.removeLast() }
      return places.reduce(start) { running, place in
        var index = index
        index[axis] = place
        return next(running, inputs.map { $0.at(index) })
      }
    }
  }

  // MARK: - The greatest

  private static let selections: [OpCase] =
    [
      ([2, 5], 3, .float32), ([7], 7, .float64), ([2, 2, 4], 1, .float64), ([3, 4], 2, .int32),
      ([3, 2], 0, .float32), ([0, 3], 2, .float32), ([2, 40], 17, .float32), ([9], 4, .uint8),
    ].map { (shape: [Int], count: Int, dtype: DType) in
      OpCase(
        "TopK", "\(count)", [.sample(dtype, shape)],
        build: {
          let (values, indices) = $1[0].topK(count)
          return [values, indices]
        }, expected: { top(count, of: $0[0]) })
    }
    + [
      OpCase(
        "TopK", "of equals", [NDArray([2, 5, 5, 2, 5] as [Float])], differentiable: [false],
        build: {
          let (values, indices) = $1[0].topK(4)
          return [values, indices]
        },
        expected: { _ in
          [NDArray([5, 5, 5, 2] as [Float]), NDArray([1, 2, 4, 0] as [Int32])]
        }),
      OpCase(
        "InTopK", "2, with a tie, no class, and infinity",
        [
          NDArray(
            [1, 3, 2, 2, 2, 2, 1, 2, 3, 1, 2, .infinity, 1, 2, 3] as [Float], shape: [5, 3]),
          NDArray([2, 0, 5, 2, 0] as [Int32]),
        ],
        differentiable: [false, false], build: { [$1[0].inTopK(2, targets: $1[1])] },
        expected: { _ in [NDArray([true, true, false, false, false])] }),
    ]

  @Sendable private static func top(_ count: Int, of x: NDArray) -> [NDArray] {
    let length = x.shape[x.rank - 1]
    let values = x.doubles()
    let rows = length == 0 ? 0 : values.count / length
    let order = (0..<rows).flatMap { row in
      (0..<length).map { row * length + $0 }
        .sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }.prefix(count)
    }
    let shape = Array(x.shape.dropLast()) + [count]
    return [
      NDArray(order.map { values[$0] }, shape: shape).converted(to: x.dtype),
      NDArray(order.map { Int32($0 % length) }, shape: shape),
    ]
  }

  // MARK: - Sequences

  private static let sequences: [OpCase] =
    [
      ([3, 4], 1, 0, [2, 4, 0], .float32), ([4, 3], 0, 1, [1, 3, 4], .float64),
      ([2, 2, 3, 2], 2, 0, [3, 2], .float64), ([2, 3, 2], -1, 1, [2, 1, 0], .float32),
      ([0, 3], 1, 0, [], .float32), ([2, 0], 1, 0, [0, 0], .float64),
      ([2, 3], 1, 0, [3, 2], .int32),
    ].map { (shape: [Int], steps: Int, batch: Int, lengths: [Int64], dtype: DType) in
      OpCase(
        "ReverseSequence", "axis \(steps), rows of axis \(batch)",
        [.sample(dtype, shape), NDArray(lengths, shape: [lengths.count])],
        build: {
          [$1[0].reverseSequence(lengths: $1[1], sequenceAxis: steps, batchAxis: batch)]
        },
        expected: { inputs in
          let axis = steps < 0 ? steps + shape.count : steps
          return [
            rearranged(inputs[0], shape) { index in
              var origin = index
              let length = Int(lengths[index[batch]])
              if index[axis] < length { origin[axis] = length - 1 - index[axis] }
              return origin
            }
          ]
        })
    }
    + [
      OpCase(
        "SequenceMask", "", [NDArray([0, 2, 5, -1] as [Int32])],
        build: { [sequenceMask($1[0], maximum: 3)] },
        expected: { inputs in
          [.reference(.bool, [4, 3]) { Double($0[1]) < inputs[0].at([$0[0]]) ? 1 : 0 }]
        }),
      OpCase(
        "SequenceMask", "of steps", [NDArray([1, 2] as [Int64]), .sample(.float32, [3, 2])],
        differentiable: [false, false],
        build: { [sequenceMask($1[0], stepsOf: $1[1], axis: 0)] },
        expected: { inputs in
          [.reference(.bool, [2, 3]) { Double($0[1]) < inputs[0].at([$0[0]]) ? 1 : 0 }]
        }),
      OpCase(
        "SequenceMask", "of no steps", [NDArray([[1], [2]] as [[Int64]])],
        build: { [sequenceMask($1[0], maximum: 0)] },
        expected: { _ in [.zeros(.bool, [2, 1, 0])] }),
    ]

  private static let oneHots: [OpCase] = [
    ([3], [1, 0, 2], 3, -1, .float32), ([2, 2], [1, 0, 5, -1], 3, 0, .float64),
    ([2, 2], [1, 0, 2, 1], 3, 1, .int32), ([0], [], 3, -1, .float32),
    ([2], [0, 0], 0, -1, .float32),
  ].map { (shape: [Int], indices: [Int32], depth: Int, axis: Int, dtype: DType) in
    OpCase(
      "OneHot", "axis \(axis), \(dtype)", [NDArray(indices, shape: shape)],
      build: { [$1[0].oneHot(depth: depth, on: 4, off: -1, axis: axis, dtype: dtype)] },
      expected: { inputs in
        let place = axis < 0 ? axis + shape.count + 1 : axis
        var result = shape
        result.insert(depth, at: place)
        return [
          .reference(dtype, result) { index in
            var rest = index
            let position = rest.remove(at: place)
            return Int(inputs[0].at(rest)) == position ? 4 : -1
          }
        ]
      })
  }
}
