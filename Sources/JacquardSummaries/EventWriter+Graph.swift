import Foundation
import Jacquard
import SwiftProtobuf

extension EventWriter {
  /// Adds the graph, as its operations and scopes are named. A file has one; TensorBoard shows the last.
  ///
  /// Loops appear as scopes: with a node for each value that they carry or scan, the operations of their bodies, and edges from
  /// what they capture.
  ///
  /// - Throws: ``SummaryError``
  public func add(graph: Graph) throws {
    // Attributes are a map; without this, their order would change from run to run.
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    let message = TensorFlowGraphDef(graph.outline)
    try append(.graphDef(message.serializedBytes(options: options)), step: 0)
  }
}

extension TensorFlowGraphDef {
  init(_ outline: GraphOutline) {
    self.init()
    versions.producer = 1
    node = outline.nodes.map(TensorFlowNodeDef.init)
  }
}

extension TensorFlowNodeDef {
  init(_ node: GraphOutline.Node) {
    self.init()
    name = node.name
    op = node.op
    input = node.inputs.map { $0.index == 0 ? $0.node : "\($0.node):\($0.index)" }
    input += node.controlInputs.map { "^\($0)" }
    if !node.attributes.isEmpty { attr["attributes"] = .text(node.attributes) }
    if let first = node.results.first { attr["dtype"] = .dtype(first.dtype) }
    if !node.results.isEmpty { attr["_output_shapes"] = .shapes(node.results.map(\.shape)) }
  }
}

extension TensorFlowAttrValue {
  fileprivate static func text(_ text: String) -> Self {
    var value = Self()
    value.s = Data(text.utf8)
    return value
  }

  fileprivate static func dtype(_ dtype: DType) -> Self {
    var value = Self()
    value.type =
      switch dtype {
      case .float32: .dtFloat
      case .float64: .dtDouble
      case .int32: .dtInt32
      case .int64: .dtInt64
      case .uint8: .dtUint8
      case .bool: .dtBool
      }
    return value
  }

  fileprivate static func shapes(_ shapes: [PartialShape]) -> Self {
    var value = Self()
    value.list.shape = shapes.map(TensorFlowTensorShapeProto.init)
    return value
  }
}

extension TensorFlowTensorShapeProto {
  init(_ shape: PartialShape) {
    self.init()
    guard let dimensions = shape.dimensions else {
      unknownRank = true
      return
    }
    dim = dimensions.map { size in
      var dimension = Dim()
      dimension.size = Int64(size ?? -1)
      return dimension
    }
  }
}
