import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// Optimizers against their papers' formulas, in plain Swift.
@Suite struct OptimizerFormulaTests {
  /// What an element becomes with each gradient: an independent computation.
  typealias Reference = @Sendable (_ start: Double, _ gradients: [Double]) -> [Double]

  struct Formula: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let optimizer: @Sendable () -> any Optimizer
    let reference: Reference
  }

  static let formulas = [
    Formula(
      testDescription: "AdamW",
      optimizer: { AdamWOptimizer(weightDecay: 0.02, learningRate: 0.1, beta1: 0.8, beta2: 0.95) },
      reference: { start, gradients in
        adam(start, gradients, rate: 0.1, beta1: 0.8, beta2: 0.95, weightDecay: 0.02) { $0.m }
      }),
    Formula(
      testDescription: "AdamW without decay is Adam",
      optimizer: { AdamWOptimizer(weightDecay: 0, learningRate: 0.01) },
      reference: { start, gradients in
        adam(start, gradients, rate: 0.01, beta1: 0.9, beta2: 0.999) { $0.m }
      }),
    Formula(
      testDescription: "Nadam",
      optimizer: { NadamOptimizer(learningRate: 0.1, beta1: 0.7, beta2: 0.9, epsilon: 0.01) },
      reference: { start, gradients in
        adam(start, gradients, rate: 0.1, beta1: 0.7, beta2: 0.9, epsilon: 0.01) {
          0.7 * $0.m + 0.3 * $0.gradient
        }
      }),
    Formula(
      testDescription: "AdaMax",
      optimizer: { AdaMaxOptimizer(learningRate: 0.1, beta1: 0.7, beta2: 0.9, epsilon: 0.01) },
      reference: { start, gradients in
        var (value, m, largest) = (start, 0.0, 0.0)
        return gradients.enumerated().map { index, gradient in
          m = 0.7 * m + 0.3 * gradient
          largest = Swift.max(0.9 * largest, Swift.abs(gradient))
          value -= 0.1 / (1 - power(0.7, index + 1)) * m / (largest + 0.01)
          return value
        }
      }),
    Formula(
      testDescription: "FTRL with another power",
      optimizer: {
        FtrlOptimizer(
          learningRate: 0.3, learningRatePower: -1, initialAccumulatorValue: 0.5,
          l1RegularizationStrength: 0.2, l2RegularizationStrength: 0.1)
      },
      reference: { start, gradients in
        var (value, sum, z) = (start, 0.5, 0.0)
        return gradients.map { gradient in
          // With power 1 the difference of powers is the squared gradient.
          z += gradient - gradient * gradient / 0.3 * value
          sum += gradient * gradient
          let shrunk = Swift.max(Swift.abs(z) - 0.2, 0)
          value = (z > 0 ? -shrunk : shrunk) / (sum / 0.3 + 0.2)
          return value
        }
      }),
    Formula(
      testDescription: "RMSProp, centred, with momentum",
      optimizer: {
        RMSPropOptimizer(
          learningRate: 0.05, decay: 0.8, momentum: 0.6, epsilon: 0.01, centered: true)
      },
      reference: { start, gradients in
        var (value, square, mean, step) = (start, 1.0, 0.0, 0.0)
        return gradients.map { gradient in
          square = 0.8 * square + 0.2 * gradient * gradient
          mean = 0.8 * mean + 0.2 * gradient
          step = 0.6 * step + 0.05 * gradient / (square - mean * mean + 0.01).squareRoot()
          value -= step
          return value
        }
      }),
  ]

  /// Adam in the paper's first form: means corrected one by one, epsilon scaled to match.
  private static func adam(
    _ start: Double, _ gradients: [Double], rate: Double, beta1: Double, beta2: Double,
    epsilon: Double = 1e-8, weightDecay: Double = 0,
    direction: ((m: Double, gradient: Double)) -> Double
  ) -> [Double] {
    var (value, m, v) = (start, 0.0, 0.0)
    return gradients.enumerated().map { index, gradient in
      m = beta1 * m + (1 - beta1) * gradient
      v = beta2 * v + (1 - beta2) * gradient * gradient
      let rest = 1 - power(beta2, index + 1)
      let corrected = direction((m, gradient)) / (1 - power(beta1, index + 1))
      let root = (v / rest).squareRoot() + epsilon / rest.squareRoot()
      value = value * (1 - weightDecay) - rate * corrected / root
      return value
    }
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  @Test("20 steps are the formula's", arguments: formulas, [DType.float32, .float64])
  func formula(_ formula: Formula, _ dtype: DType) throws {
    let graph = Graph()
    let start = noise([5], seed: 3, dtype)
    let variable = graph.variable(start, name: "v")
    let gradient = graph.placeholder(dtype, [5])
    let step = formula.optimizer().applyGradients([(gradient, variable)])
    try graph.validate()
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    let gradients = (0..<20).map { noise([5], seed: 10 + $0, dtype) }
    let expected = start.doubles().enumerated().map { index, value in
      formula.reference(value, gradients.map { $0.doubles()[index] })
    }
    for (number, fed) in gradients.enumerated() {
      try session.run(step, feeding: [gradient: fed])
      expectClose(
        try session.value(of: variable), NDArray(expected.map { $0[number] }, shape: [5]),
        tolerance: dtype == .float64 ? 1e-12 : 5e-6, "\(formula.testDescription), step \(number)")
    }
  }

  @Test(
    "first steps from 1 with gradient 0.1 and rate 0.1",
    arguments: [
      ("Adam", 0.900_000_32), ("RMSProp", 0.989_464_93), ("Adagrad", 0.969_848_87),
      ("Adadelta", 0.999_955_28), ("Ftrl", 0.016_386_28),
    ])
  func firstStep(_ name: String, _ expected: Double) throws {
    let optimizers: [any Optimizer] = [
      AdamOptimizer(learningRate: 0.1), RMSPropOptimizer(learningRate: 0.1),
      AdagradOptimizer(learningRate: 0.1), AdadeltaOptimizer(learningRate: 0.1),
      FtrlOptimizer(learningRate: 0.1),
    ]
    let optimizer = try #require(optimizers.first { $0.name == name })
    let graph = Graph()
    let v = graph.variable(.ones, [], dtype: .float64, name: "v")
    let step = optimizer.applyGradients([(graph.scalar(0.1, .float64), v)])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    try session.run(step)
    #expect(abs(try session.value(of: v).doubleValue - expected) < 1e-8)
  }

  @Test("only chosen variables decay, and the decay may be fed")
  func decayingVariables() throws {
    let graph = Graph()
    let kernel = graph.variable(NDArray(4.0), name: "kernel")
    let bias = graph.variable(NDArray(4.0), name: "bias")
    let decay = graph.placeholder(.float32, [])
    let optimizer = AdamWOptimizer(weightDecay: decay, decayingVariables: [kernel])
    let zero = graph.scalar(0, .float32)
    let step = optimizer.applyGradients([(zero, kernel), (zero, bias)])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    for share in [0.5, 0.25] {
      try session.run(step, feeding: [decay: NDArray(share).converted(to: .float32)])
    }
    #expect(try session.value(of: kernel).doubleValue == 1.5)
    #expect(try session.value(of: bias).doubleValue == 4)
  }

  @Test("centred RMSProp stays finite where its variance rounds below 0")
  func roundedVariance() throws {
    let graph = Graph()
    let v = graph.variable(.zeros, [64], name: "v")
    let scale = graph.placeholder(.float32, [])
    let gradient = graph.constant(noise([64], seed: 8, .float32)) * scale
    let step = RMSPropOptimizer(learningRate: 0.01, centered: true)
      .applyGradients([(gradient, v)])
    let session = Session(graph)
    try session.run(graph.variablesInitializer)
    // Means that sink towards a constant stop a few roundings above it.
    for index in 0..<300 { try session.run(step, feeding: [scale: index < 20 ? 200 : 100]) }
    #expect(try session.value(of: v).doubles().allSatisfy(\.isFinite))
    let (s, a) = (try session.value(named: "v/RMSProp"), try session.value(named: "v/RMSProp_1"))
    let variances = zip(s.doubles(), a.doubles()).map { Float($0) - Float($1) * Float($1) }
    #expect(variances.contains { $0 < -1e-6 }, "the case is not the one meant")
  }

  @Test("slots are named as TensorFlow's, and are not trained")
  func slotNames() throws {
    let graph = Graph()
    let w = graph.variableScope("layer") { graph.getVariable("w", [2]) }
    let loss = square(w).sum()
    let optimizers: [any Optimizer] = [
      MomentumOptimizer(learningRate: 0.1, momentum: 0.9), AdagradOptimizer(learningRate: 0.1),
      RMSPropOptimizer(learningRate: 0.1, centered: true), AdamWOptimizer(weightDecay: 0.1),
      NadamOptimizer(), AdaMaxOptimizer(), FtrlOptimizer(learningRate: 0.1),
    ]
    for optimizer in optimizers { optimizer.minimize(loss) }
    try graph.validate()
    #expect(
      graph.variables.map(\.name) == [
        "layer/w", "layer/w/Momentum", "layer/w/Adagrad", "layer/w/RMSProp", "layer/w/RMSProp_1",
        "layer/w/RMSProp_2", "beta1_power", "beta2_power", "layer/w/AdamW", "layer/w/AdamW_1",
        "beta1_power_1", "beta2_power_1", "layer/w/Nadam", "layer/w/Nadam_1", "beta1_power_2",
        "layer/w/AdaMax", "layer/w/AdaMax_1", "layer/w/Ftrl", "layer/w/Ftrl_1",
      ])
    #expect(graph.trainableVariables == [w])
  }

  @Test("float32 and float64 variables are trained together")
  func mixedTypes() throws {
    for optimizer in [NadamOptimizer(), AdaMaxOptimizer(), AdamWOptimizer(weightDecay: 0)]
      as [any Optimizer]
    {
      let graph = Graph()
      let narrow = graph.variable(.ones, [2], name: "narrow")
      let wide = graph.variable(.ones, [2], dtype: .float64, name: "wide")
      let step = optimizer.minimize(square(narrow).sum().cast(to: .float64) + square(wide).sum())
      try graph.validate()
      let session = Session(graph)
      try session.run(graph.variablesInitializer)
      for _ in 0..<3 { try session.run(step) }
      expectClose(
        try session.value(of: narrow), try session.value(of: wide), tolerance: 1e-6, optimizer.name)
      #expect(try session.value(of: wide).doubles()[0] < 0.999)
    }
  }

  static let misuses = [
    Misuse("an accumulator of 0", says: ["starts at 0.0", "not above 0"]) {
      let v = $0.variable(.zeros, [2], name: "v")
      AdagradOptimizer(learningRate: 0.1, initialAccumulatorValue: 0).minimize(v.sum())
    },
    Misuse("FTRL steps that grow", says: ["learningRatePower is 0.5", "at most 0"]) {
      let v = $0.variable(.zeros, [2], name: "v")
      FtrlOptimizer(learningRate: 0.1, learningRatePower: 0.5).minimize(v.sum())
    },
    Misuse("a penalty below 0", says: ["l1RegularizationStrength is -1.0", "at least 0"]) {
      let v = $0.variable(.zeros, [2], name: "v")
      FtrlOptimizer(learningRate: 0.1, l1RegularizationStrength: -1).minimize(v.sum())
    },
  ]

  @Test("misuse is told, once, with the line", arguments: misuses)
  func misuse(_ misuse: Misuse) { misuse.check(file: "OptimizerFormulaTests.swift") }
}
