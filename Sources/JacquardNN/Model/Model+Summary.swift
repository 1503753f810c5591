import Jacquard
import JacquardArrays

extension Model {
  /// Prints ``summaryText``.
  public func summary() { print(summaryText) }

  /// A table of the layers: name and type, the shape of the result, the number of parameters; and their sums.
  ///
  /// Builds the network, if the shape of its inputs is known.
  public var summaryText: String {
    let network = builtNetwork
    let shapes = network?.rows.map { "\($0.shape)" }
    let layers = network?.rows.map(\.layer) ?? layers
    var names = DisplayNames(graph)
    var seen = Set<ObjectIdentifier>()
    var rows: [[String]] = []
    var (total, trainable) = (0, 0)
    for (index, layer) in layers.enumerated() {
      let isNew = seen.insert(ObjectIdentifier(layer.weights)).inserted
      let count = layer.parameterCount(in: graph)
      if isNew {
        total += count
        trainable += layer.trainableVariables(in: graph)
          .reduce(0) { $0 + ($1.shape.elementCount ?? 0) }
      }
      rows.append([
        "\(names.name(of: layer)) (\(type(of: layer)))", shapes?[index] ?? "?",
        network == nil ? "?" : isNew ? "\(count)" : "\(count) (shared)",
      ])
    }
    if layers.isEmpty {
      // A model that was loaded.
      let known = Set(graph.trainableVariables)
      for variable in variables {
        let count = variable.shape.elementCount ?? 0
        total += count
        trainable += known.contains(variable) ? count : 0
      }
    }
    var lines = ["Model: \"\(name)\""] + table(["Layer (type)", "Output shape", "Param #"], rows)
    if network == nil {
      lines.append("The shape of the inputs is not known yet: give inputShape, or fit first.")
    } else {
      lines += [
        "Total params: \(total)", "Trainable params: \(trainable)",
        "Non-trainable params: \(total - trainable)",
      ]
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ heading: [String], _ rows: [[String]]) -> [String] {
    let widths = heading.indices.map { column in
      ([heading] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = " "
      for (cell, width) in zip(cells, widths) {
        text += cell + String(repeating: " ", count: width - cell.count + 3)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let width = widths.reduce(2) { $0 + $1 + 3 } - 3
    let double = String(repeating: "=", count: width)
    return [String(repeating: "_", count: width), line(heading), double] + rows.map(line) + [double]
  }
}

/// Names of layers that tell them apart, those without weights too.
private struct DisplayNames {
  private let graph: Graph
  private var known: [ObjectIdentifier: String] = [:]
  private var taken: Set<String> = []

  init(_ graph: Graph) { self.graph = graph }

  mutating func name(of layer: any Layer) -> String {
    let key = ObjectIdentifier(layer.weights)
    if let name = known[key] { return name }
    let base = layer.weights.name(in: graph)
    var (name, number) = (base, 0)
    while taken.contains(name) {
      number += 1
      name = "\(base)_\(number)"
    }
    known[key] = name
    taken.insert(name)
    return name
  }
}
