/// Checks a program after each pass:
/// 1. a node uses parameters of its own block, results of earlier nodes of it, and constants, nothing else; an operand of which
///    only the shape matters may stand for any value of known shape, computed or not;
/// 2. every value is defined once;
/// 3. a node has as many results as its type rule gives, of those types;
/// 4. loops and conditionals have the operands, parameters and results their attributes say, with equal types throughout;
/// 5. the root has a parameter for each input, and a result for each fetch and commit.
///
/// One serves a program through all its passes: a type rule is applied again only where a node is not what it was.
struct Verifier {
  struct Failure: Error, CustomStringConvertible {
    var pass: String
    var message: String
    var description: String { "the program is broken after \(pass): \(message)" }
  }

  /// How much is checked.
  enum Depth {
    /// All but the type rules of ops, which take as long as a pass does.
    case structure
    case everything
  }

  private var typedNodes = TypedNodes()

  mutating func verify(
    _ program: Program, after pass: String, _ depth: Depth = .everything
  ) throws {
    if depth == .everything { typedNodes.update(program) }
    var checker = Checker(program, pass, depth)
    guard program.root.parameters.count == program.inputs.count else {
      throw checker.failure(
        "\(program.inputs.count) inputs, \(program.root.parameters.count) parameters")
    }
    guard
      program.root.results.count
        == program.fetchCount + program.commits.count + program.rowCommits.count
    else {
      throw checker.failure("\(program.root.results.count) root results")
    }
    try checker.check(program.root, &typedNodes)
  }

  /// Nodes without regions whose types are right as long as they stay what they are.
  private struct TypedNodes {
    /// By their first results.
    private var nodes = ValueTable<Node?>(Program(), repeating: nil)
    private var values: [ValueInfo] = []

    /// Forgets all nodes if a value has changed.
    mutating func update(_ program: Program) {
      let isSame = zip(values, program.values).allSatisfy { old, new in
        old.type == new.type && old.constant?.storage === new.constant?.storage
          && old.constant?.byteOffset == new.constant?.byteOffset
      }
      if !isSame { nodes = ValueTable(program, repeating: nil) }
      values = program.values
    }

    func contains(_ node: Node) -> Bool {
      guard let result = node.results.first, let known = nodes[result] else { return false }
      return known.operands == node.operands && known.results == node.results
        && known.op.isEqual(to: node.op)
    }

    mutating func insert(_ node: Node) {
      if let result = node.results.first { nodes[result] = node }
    }
  }

  private struct Checker {
    private let program: Program
    private let pass: String
    private let depth: Depth
    /// The block that defines each value; 0 for those that none has defined yet.
    private var homes: ValueTable<Int32>
    private var blockCount: Int32 = 0

    init(_ program: Program, _ pass: String, _ depth: Depth) {
      self.program = program
      self.pass = pass
      self.depth = depth
      homes = ValueTable(program, repeating: 0)
    }

    func failure(_ message: String) -> Failure { Failure(pass: pass, message: message) }

    private mutating func define(_ value: Value, in block: Int32) throws {
      guard homes[value] == 0 else {
        throw failure("value \(value.index) is defined twice")
      }
      homes[value] = block
    }

    mutating func check(_ block: Block, _ typedNodes: inout TypedNodes) throws {
      blockCount += 1
      let own = blockCount
      for parameter in block.parameters { try define(parameter, in: own) }
      for index in block.nodes.indices {
        let operands = block.nodes[index].operands
        for position in operands.indices where homes[operands[position]] != own {
          try checkForeign(operands[position], at: position, of: block.nodes[index])
        }
        if !block.nodes[index].regions.isEmpty {
          try checkRegionTypes(block.nodes[index])
          for region in block.nodes[index].regions { try check(region, &typedNodes) }
        } else if depth == .everything, !typedNodes.contains(block.nodes[index]) {
          try checkTypes(block.nodes[index])
          typedNodes.insert(block.nodes[index])
        }
        for result in block.nodes[index].results { try define(result, in: own) }
      }
      for result in block.results where homes[result] != own && !program.isConstant(result) {
        throw failure("a block returns value \(result.index), which it does not define")
      }
    }

    /// Checks an operand that the block has not defined.
    private func checkForeign(_ operand: Value, at position: Int, of node: Node) throws {
      if program.isConstant(operand) { return }
      guard !node.op.usesElements(ofOperand: position),
        program.type(of: operand).shape.isKnown
      else {
        throw failure(
          "\(name(node)) uses value \(operand.index), which its block does not define")
      }
    }

    private func name(_ node: Node) -> String {
      "\(type(of: node.op).name) (operation \(node.origin.index))"
    }

    private func types(_ values: [Value]) -> [TensorType] { values.map { program.type(of: $0) } }

    private func checkRegionTypes(_ node: Node) throws {
      if let loop = node.op as? While { return try checkLoop(loop, node) }
      for block in node.regions {
        guard types(block.parameters) == types(Array(node.operands.dropFirst())),
          types(block.results).map(\.dtype) == types(node.results).map(\.dtype)
        else { throw failure("\(name(node)): a branch does not fit its operands or results") }
      }
    }

    private func checkTypes(_ node: Node) throws {
      let inferred: [TensorType]
      do {
        inferred = try node.op.resultTypes(
          TypeRuleInput(
            types(node.operands), constants: node.operands.map { program.constant($0) }))
      } catch { throw failure("the type rule of \(name(node)) refuses its operands: \(error)") }
      guard inferred.count == node.results.count else {
        throw failure("\(name(node)) has \(node.results.count) results, not \(inferred.count)")
      }
      for (type, result) in zip(inferred, types(node.results))
      where type.dtype != result.dtype || !type.shape.isCompatible(with: result.shape) {
        throw failure("\(name(node)) gives \(type), recorded as \(result)")
      }
    }

    private func checkLoop(_ loop: While, _ node: Node) throws {
      guard node.operands.count == loop.operandCount,
        node.results.count == loop.tripCountIndex + 1,
        node.regions.count == (loop.hasCondition ? 2 : 1)
      else { throw failure("\(name(node)) does not fit its attributes") }
      let body = node.regions.last!
      let carried = types(Array(node.operands[..<loop.carriedCount]))
      let invariants = types(Array(node.operands[loop.invariantRange]))
      let slices = zip(loop.scans, node.operands[loop.scanRange]).map { scan, value in
        let type = program.type(of: value)
        return TensorType(type.dtype, type.shape.removing(axis: scan.axis))
      }
      let counter = TensorType(.int64, .scalar)
      guard types(body.parameters) == [counter] + carried + slices + invariants else {
        throw failure(
          "\(name(node)): body parameters \(types(body.parameters)) for operands \(types(node.operands))"
        )
      }
      if let live = loop.liveRows, !slices.indices.contains(live) || slices[live] != counter {
        throw failure("\(name(node)): no scan gives the number of live rows")
      }
      guard body.results.count == loop.carriedCount + loop.stacks.count,
        types(Array(body.results[..<loop.carriedCount])) == carried
      else { throw failure("\(name(node)): the body returns \(types(body.results))") }
      if loop.hasCondition {
        guard types(node.regions[0].parameters) == [counter] + carried + invariants else {
          throw failure("\(name(node)): condition parameters do not fit")
        }
      }
    }
  }
}
