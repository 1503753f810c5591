import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for the ops of tensor arrays.
  static let tensorArrays: [OpCase] =
    [
      ([5], [], [3], .int32), ([4], [2], [2, 0], .int64), ([3], [0], [], .int64),
      ([2], [2], [1, 0], .int32), ([4], [1, 2], [3, 1], .int64),
    ].map { (size: [Int], places: [Int], indices: [Int], dtype: DType) in
      OpCase(
        "TensorArrayMark", "\(indices), where all others are marked",
        [
          .reference(.bool, size) { indices.contains($0[0]) ? 0 : 1 },
          NDArray(indices.map { Int64($0) }, shape: places).converted(to: dtype),
        ],
        build: { graph, x in [graph.insert(TensorArrayMark(), x[0], x[1])] },
        expected: { _ in [.reference(.bool, size) { _ in 1 }] })
    }
    + [
      ([4, 3], [], [2], .float32), ([4, 2, 2], [2], [3, 0], .float64),
      ([3], [2], [2, 1], .float64),
      ([2, 3], [0], [], .float32), ([3, 0], [1], [1], .float32), ([3, 2], [3], [1, 2, 0], .int32),
      ([3], [], [1], .bool), ([5, 2], [2, 2], [4, 1, 0, 3], .float64),
    ].map { (shape: [Int], places: [Int], indices: [Int64], dtype: DType) in
      // Places to be written hold zeros, as they do in a tensor array: their derivative is that of what is written.
      let rows = places + shape.dropFirst()
      let holds: @Sendable (Int) -> Bool = { !indices.contains(Int64($0)) }
      let elements = NDArray.reference(dtype, shape) {
        holds($0[0]) ? NDArray.sample(dtype, shape).at($0) : 0
      }
      return OpCase(
        "TensorArrayWrite", "\(indices)",
        [
          elements, .reference(.bool, [shape[0]]) { holds($0[0]) ? 0 : 1 },
          NDArray(indices, shape: places), .sample(dtype, rows, seed: 2),
        ],
        differentiable: [false, false, false, dtype.isFloatingPoint],
        build: { graph, x in [graph.insert(TensorArrayWrite(), x).result] },
        expected: { inputs in
          let flat = inputs[3].reshaped(to: [indices.count] + shape.dropFirst())
          return [
            .reference(dtype, shape) { index in
              guard let place = indices.firstIndex(of: Int64(index[0])) else {
                return inputs[0].at(index)
              }
              return flat.at([place] + index.dropFirst())
            }
          ]
        })
    }
}
