import CVectorKernels
import Testing

/// Products with packed matrices against plain loops in double precision.
@Suite struct VectorKernelsPanelTests {
  typealias Pack =
    (Int, Int, Int, Int, UnsafeRawPointer?, Int, Int32, UnsafeMutableRawPointer?) -> Void
  typealias Multiply = (
    Int, Int, Int, UnsafePointer<jq_panel_product>?, UnsafeRawPointer?, Int, UnsafeRawPointer?,
    UnsafeMutableRawPointer?, Int
  ) -> Void

  /// One element type's kernels.
  struct Kernels<T: BinaryFloatingPoint & BitwiseCopyable> {
    let size: (Int, Int) -> Int
    let pack: Pack
    let multiply: Multiply
    let tolerance: Double
  }

  static var float: Kernels<Float> {
    Kernels(
      size: jq_panels_size_f32, pack: jq_pack_panels_f32, multiply: jq_multiply_panels_f32,
      tolerance: 1e-6)
  }
  static var double: Kernels<Double> {
    Kernels(
      size: jq_panels_size_f64, pack: jq_pack_panels_f64, multiply: jq_multiply_panels_f64,
      tolerance: 1e-15)
  }

  static let rows = [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 24, 25, 28, 37, 49]
  static let columns = [0, 1, 3, 15, 16, 17, 31, 32, 33, 64, 70, 129, 160]
  static let inners = [0, 1, 2, 5, 33]

  /// A product and what is added to it, all rows farther apart than they are long.
  struct Product<T: BinaryFloatingPoint & BitwiseCopyable> {
    let rows: Int
    let columns: Int
    let inner: Int
    let transposed: Bool
    let a: [T]
    let b: [T]
    let addend: [T]
    let bias: [T]
    var aStride: Int { inner + 3 }
    var bStride: Int { (transposed ? inner : columns) + 2 }
    var outStride: Int { columns + 5 }

    init(_ rows: Int, _ columns: Int, _ inner: Int, transposed: Bool) {
      (self.rows, self.columns, self.inner, self.transposed) = (rows, columns, inner, transposed)
      var inputs = KernelTestInputs(state: UInt64(rows * 10_000 + columns * 100 + inner))
      func numbers(_ count: Int) -> [T] { (0..<count).map { _ in T(inputs.uniform(-1...1)) } }
      a = numbers(rows * (inner + 3))
      b = numbers((transposed ? columns : inner) * ((transposed ? inner : columns) + 2))
      addend = numbers(rows * (columns + 5))
      bias = numbers(columns)
    }

    func expected(_ row: Int, _ column: Int, addend: Bool, bias: Bool) -> Double {
      var sum = 0.0
      for k in 0..<inner {
        let other = transposed ? b[column * bStride + k] : b[k * bStride + column]
        sum += Double(a[row * aStride + k]) * Double(other)
      }
      if addend { sum += Double(self.addend[row * outStride + column]) }
      if bias { sum += Double(self.bias[column]) }
      return sum
    }

    /// The packed matrix, packed in two goes.
    func panels(_ kernels: Kernels<T>) -> [T] {
      let width = 128 / MemoryLayout<T>.size
      let count = (columns + width - 1) / width
      var panels = [T](repeating: .nan, count: kernels.size(inner, columns))
      #expect(panels.count == count * width * inner)
      for range in [count / 2..<count, 0..<count / 2] {
        kernels.pack(
          range.lowerBound, range.upperBound, inner, columns, b, bStride, transposed ? 1 : 0,
          &panels)
      }
      return panels
    }

    /// The product, its rows cut at `cuts`; the addend is what the result is written over if `inPlace`.
    ///
    /// - Parameter second: a product of as many rows and columns that is added, and its panels.
    func run(
      _ kernels: Kernels<T>, _ panels: [T], addend hasAddend: Bool, bias hasBias: Bool,
      inPlace: Bool = false, cuts: [Int] = [], second: (product: Self, panels: [T])? = nil
    ) -> [T] {
      var out = inPlace ? addend : [T](repeating: 77, count: rows * outStride)
      let bounds = [0] + cuts.filter { $0 < rows } + [rows]
      let size = MemoryLayout<T>.size
      var factors: [(product: Self, panels: [T])] = [(self, panels)]
      if let second { factors.append(second) }
      out.withUnsafeMutableBytes { out in
        addend.withUnsafeBytes { addend in
          bias.withUnsafeBytes { bias in
            withProducts(factors) { products in
              for (begin, end) in zip(bounds, bounds.dropFirst()) {
                let offset = begin * outStride * size
                let target = out.baseAddress.map { $0 + offset }
                let source =
                  inPlace
                  ? target.map { UnsafeRawPointer($0) } : addend.baseAddress.map { $0 + offset }
                let part = products.map { product in
                  var product = product
                  product.a = product.a.map { $0 + begin * product.stride * size }
                  return product
                }
                kernels.multiply(
                  end - begin, columns, part.count, part, hasAddend ? source : nil, outStride,
                  hasBias ? bias.baseAddress : nil, target, outStride)
              }
            }
          }
        }
      }
      return out
    }

