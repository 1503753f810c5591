import Jacquard
import JacquardArrays

/// A model that is a chain of layers.
///
/// ```swift
/// let model = Sequential([LSTM(128), Dense(10, activation: .softmax)], inputShape: [28, 28])
/// model.summary()
/// model.compile(optimizer: .adam, loss: .categoricalCrossentropy, metrics: [.accuracy])
/// try model.fit(images, labels, batchSize: 128, epochs: 10)
/// ```
public final class Sequential: Model {
  private struct Link {
    let layer: any Layer
    let file: StaticString
    let line: UInt
  }

  private var chain: [Link] = []

  /// A chain of `layers`, which may be added to.
  ///
  /// - Parameters:
  ///   - layers: the layers in order.
  ///   - inputShape: the shape of one example, without the batch; dimensions may be open. Without it, the first arrays decide.
  ///   - inputDType: the element type of the inputs; if `nil`, float32 or, without `inputShape`, that of the first arrays.
  ///   - seed: decides initial weights, dropout and the order of examples.
  ///   - options: of the session.
  ///   - name: what it is called in summaries.
  public init(
    _ layers: [any Layer] = [], inputShape: PartialShape? = nil, inputDType: DType? = nil,
    seed: UInt64 = 0, options: SessionOptions = SessionOptions(), name: String = "sequential",
    file: StaticString = #fileID, line: UInt = #line
  ) {
    super.init(inputShape, inputDType, seed, options, name, network: nil)
    chain = layers.map { Link(layer: $0, file: file, line: line) }
  }

  /// Adds a layer at the end. A model that is compiled has to be compiled again.
  public func add(_ layer: any Layer, file: StaticString = #fileID, line: UInt = #line) {
    chain.append(Link(layer: layer, file: file, line: line))
    invalidateNetwork()
  }

  /// The layers in order.
  public override var layers: [any Layer] { chain.map(\.layer) }

  override func makeOutput(_ x: Tensor, training: Bool) -> Tensor {
    chain.reduce(x) { x, link in
      // What is wrong with one layer, the next need not repeat.
      link.layer(x, training: training, file: link.file, line: link.line)
    }
  }
}
