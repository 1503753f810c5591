import JacquardArrays

@testable import Jacquard

// Rows for losses, random numbers, effects, and operations that pass their operand on.

extension OpCase {
  static let misc: [OpCase] = losses + extremeLosses + passingOn + closures + draws

  // MARK: - Losses

  private static let losses: [OpCase] = [
    OpCase(
      op: "Softmax", name: "Softmax float32 [3, 5]", inputs: [MiscRows.ramp([3, 5], step: 0.37)],
      build: { [softmax($1[0])] }, expected: { [MiscRows.softmax($0[0], axis: 1)] },
      differentiable: [true], relativeTolerance: 1e-5),
    OpCase(
      op: "Softmax", name: "Softmax float32 [2, 3, 4] along axis 1",
      inputs: [MiscRows.ramp([2, 3, 4], step: 0.61)], build: { [softmax($1[0], axis: 1)] },
      expected: { [MiscRows.softmax($0[0], axis: 1)] }, differentiable: [true],
      relativeTolerance: 1e-5),
    OpCase(
      op: "Softmax", name: "Softmax float32 [37, 700]",
      inputs: [MiscRows.ramp([37, 700], step: 0.013)],
      build: { [softmax($1[0])] }, expected: { [MiscRows.softmax($0[0], axis: 1)] },
      differentiable: [false], relativeTolerance: 1e-4),
    OpCase(
      op: "Softmax", name: "Softmax float64 [0, 4]", inputs: [NDArray.zeros(.float64, [0, 4])],
      build: { [softmax($1[0])] }, expected: { [$0[0]] }, differentiable: [true],
      relativeTolerance: 1e-12),
    OpCase(
      op: "LogSoftmax", name: "LogSoftmax float32 [3, 5]",
      inputs: [MiscRows.ramp([3, 5], step: 0.37)],
      build: { [logSoftmax($1[0])] }, expected: { [MiscRows.logSoftmax($0[0], axis: 1)] },
      differentiable: [true], relativeTolerance: 1e-5),
    OpCase(
      op: "LogSoftmax", name: "LogSoftmax float32 [3, 4] along axis -2",
      inputs: [MiscRows.ramp([3, 4], step: 0.9)], build: { [logSoftmax($1[0], axis: -2)] },
      expected: { [MiscRows.logSoftmax($0[0], axis: 0)] }, differentiable: [true],
      relativeTolerance: 1e-5),
    OpCase(
      op: "LogSoftmax", name: "LogSoftmax float64 [2, 700]",
      inputs: [
        MiscRows.ramp([2, 700], step: 0.013)
          .converted(to: .float64)
      ],
      build: { [logSoftmax($1[0])] }, expected: { [MiscRows.logSoftmax($0[0], axis: 1)] },
      differentiable: [false], relativeTolerance: 1e-10),
    OpCase(
      op: "SoftmaxCrossEntropy", name: "SoftmaxCrossEntropy float32 [4, 5]",
      inputs: [
        MiscRows.ramp([4, 5], step: 0.53), MiscRows.ramp([4, 5], step: 0.11, around: 0.3),
      ],
      build: { [softmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { [MiscRows.crossEntropy($0[0], $0[1])] }, differentiable: [true, true],
      relativeTolerance: 1e-5),
    OpCase(
      op: "SoftmaxCrossEntropy", name: "SoftmaxCrossEntropy float32 [2, 3, 300]",
      inputs: [
        MiscRows.ramp([2, 3, 300], step: 0.017),
        MiscRows.ramp([2, 3, 300], step: 0.01, around: 0.2),
      ],
      build: { [softmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { [MiscRows.crossEntropy($0[0], $0[1])] }, differentiable: [false, false],
      relativeTolerance: 1e-4),
    OpCase(
      op: "SparseSoftmaxCrossEntropy", name: "SparseSoftmaxCrossEntropy float32 [4, 5] by int32",
      inputs: [MiscRows.ramp([4, 5], step: 0.53), NDArray([4, 0, 2, 2] as [Int32])],
      build: { [sparseSoftmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { [MiscRows.crossEntropy($0[0], MiscRows.indicator($0[1], classes: 5))] },
      differentiable: [true, false], relativeTolerance: 1e-5),
    OpCase(
      op: "SparseSoftmaxCrossEntropy",
      name: "SparseSoftmaxCrossEntropy float32 [2, 2, 300] by int64",
      inputs: [
        MiscRows.ramp([2, 2, 300], step: 0.017),
        NDArray([299, 0, 17, 130] as [Int64], shape: [2, 2]),
      ],
      build: { [sparseSoftmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { [MiscRows.crossEntropy($0[0], MiscRows.indicator($0[1], classes: 300))] },
      differentiable: [false, false], relativeTolerance: 1e-4),
    OpCase(
      op: "ClassIndicator", name: "ClassIndicator uint8 [3] like [3, 4]",
      inputs: [NDArray([1, 3, 0] as [UInt8]), MiscRows.ramp([3, 4], step: 1)],
      build: { [$0.insert(ClassIndicator(), $1[0], $1[1])] },
      expected: { [MiscRows.indicator($0[0], classes: 4)] }, differentiable: [false, false],
      relativeTolerance: 0),
    OpCase(
      op: "SigmoidCrossEntropy", name: "SigmoidCrossEntropy float32 [3, 4] with [4]",
      inputs: [MiscRows.ramp([3, 4], step: 0.83), MiscRows.ramp([4], step: 0.2, around: 0.5)],
      build: { [sigmoidCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { [MiscRows.sigmoidCrossEntropy($0[0], $0[1])] }, differentiable: [true, true],
      relativeTolerance: 1e-5),
  ]

  private static let infinity = Float.infinity

  /// Large and infinite logits; what comes out is known without computing.
  private static let extremeLosses: [OpCase] = [
    OpCase(
      op: "Softmax", name: "Softmax of huge, masked and infinite logits",
      inputs: [
        NDArray(
          [
            [1e4, -1e4, 1e4], [-infinity, 0, 0], [0, infinity, 5],
            [-infinity, -infinity, -infinity],
          ] as [[Float]])
      ],
      build: { [softmax($1[0])] },
      expected: { _ in
        let third = Float(1) / 3
        return [
          NDArray(
            [[0.5, 0, 0.5], [0, 0.5, 0.5], [0, 1, 0], [third, third, third]] as [[Float]])
        ]
      }, differentiable: [false], relativeTolerance: 1e-6),
    OpCase(
      op: "Softmax", name: "Softmax of masked and infinite logits along axis 0",
      inputs: [NDArray([[-infinity, 0], [3, infinity], [3, 1e4]] as [[Float]])],
      build: { [softmax($1[0], axis: 0)] },
      expected: { _ in [NDArray([[0, 0], [0.5, 1], [0.5, 0]] as [[Float]])] },
      differentiable: [false], relativeTolerance: 1e-6),
    OpCase(
      op: "LogSoftmax", name: "LogSoftmax of huge and masked logits",
      inputs: [NDArray([[1e4, -1e4, 0], [-infinity, 0, 0]] as [[Float]])],
      build: { [logSoftmax($1[0])] },
      expected: { _ in
        let half = Float(-0.6931472)
        return [NDArray([[0, -2e4, -1e4], [-infinity, half, half]] as [[Float]])]
      }, differentiable: [false], relativeTolerance: 1e-6),
    OpCase(
      op: "SoftmaxCrossEntropy", name: "SoftmaxCrossEntropy of huge, masked and padded rows",
      inputs: [
        NDArray([[1e4, -1e4, 0], [1e4, -1e4, 0], [-infinity, 2, 2], [1, 2, 3]] as [[Float]]),
        NDArray([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]] as [[Float]]),
      ],
      build: { [softmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { _ in [NDArray([0, 2e4, 0.6931472, 0] as [Float])] },
      differentiable: [false, false], relativeTolerance: 1e-6),
    OpCase(
      op: "SoftmaxCrossEntropy", name: "gradient of SoftmaxCrossEntropy of huge and masked rows",
      inputs: [
        NDArray([[1e4, -1e4, 0], [-infinity, 2, 2], [1, 2, 3]] as [[Float]]),
        NDArray([[0, 1, 0], [0, 0, 1], [0, 0, 0]] as [[Float]]),
      ],
      build: { graph, x in
        let loss = softmaxCrossEntropy(logits: x[0], labels: x[1])
        return [graph.gradient(of: loss, withRespectTo: x[0])]
      },
      expected: { _ in [NDArray([[1, -1, 0], [0, 0.5, -0.5], [0, 0, 0]] as [[Float]])] },
      differentiable: [false, false], relativeTolerance: 1e-6),
    OpCase(
      op: "SparseSoftmaxCrossEntropy", name: "SparseSoftmaxCrossEntropy of huge and masked rows",
      inputs: [
        NDArray([[1e4, -1e4, 0], [-infinity, 2, 2]] as [[Float]]), NDArray([1, 2] as [Int32]),
      ],
      build: { [sparseSoftmaxCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { _ in [NDArray([2e4, 0.6931472] as [Float])] },
      differentiable: [false, false], relativeTolerance: 1e-6),
    OpCase(
      op: "SigmoidCrossEntropy", name: "SigmoidCrossEntropy of huge and infinite logits",
      inputs: [
        NDArray([1e4, 1e4, -1e4, infinity, -infinity, 0] as [Float]),
        NDArray([1, 0, 1, 1, 0, 1] as [Float]),
      ],
      build: { [sigmoidCrossEntropy(logits: $1[0], labels: $1[1])] },
      expected: { _ in [NDArray([0, 1e4, 1e4, 0, 0, 0.6931472] as [Float])] },
      differentiable: [false, false], relativeTolerance: 1e-6),
  ]

  // MARK: - Operations that pass their operand on

  private static let passingOn: [OpCase] = [
    OpCase(
      op: "Identity", name: "Identity float32 [2, 3]", inputs: [MiscRows.ramp([2, 3], step: 1)],
      build: { [identity($1[0])] }, expected: { [$0[0]] }, differentiable: [true],
      relativeTolerance: 0),
    OpCase(
      op: "StopGradient", name: "StopGradient float32 [2, 3]",
      inputs: [MiscRows.ramp([2, 3], step: 1)],
      build: { [stopGradient($1[0])] }, expected: { [$0[0]] }, differentiable: [false],
      relativeTolerance: 0),
    OpCase(
      op: "StopGradient", name: "gradient of x · stopGradient(x)",
      inputs: [MiscRows.ramp([4], step: 1)],
      build: { graph, x in
        [graph.gradient(of: x[0] * stopGradient(x[0]), withRespectTo: x[0])]
      },
      expected: { [$0[0]] }, differentiable: [false], relativeTolerance: 0),
    OpCase(
      op: "PreventGradient", name: "PreventGradient int32 [3]",
      inputs: [NDArray([1, 2, 3] as [Int32])],
      build: { [preventGradient($1[0], reason: "it is a test")] }, expected: { [$0[0]] },
      differentiable: [false], relativeTolerance: 0),
    OpCase(
      op: "CheckNumerics", name: "CheckNumerics float32 [2, 3]",
      inputs: [MiscRows.ramp([2, 3], step: 1)],
      build: { [checkNumerics($1[0], "a ramp")] }, expected: { [$0[0]] }, differentiable: [true],
      relativeTolerance: 0),
    OpCase(
      op: "CheckedLengths", name: "CheckedLengths int32 [3] of [4, 3, 2], time-major",
      inputs: [NDArray([4, 0, 2] as [Int32]), MiscRows.ramp([4, 3, 2], step: 1)],
      build: { [checkedLengths($1[0], of: $1[1], batchAxis: 1, timeAxis: 0)] },
      expected: { [$0[0].converted(to: .int64)] }, differentiable: [false, false],
      relativeTolerance: 0),
    OpCase(
      op: "Print", name: "Print float32 [2]", inputs: [MiscRows.ramp([2], step: 1)],
      build: { [$1[0].printed("a ramp")] }, expected: { [$0[0]] }, differentiable: [true],
      relativeTolerance: 0),
    OpCase(
      op: "Assert", name: "Assert before a value", inputs: [MiscRows.ramp([3], step: 1)],
      build: { graph, x in
        let finite = assert(x[0] .< 10, "below ten", data: [x[0]])
        return [graph.controlDependencies([finite]) { identity(x[0]) }]
      },
      expected: { [$0[0]] }, differentiable: [false], relativeTolerance: 0),
  ]

  // MARK: - Closures

  private static let closures: [OpCase] = [
    OpCase(
      op: "CustomGradient", name: "CustomGradient of one result",
      inputs: [MiscRows.ramp([3], step: 0.4)],
      build: { _, x in
        // The square, its gradient in another form than multiplication's own.
        [
          customGradient(x[0]) {
            $0 * $0
          } backward: { x, _, dy in
            dy * x + x * dy
          }
        ]
      },
      expected: { [MiscRows.map($0[0]) { $0 * $0 }] }, differentiable: [true],
      relativeTolerance: 1e-5),
    OpCase(
      op: "CustomGradient", name: "CustomGradient of two results",
      inputs: [MiscRows.ramp([3], step: 0.4), MiscRows.ramp([3], step: 0.7)],
      build: { _, x in
        customGradient([x[0], x[1]]) {
          [$0[0] * $0[1], stopGradient($0[0] + $0[1])]
        } backward: {
          x, _, upstream in
          let zero = x[0] - x[0]
          let (product, sum) = (upstream[0] ?? zero, upstream[1] ?? zero)
          return [product * x[1] + sum, product * x[0] + sum]
        }
      },
      expected: {
        [MiscRows.zip($0[0], $0[1]) { $0 * $1 }, MiscRows.zip($0[0], $0[1]) { $0 + $1 }]
      }, differentiable: [true, true], relativeTolerance: 1e-5),
    OpCase(
      op: "CustomGradient", name: "gradient of a customGradient is what it says",
      inputs: [MiscRows.ramp([3], step: 0.4)],
      build: { graph, x in
        let y = customGradient(x[0]) {
          $0 * 5
        } backward: { x, y, dy in
          dy * x + y
        }
        return [graph.gradient(of: y, withRespectTo: x[0])]
      },
      expected: { [MiscRows.map($0[0]) { 6 * $0 }] }, differentiable: [false],
      relativeTolerance: 1e-5),
    OpCase(
      op: "CallSwift", name: "CallSwift on two arrays",
      inputs: [MiscRows.ramp([2, 2], step: 0.4), MiscRows.ramp([2, 2], step: 0.9)],
      build: { graph, x in
        let result = graph.call("product", x) { types in
          types[0]
        } gradient: { x, _, dy in
          [dy * x[1], dy * x[0]]
        } body: { arrays in
          MiscRows.zip(arrays[0], arrays[1]) { $0 * $1 }
        }
        return [result]
      },
      expected: { [MiscRows.zip($0[0], $0[1]) { $0 * $1 }] }, differentiable: [true, true],
      relativeTolerance: 1e-5),
  ]

  // MARK: - Random numbers

  private static let key: UInt64 = 0x0123_4567_89AB_CDEF

  private static let counter = NDArray(Int64(3))
  private static let iteration = NDArray(Int64(7))

  /// The bits that the draws below are made of: of draw counter 3, and iteration 7 where there is one.
  private static func blocks(_ count: Int, inLoop: Bool = false) -> [SIMD4<UInt32>] {
    MiscRows.philox(key: key, stream: MiscRows.stream(3, inLoop ? [7] : []), count: count)
  }

  private static let draws: [OpCase] = [
    OpCase(
      op: "DrawCounter", name: "a draw from an empty range",
      inputs: [MiscRows.ramp([2, 3], step: 1)],
      build: { graph, x in [graph.randomUniform(like: x[0], from: 2, to: 2)] },
      expected: { [MiscRows.map($0[0]) { _ in 2 }] }, differentiable: [false],
      relativeTolerance: 0),
    OpCase(
      op: "RandomUniform", name: "RandomUniform float32 [3, 5]", inputs: [counter],
      build: {
        let op = RandomUniform(key: key, shape: .fixed([3, 5]), dtype: .float32, low: -1, high: 3)
        return [$0.insert(op, $1[0])]
      },
      expected: { _ in
        let numbers = blocks(15).map { Float($0[0] >> 8) * 0x1p-24 * 4 - 1 }
        return [NDArray(numbers, shape: [3, 5])]
      }, differentiable: [false], relativeTolerance: 1e-6),
    OpCase(
      op: "RandomUniform", name: "RandomUniform float64 like [20000] in a loop",
      inputs: [NDArray.zeros(.float64, [20_000]), counter, iteration],
      build: {
        let op = RandomUniform(key: key, shape: .like, dtype: .float64, low: 0, high: 1)
        return [$0.insert(op, $1).result]
      },
      expected: { _ in
        [NDArray(blocks(20_000, inLoop: true).map { MiscRows.unit($0[0], $0[1]) })]
      }, differentiable: [false, false, false], relativeTolerance: 0),
    OpCase(
      op: "RandomInteger", name: "RandomInteger int32 [300] in -3..<4", inputs: [counter],
      build: {
        let op = RandomInteger(key: key, shape: .fixed([300]), dtype: .int32, low: -3, high: 4)
        return [$0.insert(op, $1[0])]
      },
      expected: { _ in
        let numbers = blocks(300).map { words in
          let bits = UInt64(words[0]) | UInt64(words[1]) << 32
          return Int32(-3 + Int(bits.multipliedFullWidth(by: 7).high))
        }
        return [NDArray(numbers)]
      }, differentiable: [false], relativeTolerance: 0),
    OpCase(
      op: "RandomNormal", name: "RandomNormal float64 [6] in a loop", inputs: [counter, iteration],
      build: {
        let op = RandomNormal(
          key: key, shape: .fixed([6]), dtype: .float64, mean: 2, standardDeviation: 3)
        return [$0.insert(op, $1).result]
      },
      expected: { _ in
        [NDArray(blocks(6, inLoop: true).map { 2 + 3 * MiscRows.normal($0) })]
      }, differentiable: [false, false], relativeTolerance: 1e-12),
    OpCase(
      op: "RandomTruncatedNormal", name: "RandomTruncatedNormal float64 [200]", inputs: [counter],
      build: {
        let op = RandomTruncatedNormal(
          key: key, shape: .fixed([200]), dtype: .float64, mean: -1, standardDeviation: 0.5)
        return [$0.insert(op, $1[0])]
      },
      expected: { _ in
        // Attempt k draws from the stream whose upper 16 bits are those of the counter's stream, changed by k.
        let attempts = (0..<8).map { attempt in
          MiscRows.philox(key: key, stream: 3 ^ UInt64(attempt) << 48, count: 200)
        }
        let numbers = (0..<200).map { index in
          attempts.lazy.map { MiscRows.normal($0[index]) }.first { abs($0) <= 2 } ?? .nan
        }
        return [NDArray(numbers.map { -1 + 0.5 * $0 })]
      }, differentiable: [false], relativeTolerance: 1e-12),
  ]
}
