import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for pooling, with the gradients that are ops themselves.
  static let pooling: [OpCase] =
    smallPooling.flatMap { $0.rows(.float64) }
    + smallPooling.prefix(4).flatMap {
      $0.rows(.float32)
    }
    + emptyPooling.flatMap { $0.rows(.float32) }
    + [PoolingCase([3, 40, 30, 20], [3, 3], [2, 2], .same).rows(.float32, isSmall: false)]
    .flatMap { $0 } + notANumber

  private static let smallPooling: [PoolingCase] = [
    // Odd sizes, windows that overlap, that leave gaps, that hang over.
    PoolingCase([2, 4, 4, 2], [2, 2], [2, 2], .valid),
    PoolingCase([1, 5, 7, 1], [3, 2], [2, 3], .same),
    PoolingCase([2, 5, 3, 2], [3, 3], [1, 1], .same),
    PoolingCase([1, 7, 5, 1], [2, 3], [3, 1], .valid),
    PoolingCase([2, 2, 3, 2], [5, 4], [1, 1], .same),
    // Sequences.
    PoolingCase([2, 7, 2], [3], [2], .same),
    PoolingCase([2, 8, 3], [2], [2], .valid),
    // Equal elements: the gradient goes to the first.
    PoolingCase([1, 5, 5, 2], [3, 3], [1, 1], .same, isTied: true),
    PoolingCase([2, 6, 2], [3], [1], .valid, isTied: true),
  ]

  private static let emptyPooling: [PoolingCase] = [
    PoolingCase([0, 4, 4, 2], [2, 2], [2, 2], .valid),
    PoolingCase([2, 0, 3, 2], [2, 2], [2, 2], .same),
    PoolingCase([2, 3, 3, 0], [2, 2], [1, 1], .same),
    PoolingCase([2, 2, 1], [3], [1], .valid),
  ]

  /// NaN is the maximum of each window that has one.
  private static let notANumber: [OpCase] = [
    OpCase(
      "MaxPooling", "NaN",
      [NDArray([1, .nan, 3, 2, .nan, 5, 0, 4] as [Double], shape: [1, 8, 1])],
      differentiable: [false], build: { [maxPooling1D($1[0], size: 3, stride: 1)] },
      expected: { _ in
        [NDArray([.nan, .nan, .nan, .nan, .nan, 5] as [Double], shape: [1, 6, 1])]
      }),
    OpCase(
      "MaxPoolingGradient", "the first NaN",
      [
        NDArray([1, .nan, .nan, 2, 4, 5] as [Double], shape: [1, 6, 1]),
        NDArray([1, 2, 4, 8] as [Double], shape: [1, 4, 1]),
      ],
      differentiable: [false, true],
      build: { graph, inputs in
        let placement = WindowPlacement(strides: [1], padding: .valid)
        return [
          graph.insert(MaxPoolingGradient(size: [3], placement: placement), inputs[0], inputs[1])
        ]
      },
      expected: { _ in [NDArray([0, 3, 4, 0, 0, 8] as [Double], shape: [1, 6, 1])] }),
  ]
}

/// Max and average pooling with their gradients, checked window by window.
private struct PoolingCase: Sendable {
  let x: [Int]
  let size: [Int]
  let placement: WindowPlacement
  let isTied: Bool

  init(
    _ x: [Int], _ size: [Int], _ strides: [Int], _ padding: Padding, isTied: Bool = false
  ) {
    self.x = x
    self.size = size
    self.isTied = isTied
    placement = WindowPlacement(strides: strides, padding: padding)
  }

