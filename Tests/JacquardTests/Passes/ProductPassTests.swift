import CVectorKernels
import JacquardArrays
import Testing

@testable import Jacquard

/// Chains of matrix products in the cheaper order: text in, text out.
@Suite("Chains of products") struct ProductPassTests {
  private let graph = Graph(seed: 1)
  private func input(_ shape: PartialShape, _ dtype: DType = .float32) -> Tensor {
    graph.placeholder(dtype, shape)
  }

  private func expectUnchanged(
    _ fetches: [Tensor], sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let run = try PassRun(ReassociateProducts(), fetches)
    #expect(run.after == run.before, sourceLocation: sourceLocation)
  }

  @Test func wideLayersAreMultipliedAway() throws {
    let (x, a, w) = (input([50, 2]), input([2, 8]), input([8, 5]))
    try PassRun(ReassociateProducts(), [matmul(matmul(x, a), w)]).expect(
      """
      program(%0 float32[50, 2], %1 float32[2, 8], %2 float32[8, 5])
        %3 float32[50, 8] = MatMul(%0, %1)
        %4 float32[2, 5] = MatMul(%1, %2)
        %5 float32[50, 5] = MatMul(%0, %4)
        → %5
      """)
  }

  @Test func biasesBecomeARow() throws {
    let (x, a, b, w) = (input([10, 5, 2]), input([8, 2]), input([8]), input([8, 5]))
    let layer = (matmul(x, a, transposeB: true) + b).transposed([1, 0, 2]).reversed(axes: [0])
    try PassRun(ReassociateProducts(), [matmul(layer.reshaped(to: [50, 8]), w)]).expect(
      """
      program(%0 float32[10, 5, 2], %1 float32[8, 2], %2 float32[8], %3 float32[8, 5])
        %4 float32[10, 5, 8] = MatMul[bᵀ](%0, %1)
        %5 float32[10, 5, 8] = Add(%4, %2)
        %6 float32[5, 10, 8] = Transpose[permutation: Optional([1, 0, 2])](%5)
        %7 float32[5, 10, 8] = Reverse[axes: [0]](%6)
        %8 float32[50, 8] = Reshape[shape: [50, 8]](%7)
        %9 float32[50, 2] = Reshape[shape: [50, 2]](%0)
        %10 float32[10, 5, 2] = Reshape[shape: [10, 5, 2]](%9)
        %11 float32[10, 5, 2] = Reverse[axes: [1]](%10)
        %12 float32[5, 10, 2] = Transpose[permutation: Optional([1, 0, 2])](%11)
        %13 float32[50, 2] = Reshape[shape: [50, 2]](%12)
        %14 float32[50, 3] = Concatenate[axis: 1](%13, constant float32[50, 1])
        %15 float32[8, 1] = Reshape[shape: [8, 1]](%2)
        %16 float32[8, 3] = Concatenate[axis: 1](%1, %15)
        %17 float32[3, 5] = MatMul[aᵀ](%16, %3)
        %18 float32[50, 5] = MatMul(%14, %17)
        → %18
      """)
  }

  @Test func gradientsShareOneProduct() throws {
    let (x, a, b, w) = (input([50, 2]), input([2, 8]), input([8]), input([8, 5]))
    let y = matmul(matmul(x, a) + b, w)
    let slopes = graph.gradients(of: [y], withRespectTo: [a, b, w]).compactMap(\.self)
    try PassRun(ReassociateProducts(), slopes).expect(
      """
      program(%0 float32[50, 2], %1 float32[2, 8], %2 float32[8], %3 float32[8, 5])
        %4 float32[50, 8] = MatMul(%0, %1)
        %5 float32[50, 8] = Add(%4, %2)
        %6 float32[50, 3] = Concatenate[axis: 1](%0, constant float32[50, 1])
        %7 float32[1, 8] = Reshape[shape: [1, 8]](%2)
        %8 float32[3, 8] = Concatenate[axis: 0](%1, %7)
        %9 float32[3, 5] = MatMul(%8, %3)
        %10 float32[50, 5] = MatMul(%6, %9)
        %11 float32[50, 5] = FillLike[value: 1.0, dtype: nil, axis: nil, trailing: []](shape of float32[50, 5])
        %12 float32[50, 8] = MatMul[bᵀ](%11, %3)
        %13 float32[3, 5] = MatMul[aᵀ](%6, %11)
        %14 float32[1, 8] = Reshape[shape: [1, 8]](%2)
        %15 float32[3, 8] = Concatenate[axis: 0](%1, %14)
        %16 float32[8, 5] = MatMul[aᵀ](%15, %13)
        %17 float32[1, 5] = Slice[axis 0 from 2 to 3](%13)
        %18 float32[1, 8] = MatMul[bᵀ](%17, %3)
        %19 float32[8] = Reshape[shape: [8]](%18)
        %20 float32[2, 5] = Slice[axis 0 from 0 to 2](%13)
        %21 float32[2, 8] = MatMul[bᵀ](%20, %3)
        %22 float32[2, 8] = Reshape[shape: [2, 8]](%21)
        → %22, %19, %16
      """)
  }

