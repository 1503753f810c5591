import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for ops that only gradients insert.
  static let adjoints: [OpCase] = [
    OpCase(
      "SliceGradient", "every second column backwards",
      [.sample(.float64, [2, 2]), .sample(.float64, [2, 4])], differentiable: [true, false],
      build: { graph, x in
        let bound = Slice.Bound(axis: 1, begin: nil, end: nil, stride: -2)
        return [graph.insert(Unslice(slice: Slice(bounds: [bound])), x[0], x[1])]
      },
      expected: { inputs in
        [
          .reference(.float64, [2, 4]) { index in
            index[1] % 2 == 0 ? 0 : inputs[0].at([index[0], (3 - index[1]) / 2])
          }
        ]
      }),
    OpCase(
      "SliceGradient", "of nothing", [.sample(.float32, [0, 3]), .sample(.float32, [2, 3])],
      differentiable: [true, false],
      build: { graph, x in
        let bound = Slice.Bound(axis: 0, begin: 2, end: 2, isStrict: true)
        return [graph.insert(Unslice(slice: Slice(bounds: [bound])), x[0], x[1])]
      },
      expected: { _ in [.zeros(.float32, [2, 3])] }),
    OpCase(
      "ConcatenateGradient", "the second of two along axis -1",
      [.sample(.float32, [2, 5]), .sample(.float32, [2, 3]), .sample(.float32, [2, 2])],
      differentiable: [true, false, false],
      build: { graph, x in [graph.insert(ConcatenatedPart(axis: -1), x).result] },
      expected: { [part(3, 2, of: $0[0], axis: 1)] }),
    OpCase(
      "ConcatenateGradient", "the first along axis 0, a view",
      [.sample(.float64, [3, 2]), .sample(.float64, [2, 2])], differentiable: [true, false],
      build: { graph, x in [graph.insert(ConcatenatedPart(axis: 0), x).result] },
      expected: { [part(0, 2, of: $0[0], axis: 0)] }),
    OpCase(
      "ConcatenateGradientGradient", "the second of two along axis 1",
      [
        .sample(.float64, [2, 2]), .sample(.float64, [2, 5]), .sample(.float64, [2, 3]),
        .sample(.float64, [2, 2]),
      ],
      differentiable: [true, false, false, false],
      build: { graph, x in
        [graph.insert(Unslice(slice: ConcatenatedPart(axis: 1)), x).result]
      },
      expected: { inputs in
        [
          .reference(.float64, [2, 5]) {
            $0[1] < 3 ? 0 : inputs[0].at([$0[0], $0[1] - 3])
          }
        ]
      }),
    OpCase(
      "TileGradient", "[2, 3]", [.sample(.float32, [4, 3])],
      build: { graph, x in [graph.insert(TileGradient(multiples: [2, 3]), x[0])] },
      expected: { inputs in
        [
          .reference(.float32, [2, 1]) { index in
            [0, 2].flatMap { row in (0..<3).map { inputs[0].at([row + index[0], $0]) } }
              .reduce(0, +)
          }
        ]
      }),
    OpCase(
      "GatherAlongGradient", "of equal indices",
      [
        .sample(.float64, [2, 3]), NDArray([1, 1, 0, 3, 1, 3] as [Int32], shape: [2, 3]),
        .sample(.float64, [2, 4]),
      ],
      differentiable: [true, false, false],
      build: { graph, x in [graph.insert(ScatterAlong(axis: 1), x).result] },
      expected: { inputs in
        [
          .reference(.float64, [2, 4]) { index in
            (0..<3).filter { Int(inputs[1].at([index[0], $0])) == index[1] }
              .reduce(0) { $0 + inputs[0].at([index[0], $1]) }
          }
        ]
      }),
  ]
}
