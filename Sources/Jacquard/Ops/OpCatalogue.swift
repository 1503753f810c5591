/// The ops of this module, sorted by name: what a saved graph may contain, and what the op table has to cover.
enum OpCatalogue {
  static let all: [any Op.Type] = [
    Abs.self, Add.self, AddN.self, AllTrue.self, AnyTrue.self, ArgMax.self, ArgMin.self,
    Assert.self, Assign.self, AveragePooling.self, AveragePoolingGradient.self, BroadcastLike.self,
    BroadcastTo.self, CallSwift.self, Cast.self,
    Ceil.self, CheckNumerics.self, CheckedLengths.self, ClassIndicator.self, ClipByValue.self,
    Concatenate.self,
    ConcatenatedPart.self, Unslice<ConcatenatedPart>.self, Conditional.self, Constant.self,
    Convolution.self, ConvolutionFilterGradient.self, ConvolutionInputGradient.self, Cos.self,
    CumulativeProduct.self, CumulativeSum.self, CustomGradient.self, Divide.self,
    DrawCounter.self, Elu.self, EluGradient.self, Equal.self, Erf.self, Exp.self,
    ExpandDimensions.self, Expm1.self, Fill.self, FillLike.self, Flatten.self, Floor.self,
    FloorDivide.self,
    FloorModulo.self, Gather.self, GatherAlong.self, ScatterAlong.self, Greater.self,
    GreaterOrEqual.self, Identity.self, InTopK.self, IsFinite.self, IsNaN.self, Less.self,
    LessOrEqual.self, LinearRecurrence.self, Log.self, Log1p.self, LogSoftmax.self,
    LogicalAnd.self, LogicalNot.self, LogicalOr.self, LogicalXor.self, MatMul.self, Max.self,
    MaxPooling.self, MaxPoolingGradient.self, MaxPoolingSelection.self, Maximum.self, Min.self,
    Minimum.self, Multiply.self, Negate.self, NoOp.self, NotEqual.self,
    Occurrence.self, OneHot.self, Orthogonalize.self, Pad.self, Placeholder.self,
    PlaceholderWithDefault.self, Power.self,
    PreventGradient.self, Print.self, Product.self, RandomInteger.self, RandomNormal.self,
    RandomTruncatedNormal.self, RandomUniform.self, NumberRange.self, ReadVariable.self,
    ReciprocalSquareRoot.self, Relu.self, ReluGradient.self, Reshape.self, ReshapeLike.self,
    ReshapeToTensor.self, Reverse.self, ReverseSequence.self, Round.self, ScatterAdd.self,
    ScatterUpdate.self, Select.self, SequenceMask.self, ShapeOf.self, Sigmoid.self,
    SigmoidCrossEntropy.self,
    SigmoidGradient.self, Sign.self, Sin.self, Size.self, Slice.self, Unslice<Slice>.self,
    Softmax.self, SoftmaxCrossEntropy.self, Softplus.self, SparseSoftmaxCrossEntropy.self,
    Split.self, Square.self, SquareRoot.self, Squeeze.self, Stack.self, StopGradient.self,
    Subtract.self, Sum.self, SumToShape.self, Tanh.self, TanhGradient.self, TensorArrayMark.self,
    TensorArrayWrite.self, Tile.self,
    TileGradient.self, TopK.self, Transpose.self, Unstack.self, While.self,
  ]

  /// The same by name.
  static let byName: [String: any Op.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0) })
}
