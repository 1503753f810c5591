struct Negate: ElementwiseOp {
  static let domain = ElementDomain.signed
  var instruction: VectorInstruction { .negate }

  func gradient(_ call: Call, _ dy: Tensor) -> [Tensor?] { [-dy] }
}

extension Tensor {
  /// Each element with its sign turned.
  public static prefix func - (x: Tensor) -> Tensor { x.graph.insert(Negate(), x) }
}
