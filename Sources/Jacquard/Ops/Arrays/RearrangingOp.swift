/// An op whose result holds the elements of its one operand in another order.
protocol RearrangingOp: Op {
  /// Where the elements of the result lie in the operand.
  func layout(_ context: LoweringContext) throws -> StridedLayout
}

extension RearrangingOp {
  func lower(_ context: LoweringContext) throws -> any Kernel {
    StridedCopyKernel(name: Self.name, layout: try layout(context), dtype: context.dtype(0))
  }
}
