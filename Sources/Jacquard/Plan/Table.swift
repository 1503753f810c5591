/// An immutable list at a fixed address: what steps walk through without counting references.
struct Table<Element: Sendable>: ~Copyable, Sendable {
  nonisolated(unsafe) let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    base = .allocate(capacity: elements.count)
    base.initialize(from: elements, count: elements.count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  var indices: Range<Int> { 0..<count }

  subscript(index: Int) -> Element {
    unsafeAddress { UnsafePointer(base + index) }
  }
}
