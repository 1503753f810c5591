import JacquardArrays

extension Graph {
  /// Appends an operation to the region being built.
  ///
  /// If the operands do not fit, the graph records why, and the results are invalid tensors.
  ///
  /// - Parameters:
  ///   - op: what to compute.
  ///   - operands: tensors of this graph; those of outer regions are brought in.
  ///   - name: the operation's name; by default the op's. Made unique within its scope.
  ///   - resultCount: how many results to hand out should the operation be invalid.
  @discardableResult
  public func insert(
    _ op: some Op, _ operands: [Tensor], name: String? = nil, resultCount: Int = 1,
    file: StaticString? = nil, line: UInt = 0
  ) -> Operation {
    let location: SourceLocation =
      if let known = context.location { known } else if let file {
        SourceLocation(file: file, line: line)
      } else { .captured() }
    return insert(
      op, operands, regions: [], name: name, resultCount: resultCount, location: location)
  }

  /// Appends a single-result operation and returns its result.
  public func insert(
    _ op: some Op, _ operands: Tensor..., name: String? = nil, file: StaticString? = nil,
    line: UInt = 0
  ) -> Tensor {
    insert(op, operands, name: name, file: file, line: line).result
  }

  func insert(
    _ op: any Op, _ operands: [Tensor], regions: [RegionID], name: String? = nil,
    exactName: String? = nil, resultCount: Int = 1, location: SourceLocation
  ) -> Operation {
    let context = context
    let foreign = operands.first { $0.graph !== self }
    let id = update { state in
      state.insert(
        op, foreign == nil ? operands.map(\.id) : [], regions: regions, name: name,
        exactName: exactName, resultCount: resultCount, location: location, context: context,
        foreign: foreign != nil)
    }
    return Operation(graph: self, id: id)
  }

  /// Records that something could not be built.
  func report(
    _ message: String, remedy: String? = nil, op: String, operands: [Tensor] = []
  ) {
    let context = context
    let name = context.scope.isEmpty ? op : "\(context.scope)/\(op)"
    let types = operands.map(\.type)
    let location = context.location ?? .captured()
    update { state in
      state.diagnostics.append(
        Diagnostic(
          operation: name, op: op, operandTypes: types, message: message, remedy: remedy,
          location: location))
    }
  }

  /// What an op gives that was handed no tensor, and so no graph: an invalid tensor of a graph of its own, which says so.
  static func invalidResult(of op: String, file: StaticString, line: UInt) -> Tensor {
    let graph = Graph()
    return withSourceLocation(file, line) {
      graph.report("there are no operands", remedy: "give at least one tensor", op: op)
      return graph.invalidTensor(TensorType(.float32, .unknown))
    }
  }

  /// A tensor that stands in for what could not be built.
  func invalidTensor(_ type: TensorType) -> Tensor {
    let region = context.region
    return Tensor(
      graph: self,
      id: update { $0.addValue(type, from: .parameter(of: region), isInvalid: true) })
  }
}

extension GraphState {
  mutating func insert(
    _ op: any Op, _ given: [ValueID], regions: [RegionID], name: String?,
    exactName: String? = nil, resultCount: Int, location: SourceLocation, context: BuildContext,
    foreign: Bool = false
  ) -> OperationID {
    let opName = type(of: op).name
    let unique = exactName ?? uniqueName(context.scoped(name ?? opName))
    var operands: [ValueID] = []
    var failure: TypeRuleError?
    if foreign {
      failure = TypeRuleError(
        "an operand belongs to another graph", remedy: "build both operands in one graph")
    }
    for value in given {
      do { operands.append(try resolve(value, in: context.region)) } catch {
        operands.append(value)
        failure = TypeRuleError(
          "'\(displayName(of: value))' was made inside a loop body or branch that has ended",
          remedy: "return it from the body, or stack it as an output of the loop")
      }
    }
    let isQuiet =
      operands.contains { self[value: $0].isInvalid }
      || regions.contains { self[region: $0].results.contains { self[value: $0].isInvalid } }
    var types: [TensorType]?
    if failure == nil && !isQuiet {
      let input = TypeRuleInput(
        operands.map { self[value: $0].type }, regions: regions.map(regionSignature),
        constants: operands.map(constant))
      do { types = try op.resultTypes(input) } catch let error as TypeRuleError {
        failure = error
      } catch {
        failure = TypeRuleError(
          "\(error)", remedy: "give \(opName) operands that its type rule takes")
      }
    }
    if let failure {
      diagnostics.append(
        Diagnostic(
          operation: unique, op: opName, operandTypes: operands.map { self[value: $0].type },
          message: failure.message, remedy: failure.remedy, location: location))
    }
    let id = OperationID(operations.count)
    let isInvalid = types == nil
    let fallback = TensorType(
      operands.first.map { self[value: $0].type.dtype } ?? .float32, .unknown)
    let resultTypes = types ?? Array(repeating: fallback, count: resultCount)
    let controls = controlInputs(
      of: unique, opName, context.controlInputs, regions, in: context.region, at: location)
    operations.append(
      OperationRecord(
        op: op, operands: operands, results: [], regions: regions, controlInputs: controls,
        region: context.region, name: unique, location: location, isGradient: context.isGradient))
    operations[id.index].results = resultTypes.enumerated().map { index, type in
      addValue(type, from: .result(of: id, index: index), isInvalid: isInvalid)
    }
    operationsByName[unique] = id
    self[region: context.region].operations.append(id)
    return id
  }

  /// The operations of `region` that have to come first: those given, and those that the bodies of the operation wait for.
  ///
  /// What stands outside a loop body comes before the whole loop; what stands in a body that has ended cannot be waited for.
  private mutating func controlInputs(
    of name: String, _ op: String, _ given: [OperationID], _ regions: [RegionID],
    in region: RegionID, at location: SourceLocation
  ) -> [OperationID] {
    var controls: [OperationID] = []
    for id in given + regions.flatMap({ self[region: $0].outerControls }) {
      let home = self[operation: id].region
      if home == region {
        if !controls.contains(id) { controls.append(id) }
      } else if isAncestor(home, of: region) {
        self[region: region].outerControls.append(id)
      } else {
        diagnostics.append(
          Diagnostic(
            operation: name, op: op, operandTypes: [],
            message:
              "'\(self[operation: id].name)' is to come first, but was made inside a loop body or branch that has ended",
            remedy: "depend on the loop's results instead", location: location))
      }
    }
    return controls
  }
}