  @Test func sumsOfProductsAreReassociatedTermByTerm() throws {
    let (x, g, h) = (input([50, 2]), input([50, 9]), input([50, 8]))
    let (v, w) = (input([9, 8]), input([8, 8]))
    let both = matmul(g, v) + matmul(h, w)
    try PassRun(ReassociateProducts(), [matmul(x, both, transposeA: true), both.sum(along: [0])])
      .expect(
        """
        program(%0 float32[50, 2], %1 float32[50, 9], %2 float32[50, 8], %3 float32[9, 8], %4 float32[8, 8])
          %5 float32[50, 8] = MatMul(%1, %3)
          %6 float32[50, 8] = MatMul(%2, %4)
          %7 float32[50, 8] = Add(%5, %6)
          %8 float32[2, 9] = MatMul[aᵀ](%0, %1)
          %9 float32[2, 8] = MatMul(%8, %3)
          %10 float32[2, 8] = MatMul[aᵀ](%0, %2)
          %11 float32[2, 8] = MatMul(%10, %4)
          %12 float32[2, 8] = Add(%9, %11)
          %13 float32[2, 8] = Reshape[shape: [2, 8]](%12)
          %14 float32[1, 9] = Sum[axes: Optional([0]), keepingDimensions: true](%1)
          %15 float32[1, 8] = MatMul(%14, %3)
          %16 float32[1, 8] = Sum[axes: Optional([0]), keepingDimensions: true](%2)
          %17 float32[1, 8] = MatMul(%16, %4)
          %18 float32[1, 8] = Add(%15, %17)
          %19 float32[8] = Reshape[shape: [8]](%18)
          → %13, %19
        """)
  }

  @Test func layersAreMultipliedAwayWhereAllReadersTogetherGain() throws {
    // 10·(50 + 16)·64 operations are not a quarter fewer than 50·16·64, but 50·10·16 are spared, too.
    let (x, a, w) = (input([50, 10]), input([10, 16]), input([16, 64]))
    let layer = matmul(x, a)
    try PassRun(ReassociateProducts(), [matmul(layer, w)]).expect(
      """
      program(%0 float32[50, 10], %1 float32[10, 16], %2 float32[16, 64])
        %3 float32[50, 16] = MatMul(%0, %1)
        %4 float32[10, 64] = MatMul(%1, %2)
        %5 float32[50, 64] = MatMul(%0, %4)
        → %5
      """)
    // Another reader needs the layer anyway.
    try expectUnchanged([matmul(layer, w), tanh(layer)])
    try expectUnchanged([matmul(layer, w), layer])
    // Not a fifth fewer even so: 12·66·64 against 50·16·64 + 50·12·16.
    try expectUnchanged([matmul(matmul(input([50, 12]), input([12, 16])), w)])
  }

  @Test func sharedProductsCostNothing() throws {
    // xᵀ·(g·B) becomes (xᵀ·g)·B; with xᵀ·g made anyway, (x·A + b)ᵀ·g takes little more.
    let (x, a, b) = (input([50, 11]), input([11, 16]), input([16]))
    let (w, g) = (input([16, 64]), input([50, 64]))
    let slope = matmul(matmul(x, a) + b, g, transposeA: true)
    try expectUnchanged([slope])
    let outer = matmul(x, matmul(g, w, transposeB: true), transposeA: true)
    let text = try PassRun(ReassociateProducts(), [slope, outer]).after
    #expect(text.contains("float32[12, 64] = MatMul[aᵀ]"))
    #expect(text.contains("float32[11, 16] = MatMul[bᵀ]"))
  }

