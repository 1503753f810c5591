import JacquardArrays

/// A model from a file: a graph with the values of its variables, and names for what it takes and gives.
///
/// One program saves it,
///
/// ```swift
/// try SavedModel.save(
///   session, inputs: ["images": x, "labels": y], outputs: ["probabilities": p, "loss": loss],
///   training: ["train": trainStep], to: "digits.safetensors")
/// ```
///
/// and another, which knows nothing of the network, loads it, uses it, and goes on training:
///
/// ```swift
/// let model = try SavedModel(contentsOf: "digits.safetensors")
/// print(model)  // its inputs, outputs and training steps
/// let probabilities = try model.run(["images": images], fetching: "probabilities")
/// try model.run(["images": images, "labels": labels], training: "train")
/// try model.save(to: "digits.safetensors")
/// ```
///
/// The file is a safetensors file. Its arrays are the values of all variables, the moments of optimizers among them, so
/// Python's `safetensors` reads them; the graph is JSON in its metadata. Random numbers, optimizers and schedules go on where they were:
/// training that is saved and loaded between two steps gives the same bits as training that is not.
public final class SavedModel: Sendable {
  /// The version of the file format that this library writes.
  public static let format = "1"

  /// The graph, which may be built on.
  public let graph: Graph
  /// The session, with the values that were saved.
  public let session: Session
  /// What the model is used by.
  public let signature: ModelSignature
  /// What whoever saved the model wrote about it.
  public let metadata: [String: String]
  /// The file it was loaded from, for descriptions.
  let file: String

  /// The model that was saved to the file at `path`.
  ///
  /// Nothing in the file is believed: ids are checked, and every operation is checked by the type rule of its op.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - options: of the session.
  ///   - ops: types of ops of your own that the graph may contain.
  /// - Throws: ``SavedModelError``; `SafeTensorsError` and `FileReadError` if it is no readable safetensors file.
  public convenience init(
    contentsOf path: String, options: SessionOptions = SessionOptions(), ops: [any Op.Type] = []
  ) throws {
    try self.init(
      SafeTensors(contentsOf: path), file: path, options: options, ops: ops)
  }

  /// The model that was saved to a file whose bytes are in memory.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: what errors call it.
  ///   - options: of the session.
  ///   - ops: types of ops of your own that the graph may contain.
  /// - Throws: ``SavedModelError``, `SafeTensorsError`.
  public convenience init(
    decoding bytes: [UInt8], name: String = "model", options: SessionOptions = SessionOptions(),
    ops: [any Op.Type] = []
  ) throws {
    try self.init(
      SafeTensors(decoding: bytes, name: name), file: name, options: options, ops: ops)
  }

  private init(
    _ contents: SafeTensors, file: String, options: SessionOptions, ops: [any Op.Type]
  ) throws {
    let content = try SavedModelContent(contents, file: file, ops: ops)
    graph = content.graph
    signature = content.signature
    metadata = content.metadata
    self.file = file
    session = Session(graph, options: options)
    do { try session.restore(content.state) } catch let error as SessionError {
      throw SavedModelError.damaged(file: file, place: "arrays", reason: "\(error)")
    }
  }

  // MARK: - Parts by name

  /// The tensor to feed for the input called `name`.
  ///
  /// - Throws: ``SavedModelError/unknownName(kind:name:known:)``
  public func input(_ name: String) throws -> Tensor {
    try part(name, of: signature.inputs, kind: "input")
  }

  /// The tensor to fetch for the output called `name`.
  ///
  /// - Throws: ``SavedModelError/unknownName(kind:name:known:)``
  public func output(_ name: String) throws -> Tensor {
    try part(name, of: signature.outputs, kind: "output")
  }

  /// The operation of the training step called `name`.
  ///
  /// - Throws: ``SavedModelError/unknownName(kind:name:known:)``
  public func operation(_ name: String) throws -> Operation {
    try part(name, of: signature.training, kind: "training step")
  }

  private func part<Value>(_ name: String, of parts: Named<Value>, kind: String) throws -> Value {
    guard let part = parts[name] else {
      throw SavedModelError.unknownName(kind: kind, name: name, known: parts.names)
    }
    return part
  }

  // MARK: - Saving

  /// Saves a graph and what `session` remembers, as one file, which is replaced as a whole or not at all.
  ///
  /// - Parameters:
  ///   - session: holds the values of the variables; those without a value have none after loading either.
  ///   - inputs: names for what is fed.
  ///   - outputs: names for what is fetched.
  ///   - training: names for operations that are run for what they do.
  ///   - path: the file; `model.safetensors`.
  ///   - pruned: whether only what outputs and training steps need is saved. A model that is saved for its outputs alone is smaller by
  ///     gradients, slots of optimizers and initialisers; its variables cannot be initialised anew.
  ///   - metadata: strings about the model, such as the names of classes; names that begin with `jacquard.` are taken.
  /// - Throws: ``GraphError`` if the graph has diagnostics; ``SavedModelError``; `FileWriteError`.
  public static func save(
    _ session: Session, inputs: Named<Tensor> = [:], outputs: Named<Tensor>,
    training: Named<Operation> = [:], to path: String, pruned: Bool = false,
    metadata: [String: String] = [:]
  ) throws {
    try save(
      session, ModelSignature(inputs: inputs, outputs: outputs, training: training), to: path,
      pruned: pruned, metadata: metadata)
  }

  /// As ``save(_:inputs:outputs:training:to:pruned:metadata:)``, for a signature made elsewhere.
  public static func save(
    _ session: Session, _ signature: ModelSignature, to path: String, pruned: Bool = false,
    metadata: [String: String] = [:]
  ) throws {
    try SavedModelContent.file(session, signature, isPruned: pruned, metadata: metadata)
      .write(to: path)
  }

  /// Saves the model as it is now, with its signature.
  ///
  /// - Throws: ``GraphError``, ``SavedModelError``, `FileWriteError`.
  public func save(to path: String, pruned: Bool = false) throws {
    try Self.save(session, signature, to: path, pruned: pruned, metadata: metadata)
  }
}
