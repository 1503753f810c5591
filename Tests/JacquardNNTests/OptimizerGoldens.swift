import JacquardNN

extension GoldenCase {
  /// The optimizer of a case of `optimizers.json`, and where it keeps what, for a variable `v`.
  var optimizer: (optimizer: any Optimizer, slots: [(variable: String, golden: String)]) {
    get throws {
      let rate = try number("learningRate")
      switch try text("optimizer") {
      case "GradientDescent": return (GradientDescentOptimizer(learningRate: rate), [])
      case "Momentum":
        let optimizer = MomentumOptimizer(
          learningRate: rate, momentum: try number("momentum"),
          useNesterov: try flag("useNesterov"))
        return (optimizer, [("v/Momentum", "slot_momentum")])
      case "Adagrad":
        let optimizer = AdagradOptimizer(
          learningRate: rate, initialAccumulatorValue: try number("initialAccumulatorValue"))
        return (optimizer, [("v/Adagrad", "slot_accumulator")])
      case "Adadelta":
        let optimizer = AdadeltaOptimizer(
          learningRate: rate, rho: try number("rho"), epsilon: try number("epsilon"))
        let slots = [("v/Adadelta", "slot_accum"), ("v/Adadelta_1", "slot_accum_update")]
        return (optimizer, slots)
      case "RMSProp":
        let centered = try flag("centered")
        let optimizer = RMSPropOptimizer(
          learningRate: rate, decay: try number("decay"), momentum: try number("momentum"),
          epsilon: try number("epsilon"), centered: centered)
        let means = [("v/RMSProp", "slot_rms")] + (centered ? [("v/RMSProp_1", "slot_mg")] : [])
        return (optimizer, means + [("v/RMSProp_\(means.count)", "slot_momentum")])
      case "Adam":
        let optimizer = AdamOptimizer(
          learningRate: rate, beta1: try number("beta1"), beta2: try number("beta2"),
          epsilon: try number("epsilon"))
        return (optimizer, [("v/Adam", "slot_m"), ("v/Adam_1", "slot_v")])
      case "Ftrl":
        let optimizer = FtrlOptimizer(
          learningRate: rate, learningRatePower: try number("learningRatePower"),
          initialAccumulatorValue: try number("initialAccumulatorValue"),
          l1RegularizationStrength: try number("l1RegularizationStrength"),
          l2RegularizationStrength: try number("l2RegularizationStrength"))
        return (optimizer, [("v/Ftrl", "slot_accum"), ("v/Ftrl_1", "slot_linear")])
      case let other: throw GoldenError("\(name): there is no optimizer '\(other)'")
      }
    }
  }
}
