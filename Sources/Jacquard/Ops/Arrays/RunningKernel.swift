import JacquardArrays

/// Runs along an axis `[outer, length, inner]`, forwards or backwards, and leaves each running value, or the one before it.
struct RunningLayout: Sendable {
  var view: AxisView
  var isExclusive: Bool
  var isReverse: Bool

  init(_ shape: [Int], axis: Int, exclusive: Bool, reverse: Bool) {
    view = AxisView(shape, axis: axis)
    isExclusive = exclusive
    isReverse = reverse
  }
}

struct RunningKernel: NumericKernel {
  /// How the next running value follows from the last.
  enum Step: Sendable {
    case sum
    case product
    /// The last times the element of operand 0, plus that of operand 1.
    case recurrence
  }

  let name: String
  let dtype: DType
  private let step: Step
  private let layout: RunningLayout
  private let cut: WorkCut

  init(name: String, _ step: Step, _ layout: RunningLayout, dtype: DType) {
    self.name = name
    self.dtype = dtype
    self.step = step
    self.layout = layout
    cut = WorkCut(layout.view.outer, costPerItem: layout.view.length * layout.view.inner)
  }

  var kind: KernelKind { .reduction }
  var chunkCount: Int { cut.chunkCount }
  var floatingPointOperations: Int {
    let perElement = dtype.isFloatingPoint ? (step == .recurrence ? 2 : 1) : 0
    return perElement * layout.view.outer * layout.view.length * layout.view.inner
  }

  func run<Element: KernelNumber>(_ type: Element.Type, _ buffers: KernelBuffers, chunk: Int) {
    let a = buffers.operand(0, as: Element.self)
    let target = buffers.result(0, as: Element.self)
    let outer = cut.range(chunk)
    switch step {
    case .sum:
      run(outer, from: Element.additiveIdentity, target) { .wrappingSum($0, a[$1]) }
    case .product:
      run(outer, from: Element.multiplicativeIdentity, target) { .wrappingProduct($0, a[$1]) }
    case .recurrence:
      let b = buffers.operand(1, as: Element.self)
      run(outer, from: Element.additiveIdentity, target) {
        .wrappingSum(.wrappingProduct(a[$1], $0), b[$1])
      }
    }
  }

  @inline(__always)
  private func run<Element: KernelNumber>(
    _ outer: Range<Int>, from start: Element, _ target: UnsafeMutablePointer<Element>,
    next: (_ running: Element, _ index: Int) -> Element
  ) {
    let (length, inner) = (layout.view.length, layout.view.inner)
    for o in outer {
      for i in 0..<inner {
        var running = start
        for step in 0..<length {
          let position = layout.isReverse ? length - 1 - step : step
          let index = (o * length + position) * inner + i
          let following = next(running, index)
          target[index] = layout.isExclusive ? running : following
          running = following
        }
      }
    }
  }
}
