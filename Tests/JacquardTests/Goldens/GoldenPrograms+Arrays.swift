import JacquardArrays

@testable import Jacquard

extension GoldenPrograms {
  static let arrays: [String: GoldenProgram] = [
    "strided_slice": { golden, x in [MaskedSlice(golden).applied(to: x[0])] },
    "gather": { golden, x in [x[0].gathered(at: x[1], axis: golden.integer("axis")!)] },
    "gather_nd": binary { gatheredPoints(of: $0, at: $1) },
    "pad": { golden, x in [padded(x[0], golden)] },
    "tile": { golden, x in [x[0].tiled(golden.integers("multiples")!)] },
    "reverse_sequence": { golden, x in
      [
        x[0].reverseSequence(
          lengths: x[1], sequenceAxis: golden.integer("seqAxis")!,
          batchAxis: golden.integer("batchAxis")!)
      ]
    },
    "sequence_mask": { golden, x in
      if let maximum = golden.integer("maxLength") {
        return [sequenceMask(x[0], maximum: maximum).cast(to: golden.dtype)]
      }
      let zero = x[0].graph.constant(NDArray(Int32(0)))
      let one = x[0].graph.constant(NDArray(Int32(1)))
      let steps = range(from: zero, to: x[0].max(), by: one)
      return [steps .< x[0].expandingDimensions(at: -1)]
    },
    "one_hot": { golden, x in
      [
        x[0].oneHot(
          depth: golden.integer("depth")!, on: golden.number("onValue")!,
          off: golden.number("offValue")!, axis: golden.integer("axis")!, dtype: golden.dtype)
      ]
    },
    "concat": { golden, x in [concatenate(x, axis: golden.integer("axis")!)] },
    "split": { golden, x in
      let axis = golden.integer("axis")!
      if let sizes = golden.integers("sizes") { return x[0].split(sizes: sizes, axis: axis) }
      return x[0].split(count: golden.integer("count")!, axis: axis)
    },
    "stack": { golden, x in [stack(x, axis: golden.integer("axis")!)] },
    "unstack": { golden, x in
      let axis = golden.integer("axis")!
      return x[0].unstacked(count: x[0].shape[axis]!, axis: axis)
    },
    "transpose": { golden, x in [x[0].transposed(golden.integers("permutation")!)] },
    "reverse": { golden, x in [x[0].reversed(axes: golden.integers("axes")!)] },
  ]

  /// The elements or rows of `x` at the coordinates along the last axis of `indices`.
  private static func gatheredPoints(of x: Tensor, at indices: Tensor) -> Tensor {
    let shape = x.shape.known!
    let depth = indices.shape[-1]!
    let strides = (0..<depth).map { Int32(shape[($0 + 1)..<depth].reduce(1, *)) }
    let offsets = indices * x.graph.constant(NDArray(strides, shape: [depth]))
    return x.reshaped(to: [shape[..<depth].reduce(1, *)] + shape[depth...])
      .gathered(at: offsets.sum(along: [-1]))
  }

  private static func padded(_ x: Tensor, _ golden: GoldenCase) -> Tensor {
    let flat = golden.integers("paddings")!
    let paddings = stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
    let mode = golden.text("mode")!
    if mode == "CONSTANT" { return x.padded(paddings, value: golden.number("value")!) }
    return paddings.enumerated().reduce(x) { x, padding in
      let (axis, (before, after)) = padding
      let count = x.shape[axis]!
      let indices = (-before..<count + after).map {
        mirrored($0, count, repeatingEdge: mode == "SYMMETRIC")
      }
      return x.gathered(
        at: x.graph.constant(NDArray(indices, shape: [indices.count])), axis: axis)
    }
  }

  private static func mirrored(_ index: Int, _ count: Int, repeatingEdge: Bool) -> Int32 {
    let edge = repeatingEdge ? 1 : 0
    if index < 0 { return Int32(-index - edge) }
    return Int32(index < count ? index : 2 * count - 2 + edge - index)
  }
}

/// The operands and masks of TensorFlow's `strided_slice`.
private struct MaskedSlice {
  var begin: [Int]
  var end: [Int]
  var strides: [Int]
  var beginMask: Int
  var endMask: Int
  var ellipsisMask: Int
  var newAxisMask: Int
  var shrinkAxisMask: Int

  init(_ golden: GoldenCase) {
    begin = golden.integers("begin")!
    end = golden.integers("end")!
    strides = golden.integers("strides")!
    beginMask = golden.integer("beginMask")!
    endMask = golden.integer("endMask")!
    ellipsisMask = golden.integer("ellipsisMask")!
    newAxisMask = golden.integer("newAxisMask")!
    shrinkAxisMask = golden.integer("shrinkAxisMask")!
  }

  private enum Entry {
    case range(begin: Int?, end: Int?, stride: Int)
    case index(Int)
    case newAxis
  }

  func applied(to x: Tensor) -> Tensor {
    let entries = entries(rank: x.rank!)
    var bounds: [(begin: Int?, end: Int?, stride: Int)] = []
    for entry in entries {
      switch entry {
      case .range(let begin, let end, let stride): bounds.append((begin, end, stride))
      case .index(let index): bounds.append((index, index == -1 ? nil : index + 1, 1))
      case .newAxis: break
      }
    }
    var result = x.stridedSlice(
      begin: bounds.map(\.begin), end: bounds.map(\.end), strides: bounds.map(\.stride))
    var axis = 0
    for entry in entries {
      switch entry {
      case .range: axis += 1
      case .index: result = result.squeezed(axis: axis)
      case .newAxis:
        result = result.expandingDimensions(at: axis)
        axis += 1
      }
    }
    return result
  }

  private func entries(rank: Int) -> [Entry] {
    let whole = Entry.range(begin: nil, end: nil, stride: 1)
    let named = begin.indices.count {
      !isSet(ellipsisMask, $0) && !isSet(newAxisMask, $0)
    }
    return begin.indices.flatMap { i -> [Entry] in
      if isSet(ellipsisMask, i) { return Array(repeating: whole, count: rank - named) }
      if isSet(newAxisMask, i) { return [.newAxis] }
      if isSet(shrinkAxisMask, i) { return [.index(begin[i])] }
      return [
        .range(
          begin: isSet(beginMask, i) ? nil : begin[i], end: isSet(endMask, i) ? nil : end[i],
          stride: strides[i])
      ]
    }
  }

  private func isSet(_ mask: Int, _ bit: Int) -> Bool { mask >> bit & 1 == 1 }
}
