import Jacquard
import JacquardArrays

/// How a model is to be trained.
struct TrainingRecipe {
  let optimizer: any Optimizer
  let loss: Loss
  let metrics: [Metric]
  let file: StaticString
  let line: UInt

  /// Builds labels, losses, metrics and the training step.
  ///
  /// - Parameters:
  ///   - output: the output for predictions.
  ///   - trainingOutput: the output for training; may be the same tensor.
  ///   - updates: what layers want to be run with each step.
  func compile(output: Tensor, trainingOutput: Tensor, updates: [Operation]) -> CompiledTraining {
    withSourceLocation(file, line) {
      let graph = output.graph
      let type = labelType(for: output)
      let labels = graph.placeholder(type.dtype, type.shape, name: "labels")
      let penalties = graph.regularizationLosses
      func total(_ output: Tensor) -> Tensor {
        penalties.reduce(loss(labels: labels, output: output).mean(), +)
      }
      func both(_ output: Tensor) -> (loss: Tensor, metrics: [Tensor]) {
        (total(output), metrics.map { $0.mean(labels: labels, output: output) })
      }
      let isShared = trainingOutput == output
      let test = isShared ? both(output) : graph.scope("test") { both(output) }
      let training = isShared ? test : graph.scope("training") { both(trainingOutput) }
      let (step, checks) = makeStep(training.loss, updates)
      return CompiledTraining(
        labels: labels, labelForm: loss.labelForm, loss: test.loss, trainingLoss: training.loss,
        metricNames: metrics.map(\.name), metrics: test.metrics, trainingMetrics: training.metrics,
        trainStep: step, checks: checks)
    }
  }

  private func labelType(for output: Tensor) -> TensorType {
    switch loss.labelForm {
    case .likeOutput: output.type
    case .classes:
      TensorType(.int64, PartialShape(output.shape.dimensions.map { Array($0.dropLast()) }))
    }
  }

  /// The step, and what each operation in it that looks for NaN looks at, by its name.
  private func makeStep(
    _ loss: Tensor, _ updates: [Operation]
  ) -> (step: Operation, checks: [String: String]) {
    let graph = loss.graph
    var checks: [String: String] = [:]
    func checked(_ x: Tensor, _ what: String) -> Tensor {
      let result = checkNumerics(x, what)
      if let name = result.operation?.name { checks[name] = what }
      return result
    }
    let known = graph.diagnostics.count
    let (gradients, checkedLoss) = graph.scope("check") {
      let gradients = optimizer.computeGradients(of: loss).map { gradient, variable in
        (
          gradient: gradient.map { checked($0, "the gradient of '\(variable.name)'") },
          variable: variable
        )
      }
      return (gradients, checked(loss, "the loss"))
    }
    // Where the loss could not be built or differentiated, that has been said.
    if loss.isInvalid || graph.diagnostics.count > known { return (graph.group([]), checks) }
    let operations = [optimizer.applyGradients(gradients), checkedLoss.operation].compactMap { $0 }
    return (graph.group(operations + updates, name: "train_step"), checks)
  }
}

/// What training a model is made of, in its graph.
struct CompiledTraining {
  let labels: Tensor
  let labelForm: Loss.LabelForm
  let loss: Tensor
  let trainingLoss: Tensor
  let metricNames: [String]
  let metrics: [Tensor]
  let trainingMetrics: [Tensor]
  let trainStep: Operation
  /// What operations that look for NaN look at, by their names.
  let checks: [String: String]

  /// The names of what is reported.
  var names: [String] { ["loss"] + metricNames }
}
