import JacquardArrays

@testable import Jacquard

/// Makes rows for elementwise ops: values from a function of Doubles, over a spread of shapes and
/// element types.
enum ElementwiseRows {
  typealias Unary = @Sendable (Tensor) -> Tensor
  typealias Binary = @Sendable (Tensor, Tensor) -> Tensor

  static let floating: [DType] = [.float32, .float64]
  static let signed: [DType] = [.float32, .float64, .int32, .int64]
  static let numeric: [DType] = [.float32, .float64, .int32, .int64, .uint8]

  /// Rows for one operand: a matrix of each element type, a scalar, an empty array, and one of
  /// several tiles.
  static func unary(
    _ op: String, _ dtypes: [DType] = floating, over range: ClosedRange<Double>,
    result: DType? = nil, differentiable: Bool = true, note: String = "",
    _ build: @escaping Unary,
    _ reference: @escaping @Sendable (Double) -> Double
  ) -> [OpCase] {
    var rows: [OpCase] = []
    for dtype in dtypes {
      for shape in [[3, 4], [], [0, 3], [1500]] {
        let isSmall = shape != [1500]
        guard dtype == dtypes[0] || shape.count == 2 else { continue }
        rows.append(
          OpCase(
            op: op, name: "\(op) \(dtype) \(shape)\(note)", inputs: [points(dtype, shape, range)],
            build: { [build($1[0])] },
            expected: { inputs in
              [map(inputs, to: result ?? inputs[0].dtype) { reference($0[0]) }]
            },
            differentiable: [differentiable && dtype.isFloatingPoint && isSmall],
            relativeTolerance: tolerance(dtype)))
      }
    }
    return rows
  }

  /// A row for elements at which functions are at their worst: infinities, NaN, zeros of both
  /// signs.
  static func extremes(
    _ op: String, _ elements: [Double], result: DType? = nil, _ build: @escaping Unary,
    _ reference: @escaping @Sendable (Double) -> Double
  ) -> [OpCase] {
    floating.map { dtype in
      OpCase(
        op: op, name: "\(op) \(dtype) at extremes",
        inputs: [NDArray(elements, shape: [elements.count]).converted(to: dtype)],
        build: { [build($1[0])] },
        expected: { inputs in
          [map(inputs, to: result ?? inputs[0].dtype) { reference($0[0]) }]
        },
        differentiable: [false], relativeTolerance: tolerance(dtype))
    }
  }

  /// Rows for two operands that broadcast in every way.
  static func binary(
    _ op: String, _ dtypes: [DType] = floating, over first: ClosedRange<Double>,
    _ second: ClosedRange<Double>, result: DType? = nil, differentiable: [Bool] = [true, true],
    note: String = "", _ build: @escaping Binary,
    _ reference: @escaping @Sendable (Double, Double) -> Double
  ) -> [OpCase] {
    let shapes: [([Int], [Int])] = [
      ([3, 4], [3, 4]), ([3, 4], [4]), ([4], [3, 4]), ([3, 1], [1, 4]), ([2, 3, 4], []),
      ([], []), ([2, 3, 2], [3, 1]), ([0, 4], [4]), ([40, 70], [70]), ([2, 1100], [2, 1]),
    ]
    var rows: [OpCase] = []
    for dtype in dtypes {
      for (a, b) in dtype == dtypes[0] ? shapes : Array(shapes.prefix(2)) {
        let isSmall = a.reduce(1, *) < 100
        rows.append(
          OpCase(
            op: op, name: "\(op) \(dtype) \(a) and \(b)\(note)",
            inputs: [points(dtype, a, first), points(dtype, b, second, from: 50)],
            build: { [build($1[0], $1[1])] },
            expected: { inputs in
              [map(inputs, to: result ?? inputs[0].dtype) { reference($0[0], $0[1]) }]
            },
            differentiable: differentiable.map { $0 && dtype.isFloatingPoint && isSmall },
            relativeTolerance: tolerance(dtype)))
      }
    }
    return rows
  }

  /// A row from given arrays; the reference sees the elements at one place of all of them.
  static func row(
    _ op: String, _ name: String, _ inputs: [NDArray], result: DType, differentiable: [Bool],
    _ build: @escaping @Sendable ([Tensor]) -> Tensor,
    _ reference: @escaping @Sendable ([Double]) -> Double
  ) -> OpCase {
    OpCase(
      op: op, name: "\(op) \(name)", inputs: inputs, build: { [build($1)] },
      expected: { [map($0, to: result, reference)] }, differentiable: differentiable,
      relativeTolerance: tolerance(result))
  }

  /// Elements spread over a range without hitting its ends, the same on every run.
  static func points(
    _ dtype: DType, _ shape: [Int], _ range: ClosedRange<Double>, from start: Int = 1
  ) -> NDArray {
    let count = ShapeArithmetic.elementCount(shape)
    let width = range.upperBound - range.lowerBound
    let elements = (start..<(start + count)).map { index in
      let fraction = (Double(index) * 0.618_033_988_749_894_8)
        .truncatingRemainder(dividingBy: 1)
      let value = range.lowerBound + fraction * width
      return dtype.isFloatingPoint ? value : value.rounded(.down)
    }
    return NDArray(elements, shape: shape).converted(to: dtype)
  }

  /// Applies a function of Doubles at each place of operands that broadcast.
  static func map(
    _ operands: [NDArray], to dtype: DType, _ body: ([Double]) -> Double
  ) -> NDArray {
    let shape = operands.reduce([]) { ShapeArithmetic.broadcast($0, $1.shape) ?? [] }
    let elements = operands.map { operand in
      let source = operand.doubles()
      let strides = ShapeArithmetic.broadcastStrides(from: operand.shape, to: shape)
      let places = zip(shape, strides).reduce([0]) { places, axis in
        places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
      }
      return places.map { source[$0] }
    }
    let values = (0..<ShapeArithmetic.elementCount(shape)).map { position in
      body(elements.map { $0[position] })
    }
    return NDArray(values, shape: shape).converted(to: dtype)
  }

  private static func tolerance(_ dtype: DType) -> Double {
    switch dtype {
    case .float32: 2e-6
    case .float64: 1e-12
    case .int32, .int64, .uint8, .bool: 0
    }
  }
}