    private func withProducts(
      _ factors: [(product: Self, panels: [T])], _ body: ([jq_panel_product]) -> Void,
      _ known: [jq_panel_product] = []
    ) {
      guard let (product, panels) = factors.first else { return body(known) }
      product.a.withUnsafeBytes { a in
        panels.withUnsafeBytes { panels in
          let next = jq_panel_product(
            inner: product.inner, a: a.baseAddress, stride: product.aStride,
            panels: panels.baseAddress)
          withProducts(Array(factors.dropFirst()), body, known + [next])
        }
      }
    }
  }

  static func check<T>(
    _ kernels: Kernels<T>, rows: Int, columns: [Int] = columns, inners: [Int] = inners
  ) {
    for columns in columns {
      for inner in inners {
        for transposed in [false, true] {
          let product = Product<T>(rows, columns, inner, transposed: transposed)
          let panels = product.panels(kernels)
          for (addend, bias) in [(false, false), (true, false), (false, true), (true, true)] {
            let out = product.run(kernels, panels, addend: addend, bias: bias)
            var worst = 0.0
            var untouched = true
            for row in 0..<rows {
              for column in 0..<product.outStride {
                let value = out[row * product.outStride + column]
                if column < columns {
                  let exact = product.expected(row, column, addend: addend, bias: bias)
                  worst = max(worst, abs(Double(value) - exact))
                } else {
                  untouched = untouched && value == 77
                }
              }
            }
            let size = Double(inner + 3).squareRoot()
            let words = "\(rows)×\(inner)×\(columns), \(transposed), \(addend), \(bias)"
            #expect(worst <= kernels.tolerance * size, "\(words)")
            #expect(untouched, "\(words): wrote past a row")
            // One cut that moves rows to other blocks, and one at each row.
            for cuts in [[5, 9, 10, 26], Array(1..<max(rows, 1))] {
              let parts = product.run(kernels, panels, addend: addend, bias: bias, cuts: cuts)
              #expect(parts == out, "\(words), cut at \(cuts)")
            }
            if addend {
              let inPlace = product.run(kernels, panels, addend: true, bias: bias, inPlace: true)
              let isEqual = (0..<rows).allSatisfy { row in
                let range = row * product.outStride..<row * product.outStride + columns
                return inPlace[range] == out[range]
              }
              #expect(isEqual, "\(words), in place")
            }
          }
        }
      }
    }
  }

  /// The sum of two products, each checked by itself above.
  static func checkSums<T>(_ kernels: Kernels<T>, rows: Int) {
    for columns in columns {
      for (inner, other) in [(2, 5), (33, 1), (5, 0), (0, 2)] {
        let first = Product<T>(rows, columns, inner, transposed: false)
        let second = Product<T>(rows, columns, other, transposed: true)
        let panels = (first.panels(kernels), second.panels(kernels))
        for (addend, bias) in [(false, false), (true, false), (false, true), (true, true)] {
          let out = first.run(
            kernels, panels.0, addend: addend, bias: bias, second: (second, panels.1))
          let isClose = (0..<rows * columns).allSatisfy { index in
            let (row, column) = (index / columns, index % columns)
            let exact =
              first.expected(row, column, addend: addend, bias: bias)
              + second.expected(row, column, addend: false, bias: false)
            return abs(Double(out[row * first.outStride + column]) - exact)
              <= kernels.tolerance * Double(inner + other + 3).squareRoot()
          }
          let words = "\(rows)×(\(inner) + \(other))×\(columns), \(addend), \(bias)"
          #expect(isClose, "\(words)")
          let parts = first.run(
            kernels, panels.0, addend: addend, bias: bias, cuts: [1, 5, 9, 26],
            second: (second, panels.1))
          #expect(parts == out, "\(words), cut")
        }
      }
    }
  }

  /// Panels are gone through in turn from both ends: every second run of the same product is the other way round.
  @Test(arguments: [1, 2, 3]) func matricesBeyondTheFirstLevelCache(_ rows: Int) {
    Self.check(Self.float, rows: rows, columns: [224, 256, 300], inners: [64])
    Self.check(Self.double, rows: rows, columns: [112, 128, 150], inners: [65])
  }

  @Test(arguments: rows) func sumsOfFloats(_ rows: Int) { Self.checkSums(Self.float, rows: rows) }
  @Test(arguments: rows) func sumsOfDoubles(_ rows: Int) {
    Self.checkSums(Self.double, rows: rows)
  }
  @Test(arguments: rows) func floats(_ rows: Int) { Self.check(Self.float, rows: rows) }
  @Test(arguments: rows) func doubles(_ rows: Int) { Self.check(Self.double, rows: rows) }
}
