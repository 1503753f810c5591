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

  func check<Cell: RNNCell>(_ cell: Cell, sourceLocation: Testing.SourceLocation = #_sourceLocation)
    throws
  {
    let graph = Graph()
    let dtype = try golden.dtype
    let operands = try (["x"] + state).map {
      graph.placeholder(dtype, [nil, try golden[$0].shape[1]], name: $0)
    }
    let start = cell.zeroState(like: operands[0]).rebuilt(from: Array(operands.dropFirst()))
    let (output, next) = cell(operands[0], start)
    #expect(output == next.tensors.last, sourceLocation: sourceLocation)
    #expect(graph.variables.map(\.name) == variables.map(\.name), sourceLocation: sourceLocation)
    let sources = operands + graph.variables
    let gradients = graph.gradients(
      of: next.tensors, withRespectTo: sources,
      gradientsOf: try state.map { graph.constant(try golden["dNew\($0.uppercased())"]) })

    let session = Session(graph)
    for (variable, (_, key)) in zip(graph.variables, variables) {
      try session.assign(variable, try golden[key])
    }
    var feeds = Feeds()
    for (operand, key) in zip(operands, ["x"] + state) {
      feeds = feeds.feed(operand, try golden[key])
    }
    let (values, slopes) = try session.run(
      next.tensors, try gradients.map { try #require($0) }, feeding: feeds)
    for (value, key) in zip(values, state) {
      try golden.expect(value, is: "new\(key.uppercased())", sourceLocation: sourceLocation)
    }
    let keys = ["dx"] + state.map { "d\($0)" } + variables.map { "d" + capitalized($0.key) }
    #expect(keys.count == slopes.count)
    for (slope, key) in zip(slopes, keys) {
      try golden.expect(slope, is: key, sourceLocation: sourceLocation)
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