  func rows(_ dtype: DType, isSmall: Bool = true) -> [OpCase] {
    let (size, placement) = (size, placement)
    let detail = "size: \(size), \(placement.description)\(isTied ? ", ties" : "")"
    let input: NDArray =
      isTied
      ? .reference(dtype, x) { Double($0.reduce(1) { $0 * 5 + $1 } % 3) } : .sample(dtype, x)
    let shape = reference.result
    let isSmooth = isSmall && !isTied
    let upstream = NDArray.sample(dtype, shape, seed: 3)
    return [
      OpCase(
        "MaxPooling", detail, [input], differentiable: [isSmooth],
        build: { [self.max($1[0])] },
        expected: { inputs in [self.atMaxima(of: inputs[0], inputs[0], dtype)] }),
      OpCase(
        "MaxPoolingGradient", detail, [input, upstream], differentiable: [isSmooth, isSmall],
        build: { graph, inputs in
          [
            graph.insert(
              MaxPoolingGradient(size: size, placement: placement), inputs[0], inputs[1])
          ]
        },
        expected: { inputs in
          let values = inputs[1].doubles()
          return [
            self.sums(dtype, inputs[0].count) { add in
              self.forEachPlace { place, pixels, channel in
                let element = place * self.channels + channel
                add(self.firstMaximum(inputs[0].doubles(), pixels, channel), values[element])
              }
            }
          ]
        }),
      OpCase(
        "MaxPoolingSelection", detail, [input, .sample(dtype, x, seed: 4)],
        differentiable: [isSmooth, isSmall],
        build: { graph, inputs in
          [
            graph.insert(
              MaxPoolingSelection(size: size, placement: placement), inputs[0], inputs[1])
          ]
        },
        expected: { inputs in [self.atMaxima(of: inputs[0], inputs[1], dtype)] }),
      OpCase(
        "AveragePooling", detail, [input], differentiable: [isSmall],
        build: { [self.average($1[0])] },
        expected: { inputs in
          let values = inputs[0].doubles()
          return [
            self.results(dtype) { pixels, channel in
              let total = pixels.map { values[$0 * self.channels + channel] }.reduce(0, +)
              return total / Double(pixels.count)
            }
          ]
        }),
      OpCase(
        "AveragePoolingGradient", detail, [upstream, input], differentiable: [isSmall, false],
        build: { graph, inputs in
          [
            graph.insert(
              AveragePoolingGradient(size: size, placement: placement), inputs[0], inputs[1])
          ]
        },
        expected: { inputs in
          let values = inputs[0].doubles()
          return [
            self.sums(dtype, inputs[1].count) { add in
              self.forEachPlace { place, pixels, channel in
                let share = values[place * self.channels + channel] / Double(pixels.count)
                for pixel in pixels { add(pixel * self.channels + channel, share) }
              }
            }
          ]
        }),
    ]
  }

  private func max(_ x: Tensor) -> Tensor {
    let (strides, padding) = (placement.strides, placement.padding)
    return strides.count == 1
      ? maxPooling1D(x, size: size[0], stride: strides[0], padding: padding)
      : maxPooling2D(
        x, size: (size[0], size[1]), strides: (strides[0], strides[1]), padding: padding)
  }

  private func average(_ x: Tensor) -> Tensor {
    let (strides, padding) = (placement.strides, placement.padding)
    return strides.count == 1
      ? averagePooling1D(x, size: size[0], stride: strides[0], padding: padding)
      : averagePooling2D(
        x, size: (size[0], size[1]), strides: (strides[0], strides[1]), padding: padding)
  }

  private var channels: Int { x[x.count - 1] }

  private var reference: WindowReference {
    WindowReference(
      x, window: size, strides: placement.strides, isSame: placement.padding == .same,
      channels: channels)
  }

  /// Calls `body` with each place, the pixels under it, and each channel.
  private func forEachPlace(_ body: (_ place: Int, _ pixels: [Int], _ channel: Int) -> Void) {
    let reference = reference
    var pixels = [[Int]](repeating: [], count: reference.result.dropLast().reduce(1, *))
    for cover in reference.covers { pixels[cover.place].append(cover.pixel) }
    for (place, pixels) in pixels.enumerated() {
      for channel in 0..<channels { body(place, pixels, channel) }
    }
  }

  private func results(
    _ dtype: DType, _ element: (_ pixels: [Int], _ channel: Int) -> Double
  ) -> NDArray {
    var values: [Double] = []
    forEachPlace { _, pixels, channel in values.append(element(pixels, channel)) }
    return NDArray(values, shape: reference.result).converted(to: dtype)
  }

  private func sums(
    _ dtype: DType, _ count: Int, _ body: ((Int, Double) -> Void) -> Void
  ) -> NDArray {
    var values = [Double](repeating: 0, count: count)
    body { values[$0] += $1 }
    return NDArray(values, shape: x).converted(to: dtype)
  }

  private func firstMaximum(_ values: [Double], _ pixels: [Int], _ channel: Int) -> Int {
    var best = pixels[0] * channels + channel
    for pixel in pixels where values[pixel * channels + channel] > values[best] {
      best = pixel * channels + channel
    }
    return best
  }

  private func atMaxima(of x: NDArray, _ other: NDArray, _ dtype: DType) -> NDArray {
    let (values, others) = (x.doubles(), other.doubles())
    return results(dtype) { pixels, channel in others[firstMaximum(values, pixels, channel)] }
  }
}
