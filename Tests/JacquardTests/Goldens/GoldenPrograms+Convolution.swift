import JacquardArrays

@testable import Jacquard

extension GoldenPrograms {
  /// The programs of `convolution.json`.
  static let convolutions: [String: GoldenProgram] = [
    "conv1d": { golden, x in
      [
        convolution1D(
          x[0], x[1], stride: golden.integers("strides")![0], padding: golden.padding,
          dilation: golden.integers("dilations")![0])
      ]
    },
    "conv2d": { golden, x in
      [
        convolution2D(
          x[0], x[1], strides: golden.pair("strides"), padding: golden.padding,
          dilations: golden.pair("dilations"))
      ]
    },
    "max_pool1d": { golden, x in
      [
        maxPooling1D(
          x[0], size: golden.integers("size")![0], stride: golden.integers("strides")![0],
          padding: golden.padding)
      ]
    },
    "avg_pool1d": { golden, x in
      [
        averagePooling1D(
          x[0], size: golden.integers("size")![0], stride: golden.integers("strides")![0],
          padding: golden.padding)
      ]
    },
    "max_pool2d": { golden, x in
      [
        maxPooling2D(
          x[0], size: golden.pair("size"), strides: golden.pair("strides"),
          padding: golden.padding)
      ]
    },
    "avg_pool2d": { golden, x in
      [
        averagePooling2D(
          x[0], size: golden.pair("size"), strides: golden.pair("strides"),
          padding: golden.padding)
      ]
    },
  ]
}

extension GoldenCase {
  fileprivate var padding: Padding { Padding(rawValue: text("padding")!)! }

  fileprivate func pair(_ key: String) -> (Int, Int) {
    let elements = integers(key)!
    return (elements[0], elements[1])
  }
}