  @Test func sumsOfRowsComeWithAProduct() throws {
    let (x, a, b, g) = (input([50, 2]), input([2, 8]), input([8]), input([50, 5]))
    let layer = matmul(x, a) + b
    try PassRun(ReassociateProducts(), [g.sum(along: [0]), matmul(layer, g, transposeA: true)])
      .expect(
        """
        program(%0 float32[50, 2], %1 float32[2, 8], %2 float32[8], %3 float32[50, 5])
          %4 float32[50, 8] = MatMul(%0, %1)
          %5 float32[50, 8] = Add(%4, %2)
          %6 float32[50, 3] = Concatenate[axis: 1](%0, constant float32[50, 1])
          %7 float32[3, 5] = MatMul[aᵀ](%6, %3)
          %8 float32[1, 5] = Slice[axis 0 from 2 to 3](%7)
          %9 float32[5] = Reshape[shape: [5]](%8)
          %10 float32[1, 8] = Reshape[shape: [1, 8]](%2)
          %11 float32[3, 8] = Concatenate[axis: 0](%1, %10)
          %12 float32[8, 5] = MatMul[aᵀ](%11, %7)
          → %9, %12
        """)
  }

  @Test(.enabled(if: jq_is_optimized() != 0)) func narrowProductsMoveIntoLoops() throws {
    let (x, h, w, v) = (input([3, 8, 2]), input([8, 6]), input([2, 6]), input([5, 6]))
    let y = graph.scan(matmul(x, w), initial: h) { h, x in (tanh(h + x), h) }.outputs
    try PassRun(SinkProducts(), [y]).expect(
      """
      program(%0 float32[3, 8, 2], %1 float32[8, 6], %2 float32[2, 6], %3 float32[5, 6])
        %4 float32[3, 8, 6] = MatMul(%0, %2)
        %5 float32[3, 8, 2] = Reshape[shape: [3, 8, 2]](%0)
        %6 float32[8, 6], %7 float32[3, 8, 6], %8 int64[] = While[carry 1, scan {0}, invariant 1, stack {0}](%1, %5, %2)
          do(%9 int64[], %10 float32[8, 6], %11 float32[8, 2], %12 float32[2, 6])
            %13 float32[8, 6] = MatMul(%11, %12)
            %14 float32[8, 6] = Add(%10, %13)
            %15 float32[8, 6] = Tanh(%14)
            → %15, %10
        → %7
      """)
    // Few rows, a wide operand, or another reader.
    let few = matmul(input([3, 7, 2]), w)
    let wide = matmul(input([3, 8, 5]), v)
    let read = matmul(x, w)
    for (product, state) in [(few, input([7, 6])), (wide, h), (read, h)] {
      let z = graph.scan(product, initial: state) { h, x in (tanh(h + x), h) }.outputs
      let run = try PassRun(SinkProducts(), [z, read])
      #expect(run.after == run.before)
    }
  }

  @Test func whatIsCheapOrReadElsewhereStays() throws {
    let (x, a, w) = (input([50, 2]), input([2, 8]), input([8, 5]))
    // One row: A·B alone would cost more.
    try expectUnchanged([matmul(matmul(input([1, 2]), a), w)])
    // A narrow layer.
    try expectUnchanged([matmul(matmul(input([50, 8]), input([8, 2])), input([2, 5]))])
    // Something between the products.
    try expectUnchanged([matmul(tanh(matmul(x, a)), w)])
    // The product that would be spared is wanted.
    let product = matmul(input([50, 9]), input([9, 8]))
    try expectUnchanged([matmul(x, product, transposeA: true), product])
    // Whole numbers wrap, and are left alone.
    let n = [input([50, 2], .int32), input([2, 8], .int32), input([8, 5], .int32)]
    try expectUnchanged([matmul(matmul(n[0], n[1]), n[2])])
  }
}
