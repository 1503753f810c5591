import JacquardArrays

@testable import Jacquard

extension OpCase {
  /// Rows for convolutions, with the gradients that are ops themselves.
  static let convolutions: [OpCase] =
    smallConvolutions.flatMap { $0.rows(.float64) }
    + smallConvolutions.prefix(3).flatMap {
      $0.rows(.float32)
    }
    + emptyConvolutions.flatMap { $0.rows(.float32) }
    + largeConvolutions.flatMap { $0.rows(.float32, isSmall: false) } + flattenings

  private static let smallConvolutions: [ConvolutionCase] = [
    // Images: odd sizes, windows that hang over, strides that do not divide the length.
    ConvolutionCase([2, 4, 3, 2], [3, 2, 2, 3], [1, 1], .same),
    ConvolutionCase([2, 4, 4, 2], [3, 2, 2, 3], [1, 1], .valid),
    ConvolutionCase([1, 5, 7, 1], [2, 3, 1, 2], [2, 3], .same),
    ConvolutionCase([1, 5, 6, 2], [2, 3, 2, 1], [2, 2], .valid),
    ConvolutionCase([1, 5, 5, 1], [2, 2, 1, 2], [1, 1], .same, dilations: [2, 3]),
    ConvolutionCase([1, 5, 6, 1], [2, 3, 1, 2], [2, 1], .valid, dilations: [3, 2]),
    // One pixel each, and every second pixel.
    ConvolutionCase([2, 3, 2, 3], [1, 1, 3, 2], [1, 1], .valid),
    ConvolutionCase([1, 5, 4, 2], [1, 1, 2, 3], [2, 2], .same),
    // A window larger than the image.
    ConvolutionCase([2, 2, 3, 1], [5, 4, 1, 2], [1, 2], .same),
    // Sequences.
    ConvolutionCase([2, 7, 3], [3, 3, 2], [1], .same),
    ConvolutionCase([2, 7, 2], [4, 2, 3], [2], .same),
    ConvolutionCase([2, 8, 2], [3, 2, 1], [2], .valid),
    ConvolutionCase([2, 8, 2], [3, 2, 2], [1], .same, dilations: [2]),
    ConvolutionCase([1, 9, 1], [3, 1, 2], [2], .valid, dilations: [3]),
  ]

  /// No images, no rows, no channels, no filters, no place for the window.
  private static let emptyConvolutions: [ConvolutionCase] = [
    ConvolutionCase([0, 4, 4, 2], [3, 3, 2, 2], [1, 1], .same),
    ConvolutionCase([2, 0, 3, 2], [3, 3, 2, 2], [1, 1], .same),
    ConvolutionCase([2, 3, 3, 0], [3, 3, 0, 2], [1, 1], .same),
    ConvolutionCase([2, 3, 3, 2], [3, 3, 2, 0], [1, 1], .same),
    ConvolutionCase([2, 3, 3, 2], [1, 1, 2, 0], [1, 1], .same),
    ConvolutionCase([2, 2, 1], [3, 1, 2], [1], .valid),
    ConvolutionCase([0, 5, 2], [1, 2, 3], [1], .valid),
  ]

  /// Cut into chunks, and into tiles within a chunk.
  private static let largeConvolutions: [ConvolutionCase] = [
    ConvolutionCase([2, 30, 30, 4], [3, 3, 4, 32], [1, 1], .same),
    ConvolutionCase([3, 24, 24, 24], [4, 4, 24, 3], [1, 2], .valid),
    ConvolutionCase([2, 20, 40, 16], [1, 1, 16, 100], [1, 1], .same),
  ]

  private static let flattenings: [OpCase] = [[2, 3, 4], [5], [3, 0, 2], [0, 3, 2], [2, 1]].map {
    OpCase(
      "Flatten", "", [.sample(.float32, $0)], build: { [$1[0].flattened()] },
      expected: { inputs in
        let rows = inputs[0].shape[0]
        return [inputs[0].reshaped(to: [rows, inputs[0].shape.dropFirst().reduce(1, *)])]
      })
  }
}

/// A convolution, to be checked with its gradients against sums over all pairs of elements.
private struct ConvolutionCase: Sendable {
  let x: [Int]
  let filter: [Int]
  let placement: WindowPlacement

  init(
    _ x: [Int], _ filter: [Int], _ strides: [Int], _ padding: Padding, dilations: [Int]? = nil
  ) {
    self.x = x
    self.filter = filter
    placement = WindowPlacement(strides: strides, dilations: dilations, padding: padding)
  }

