/// Counts values in the buckets of TensorFlow 1.x (tensorflow/core/lib/histogram/histogram.cc).
struct Histogram {
  private var min = Double.greatestFiniteMagnitude
  private var max = -Double.greatestFiniteMagnitude
  private var count = 0.0
  private var sum = 0.0
  private var sumOfSquares = 0.0
  private var buckets = [Double](repeating: 0, count: limits.count)

  /// The upper ends of the buckets, not included: ±1e-12 · 1.1ⁱ up to 1e20, 0, and the largest numbers at either end.
  static let limits: [Double] = {
    var positive: [Double] = []
    var limit = 1.0e-12
    while limit < 1.0e20 {
      positive.append(limit)
      limit *= 1.1
    }
    positive.append(.greatestFiniteMagnitude)
    return positive.reversed().map { -$0 } + [0] + positive
  }()

  /// Counts one value, which is finite.
  mutating func add(_ value: Double) {
    buckets[Self.bucket(of: value)] += 1
    if value < min { min = value }
    if value > max { max = value }
    count += 1
    sum += value
    sumOfSquares += value * value
  }

  /// The first bucket whose limit is above `value`; the last takes the largest number, too.
  static func bucket(of value: Double) -> Int {
    var range = 0..<limits.count - 1
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        limits[middle] > value
        ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    return range.lowerBound
  }

  /// The message, with runs of empty buckets made one.
  func encoded() -> TensorFlowHistogramProto {
    var message = TensorFlowHistogramProto()
    message.min = min
    message.max = max
    message.num = count
    message.sum = sum
    message.sumSquares = sumOfSquares
    var index = 0
    while index < buckets.count {
      var last = index
      if buckets[index] == 0 {
        while last + 1 < buckets.count && buckets[last + 1] == 0 { last += 1 }
      }
      message.bucketLimit.append(Self.limits[last])
      message.bucket.append(buckets[index])
      index = last + 1
    }
    return message
  }
}
