import JacquardArrays

/// Runs along an axis `[outer, length, inner]`, forwards or backwards, and leaves each running value, or the one before it.
struct RunningLayout: Sendable {
  var view: AxisView
  var isExclusive: Bool
  var isReverse: Bool

  init(_ shape: [Int], axis: Int, exclusive: Bool, reverse: Bool) {
    view = AxisView(shape, axis: axis < 0 ? axis + shape.count : axis)
    isExclusive = exclusive
    isReverse = reverse
  }
}

/// How the next running value follows from the last.
protocol RunningStep: Sendable {
  associatedtype Element: KernelNumber
  /// The running value before the first element.
  static var start: Element { get }
  /// The next running value; `b` is the element of operand 1, if there is one.
  static func next(_ running: Element, _ a: Element, _ b: Element) -> Element
}

struct RunningSum<Element: KernelNumber>: RunningStep {
  static var start: Element { .additiveIdentity }
  @inline(__always) static func next(_ running: Element, _ a: Element, _ b: Element) -> Element {
    .wrappingSum(running, a)
  }
}

struct RunningProduct<Element: KernelNumber>: RunningStep {
  static var start: Element { .multiplicativeIdentity }
  @inline(__always) static func next(_ running: Element, _ a: Element, _ b: Element) -> Element {
    .wrappingProduct(running, a)
  }
}

struct RunningRecurrence<Element: KernelNumber>: RunningStep {
  static var start: Element { .additiveIdentity }
  @inline(__always) static func next(_ running: Element, _ a: Element, _ b: Element) -> Element {
    .wrappingSum(.wrappingProduct(a, running), b)
  }
}

struct RunningKernel<Step: RunningStep>: Kernel {
  let name: String
  private let layout: RunningLayout
  /// The index of the operand `b`; that of `a` if there is none.
  private let secondOperand: Int
  private let cut: WorkCut

  init(name: String, _ step: Step.Type, _ layout: RunningLayout, operandCount: Int) {
    self.name = name
    self.layout = layout
    secondOperand = operandCount - 1
    cut = WorkCut(layout.view.outer, costPerItem: layout.view.length * layout.view.inner)
  }

  var chunkCount: Int { cut.chunkCount }

  func run(_ buffers: KernelBuffers, chunk: Int) {
    let a = buffers.operand(0, as: Step.Element.self)
    let b = buffers.operand(secondOperand, as: Step.Element.self)
    let target = buffers.result(0, as: Step.Element.self)
    let (length, inner) = (layout.view.length, layout.view.inner)
    for outer in cut.range(chunk) {
      for i in 0..<inner {
        var running = Step.start
        for step in 0..<length {
          let position = layout.isReverse ? length - 1 - step : step
          let index = (outer * length + position) * inner + i
          let next = Step.next(running, a[index], b[index])
          target[index] = layout.isExclusive ? running : next
          running = next
        }
      }
    }
  }
}
