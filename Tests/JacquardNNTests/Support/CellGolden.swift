import Jacquard
import JacquardArrays
import JacquardNN
import Testing

/// One step of a cell in a golden case: values and all gradients compared with TensorFlow's.
struct CellGolden {
  let golden: GoldenCase
  /// The golden keys of the state's parts, in the order of its tensors.
  let state: [String]
  /// The names of the variables and their golden keys, in the order in which the cell makes them.
  let variables: [(name: String, key: String)]
  /// The golden key of the output, if it is no part of the state: it is `h`, and with `new` before it.
  var output: String?

  func check<Cell: RNNCell>(_ cell: Cell, sourceLocation: Testing.SourceLocation = #_sourceLocation)
    throws
  {
    let graph = Graph()
    let operands = try (["x"] + state).map { key in
      let array = try golden[key]
      return graph.placeholder(
        array.dtype, PartialShape([nil] + array.shape.dropFirst().map { $0 }), name: key)
    }
    let start = cell.zeroState(like: operands[0]).rebuilt(from: Array(operands.dropFirst()))
    let (output, next) = cell(operands[0], start)
    #expect(graph.diagnostics.isEmpty, sourceLocation: sourceLocation)
    var results = Array(zip(next.tensors, state))
    if let key = self.output {
      results.append((output, key))
    } else {
      let last = results.last { $0.0.dtype.isFloatingPoint }
      #expect(output == last?.0, sourceLocation: sourceLocation)
    }
    #expect(graph.variables.map(\.name) == variables.map(\.name), sourceLocation: sourceLocation)
    let isSmooth = { (pair: (Tensor, String)) in pair.0.dtype.isFloatingPoint }
    let keys = ["x"] + state + variables.map(\.key)
    let sources = Array(zip(operands + graph.variables, keys)).filter(isSmooth)
    let targets = results.filter(isSmooth)
    let gradients = graph.gradients(
      of: targets.map { $0.0 }, withRespectTo: sources.map { $0.0 },
      gradientsOf: try targets.map { graph.constant(try golden["dNew\(capitalized($0.1))"]) },
      unconnected: .zeros)

    let session = Session(graph)
    for (variable, (_, key)) in zip(graph.variables, variables) {
      try session.assign(variable, try golden[key])
    }
    var feeds = Feeds()
    for (operand, key) in zip(operands, ["x"] + state) {
      feeds = feeds.feed(operand, try golden[key])
    }
    let (values, slopes) = try session.run(
      results.map { $0.0 }, try gradients.map { try #require($0) }, feeding: feeds)
    for (value, (_, key)) in zip(values, results) {
      try golden.expect(value, is: "new\(capitalized(key))", sourceLocation: sourceLocation)
    }
    let operandKeys = Set(["x"] + state)
    for (slope, (_, key)) in zip(slopes, sources) {
      let name = operandKeys.contains(key) ? key : capitalized(key)
      try golden.expect(slope, is: "d\(name)", sourceLocation: sourceLocation)
    }
  }

  private func capitalized(_ key: String) -> String { key.prefix(1).uppercased() + key.dropFirst() }
}

extension GoldenCase {
  /// The activation that the case names.
  var activation: @Sendable (Tensor) -> Tensor {
    get throws {
      switch try text("activation") {
      case "relu": { relu($0) }
      case "tanh": { tanh($0) }
      default: throw GoldenError("\(name) has an unknown activation")
      }
    }
  }
}
