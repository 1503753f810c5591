/// What a saved model is used by: names for what it is fed, what it gives, and what trains it.
public struct ModelSignature: Sendable {
  /// The tensors to feed: placeholders, or any other tensor outside loops and branches.
  public var inputs: Named<Tensor>
  /// The tensors to fetch.
  public var outputs: Named<Tensor>
  /// The operations to run for what they do: training steps, resets.
  public var training: Named<Operation>

  /// Names for parts of a graph.
  public init(
    inputs: Named<Tensor> = [:], outputs: Named<Tensor>, training: Named<Operation> = [:]
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.training = training
  }
}

/// A signature as it is written to a file.
struct SignatureDocument: Codable {
  struct Port: Codable {
    var name: String
    /// The name of the tensor in the graph.
    var tensor: String
    /// Its type, for whoever reads the file without building the graph.
    var type: DocumentType
  }

  struct Step: Codable {
    var name: String
    /// The name of the operation in the graph.
    var operation: String
  }

  var inputs: [Port]
  var outputs: [Port]
  var training: [Step]

  init(_ signature: ModelSignature) {
    func ports(_ tensors: Named<Tensor>) -> [Port] {
      tensors.map { Port(name: $0.name, tensor: $0.value.name, type: DocumentType($0.value.type)) }
    }
    inputs = ports(signature.inputs)
    outputs = ports(signature.outputs)
    training = signature.training.map { Step(name: $0.name, operation: $0.value.name) }
  }

  /// The parts of `graph` that it names.
  ///
  /// - Throws: ``GraphDocumentError/damaged(place:reason:)`` if they are not there, or of another type.
  func signature(in graph: Graph) throws -> ModelSignature {
    func tensors(_ ports: [Port], _ kind: String) throws -> Named<Tensor> {
      Named(
        try ports.map { port in
          guard let tensor = graph.tensor(named: port.tensor) else {
            throw GraphDocumentError.damaged(
              place: "\(kind) '\(port.name)'", reason: "the graph has no tensor '\(port.tensor)'")
          }
          guard tensor.type == port.type.type else {
            throw GraphDocumentError.damaged(
              place: "\(kind) '\(port.name)'",
              reason: "it is \(port.type.type) here, and \(tensor.type) in the graph")
          }
          return (name: port.name, value: tensor)
        })
    }
    return ModelSignature(
      inputs: try tensors(inputs, "input"), outputs: try tensors(outputs, "output"),
      training: Named(
        try training.map { step in
          guard let operation = graph.operation(named: step.operation) else {
            throw GraphDocumentError.damaged(
              place: "training step '\(step.name)'",
              reason: "the graph has no operation '\(step.operation)'")
          }
          return (name: step.name, value: operation)
        }))
  }
}

extension ModelSignature {
  /// What stands in the way of saving it with `graph`; `nil` if nothing does.
  func mistake(in graph: Graph) -> String? {
    for (kind, names) in [
      ("inputs", inputs.duplicate), ("outputs", outputs.duplicate),
      ("training steps", training.duplicate),
    ] {
      if let names { return "two \(kind) are called '\(names)'; give each a name of its own" }
    }
    for (name, tensor) in Array(inputs) + Array(outputs) {
      if tensor.graph !== graph {
        return "'\(name)' is a tensor of another graph; name tensors of the session's graph"
      }
      if graph.read({ $0.home(of: tensor.id) }) != .root {
        return
          "'\(name)' is inside a loop or a branch; name what the loop takes or gives"
      }
      if graph.tensor(named: tensor.name) != tensor {
        return "'\(tensor.name)' is not found by its name; give operations names without colons"
      }
    }
    for (name, operation) in training {
      if operation.graph !== graph {
        return "'\(name)' is an operation of another graph; name those of the session's graph"
      }
      if graph.read({ $0[operation: operation.id].region }) != .root {
        return "'\(name)' is inside a loop or a branch; name the loop"
      }
    }
    return nil
  }
}