  func rows(_ dtype: DType, isSmall: Bool = true) -> [OpCase] {
    let (x, filter, placement) = (x, filter, placement)
    let (strides, dilations) = (placement.strides, placement.dilations)
    let detail = placement.description
    let y = reference.result
    return [
      OpCase(
        "Convolution", detail, [.sample(dtype, x), .sample(dtype, filter, seed: 2)],
        differentiable: [isSmall, isSmall],
        build: { _, inputs in
          [
            strides.count == 1
              ? convolution1D(
                inputs[0], inputs[1], stride: strides[0], padding: placement.padding,
                dilation: dilations[0])
              : convolution2D(
                inputs[0], inputs[1], strides: (strides[0], strides[1]),
                padding: placement.padding, dilations: (dilations[0], dilations[1]))
          ]
        },
        expected: { [self.product($0[0], $0[1], dtype) { ($0.x, $0.filter, $0.y) }] }),
      OpCase(
        "ConvolutionInputGradient", detail,
        [.sample(dtype, y, seed: 3), .sample(dtype, filter, seed: 2), .sample(dtype, x)],
        differentiable: [isSmall, isSmall, false],
        build: { graph, inputs in
          [
            graph.insert(
              ConvolutionInputGradient(placement: placement), inputs[0], inputs[1], inputs[2])
          ]
        },
        expected: { [self.product($0[0], $0[1], dtype) { ($0.y, $0.filter, $0.x) }] }),
      OpCase(
        "ConvolutionFilterGradient", detail,
        [.sample(dtype, x), .sample(dtype, y, seed: 3), .sample(dtype, filter)],
        differentiable: [isSmall, isSmall, false],
        build: { graph, inputs in
          [
            graph.insert(
              ConvolutionFilterGradient(placement: placement), inputs[0], inputs[1], inputs[2])
          ]
        },
        expected: { [self.product($0[0], $0[1], dtype) { ($0.x, $0.y, $0.filter) }] }),
    ]
  }

  private var reference: WindowReference {
    WindowReference(
      x, window: Array(filter.dropLast(2)), strides: placement.strides,
      dilations: placement.dilations, isSame: placement.padding == .same,
      channels: filter[filter.count - 1])
  }

  /// Where a product of an element of x and one of the filter goes.
  private struct Term {
    var x: Int
    var filter: Int
    var y: Int
  }

  /// Adds up the products of two of x, filter and result at the place of the third.
  private func product(
    _ a: NDArray, _ b: NDArray, _ dtype: DType, _ roles: (Term) -> (a: Int, b: Int, target: Int)
  ) -> NDArray {
    let (left, right) = (a.doubles(), b.doubles())
    let (reference, channels) = (reference, x[x.count - 1])
    let filters = filter[filter.count - 1]
    let shapes = [x, filter, reference.result]
    let target = roles(Term(x: 0, filter: 1, y: 2)).target
    var sums = [Double](repeating: 0, count: shapes[target].reduce(1, *))
    for cover in reference.covers {
      for channel in 0..<channels {
        for output in 0..<filters {
          let place = roles(
            Term(
              x: cover.pixel * channels + channel,
              filter: (cover.tap * channels + channel) * filters + output,
              y: cover.place * filters + output))
          sums[place.target] += left[place.a] * right[place.b]
        }
      }
    }
    return NDArray(sums, shape: shapes[target]).converted(to: dtype)
  }
}

/// Which pixels lie under which places of a window, one by one.
struct WindowReference {
  /// A pixel, counted without channels, under an element of the window at a place, counted over the batch.
  struct Cover {
    var pixel: Int
    var tap: Int
    var place: Int
  }

  let result: [Int]
  private(set) var covers: [Cover] = []

  init(
    _ shape: [Int], window: [Int], strides: [Int], dilations: [Int]? = nil, isSame: Bool,
    channels: Int
  ) {
    let lengths = Array(shape[1..<shape.count - 1])
    var (counts, starts): ([Int], [Int]) = ([], [])
    for (axis, length) in lengths.enumerated() {
      let span = (window[axis] - 1) * (dilations?[axis] ?? 1) + 1
      let places = Double(isSame ? length : length - span + 1) / Double(strides[axis])
      let count = max(0, Int(places.rounded(.up)))
      let missing = isSame ? max(0, (count - 1) * strides[axis] + span - length) : 0
      counts.append(count)
      starts.append(count == 0 ? 0 : -(missing / 2))
    }
    result = [shape[0]] + counts + [channels]
    let (pixels, places) = (lengths.reduce(1, *), counts.reduce(1, *))
    for image in 0..<shape[0] {
      var place = 0
      NDArray.forEachIndex(of: counts) { position in
        var tap = 0
        NDArray.forEachIndex(of: window) { offset in
          var (pixel, isInside) = (0, true)
          for axis in lengths.indices {
            let index =
              starts[axis] + position[axis] * strides[axis]
              + offset[axis] * (dilations?[axis] ?? 1)
            isInside = isInside && lengths[axis] > index && index >= 0
            pixel = pixel * lengths[axis] + index
          }
          if isInside {
            covers.append(
              Cover(pixel: image * pixels + pixel, tap: tap, place: image * places + place))
          }
          tap += 1
        }
        place += 1
      }
    }
  }
}
