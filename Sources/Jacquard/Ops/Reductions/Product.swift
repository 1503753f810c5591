import JacquardArrays

struct Product: AxisReduction {
  static let reduction = Reduction.product
  var axes: [Int]?
  var keepingDimensions: Bool

  /// The product of all other elements, made of the products before and after each: zeros are no exception.
  func gradient(_ call: Call, _ upstream: [Tensor?]) -> [Tensor?] {
    guard let dy = upstream[0] else { return [nil] }
    let x = call.operands[0]
    guard let axes = axes ?? x.rank.map({ Array(0..<$0) }) else {
      let flat = x.reshaped(to: [-1])
      return [(dy.reshaped(to: []) * flat.productOfOthers(axis: 0)).reshaped(like: x)]
    }
    var inputs = [x]
    for axis in axes.dropLast() {
      inputs.append(inputs[inputs.count - 1].product(along: [axis], keepingDimensions: true))
    }
    var gradient = restoringAxes(of: dy)
    for (axis, input) in zip(axes, inputs).reversed() {
      gradient = gradient * input.productOfOthers(axis: axis)
    }
    return [gradient]
  }
}

extension Tensor {
  /// For each element the product of all others along `axis`.
  fileprivate func productOfOthers(axis: Int) -> Tensor {
    cumulativeProduct(axis: axis, exclusive: true)
      * cumulativeProduct(axis: axis, exclusive: true, reverse: true)
  }

  /// The product of the elements along `axes`.
  ///
  /// The product of no elements is 1. Whole numbers wrap around.
  ///
  /// - Parameters:
  ///   - axes: the axes to multiply over, negative ones counted from the end; all for `nil`.
  ///   - keepingDimensions: whether those axes stay, with length 1.
  public func product(
    along axes: [Int]? = nil, keepingDimensions: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Tensor {
    graph.insert(
      Product(axes: axes, keepingDimensions: keepingDimensions), self, file: file, line: line)
  }
}
