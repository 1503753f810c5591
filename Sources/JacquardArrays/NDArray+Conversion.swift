extension NDArray {
  /// This array with its elements converted to `dtype`.
  ///
  /// Conversions follow C and NumPy: fractions are cut off, whole numbers wrap around, and every
  /// number but zero is `true`. The array itself is returned where nothing has to change.
  public func converted(to dtype: DType) -> NDArray {
    dtype == self.dtype ? self : self.dtype.accept(ConversionSource(array: self, target: dtype))
  }

  private struct ConversionSource: ElementTypeVisitor {
    let array: NDArray
    let target: DType
    func visit<Source: ArrayElement>(_ type: Source.Type) -> NDArray {
      target.accept(ConversionTarget<Source>(array: array))
    }
  }

  private struct ConversionTarget<Source: ArrayElement>: ElementTypeVisitor {
    let array: NDArray
    func visit<Target: ArrayElement>(_ type: Target.Type) -> NDArray {
      array.withUnsafeElements(of: Source.self) { source in
        NDArray(uninitialized: Target.dtype, shape: array.shape) { bytes in
          bytes.withMemoryRebound(to: Target.self) { target in
            for index in target.indices { target[index] = Target(converting: source[index]) }
          }
        }
      }
    }
  }
}
