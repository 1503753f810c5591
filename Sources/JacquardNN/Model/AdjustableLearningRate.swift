import Jacquard
import JacquardArrays

/// A learning rate that can be changed between steps: a variable in each graph it is used in.
///
/// ```swift
/// let rate = AdjustableLearningRate(0.01)
/// model.compile(optimizer: AdamOptimizer(learningRate: rate), loss: .meanSquaredError)
/// try model.fit(x, y, epochs: 20, callbacks: [ReduceLROnPlateau(rate, monitor: "val_loss")])
/// ```
public final class AdjustableLearningRate: LearningRate {
  /// What it starts with.
  public let initialValue: Double
  private let rates = PerGraph<Variable>()

  /// A rate that starts with `initialValue`.
  public init(_ initialValue: Double) { self.initialValue = initialValue }

  /// Its variable in `graph`, a float64 scalar named `learning_rate`.
  public func variable(in graph: Graph) -> Variable {
    rates.value(in: graph) {
      graph.atRoot {
        graph.variable(
          .constant(initialValue), [], dtype: .float64, name: "learning_rate", trainable: false)
      }
    }
  }

  /// The rate as a scalar of `dtype`.
  public func scalar(in graph: Graph, dtype: DType) -> Tensor {
    variable(in: graph).cast(to: dtype)
  }

  /// The rate in `session`.
  ///
  /// - Throws: `SessionError`.
  public func value(in session: Session) throws -> Double {
    let variable = variable(in: session.graph)
    guard try session.isInitialized(variable) else { return initialValue }
    return try session.value(of: variable).doubleValue
  }

  /// Changes the rate in `session`.
  ///
  /// - Throws: `SessionError`.
  public func set(_ value: Double, in session: Session) throws {
    try session.assign(variable(in: session.graph), NDArray(value))
  }

  /// Whether anything in `graph` depends on the rate.
  func isUsed(in graph: Graph) -> Bool {
    let variable = variable(in: graph)
    return graph.operations.contains { $0.operands.contains(variable) }
  }
}

extension Optimizer where Self == AdamOptimizer {
  /// Adam with the settings of Keras: rate 0.001, epsilon 1e-7.
  public static var adam: AdamOptimizer { adam() }

  /// Adam with the epsilon of Keras, 1e-7.
  public static func adam(learningRate: any LearningRate = 0.001) -> AdamOptimizer {
    AdamOptimizer(learningRate: learningRate, epsilon: 1e-7)
  }
}

extension Optimizer where Self == GradientDescentOptimizer {
  /// Gradient descent with the rate of Keras, 0.01.
  public static var sgd: GradientDescentOptimizer { sgd() }

  /// Gradient descent.
  public static func sgd(learningRate: any LearningRate = 0.01) -> GradientDescentOptimizer {
    GradientDescentOptimizer(learningRate: learningRate)
  }
}
