import Foundation

/// Random damage to JSON: numbers, strings, members and elements changed, exchanged or gone.
struct GraphMutation {
  private var random: SplitMix

  init(seed: Int) {
    random = SplitMix(seed: UInt64(seed) &* 0x9E37_79B9 &+ 3)
    _ = random.next()
  }

  private mutating func next(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }

  /// `json` with a few changes.
  mutating func mutated(_ json: String) throws -> String {
    if next(12) == 0 { return mutatedText(json) }
    var tree = try JSONSerialization.jsonObject(with: Data(json.utf8))
    for _ in 0...next(3) { tree = changed(tree, path: path(in: tree)) }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: tree, options: .sortedKeys),
      as: UTF8.self)
  }

  private mutating func mutatedText(_ json: String) -> String {
    var bytes = Array(json.utf8)
    switch next(3) {
    case 0: bytes.removeLast(1 + next(bytes.count - 1))
    case 1: bytes[next(bytes.count)] = UInt8(32 + next(95))
    default: bytes.remove(at: next(bytes.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private enum Step {
    case member(String)
    case element(Int)
  }

  /// The way to some part, more often to one deep inside.
  private mutating func path(in tree: Any) -> [Step] {
    var path: [Step] = []
    var part = tree
    while path.isEmpty || next(12) > 0 {
      if let object = part as? [String: Any], !object.isEmpty {
        let keys = object.keys.sorted()
        // Operations are where most can go wrong.
        let key =
          path.isEmpty && keys.contains("operations") && next(3) > 0
          ? "operations" : keys[next(keys.count)]
        path.append(.member(key))
        part = object[key]!
      } else if let array = part as? [Any], !array.isEmpty {
        let index = next(array.count)
        path.append(.element(index))
        part = array[index]
      } else {
        break
      }
    }
    return path
  }

  private mutating func changed(_ part: Any, path: [Step]) -> Any {
    switch path.first {
    case .member(let key):
      var object = part as! [String: Any]
      if path.count == 1, next(6) == 0 {
        object[key] = nil
      } else {
        object[key] = changed(object[key]!, path: Array(path.dropFirst()))
      }
      return object
    case .element(let index):
      var array = part as! [Any]
      switch path.count == 1 ? next(8) : 8 {
      case 0: array.remove(at: index)
      case 1: array.insert(array[index], at: next(array.count + 1))
      case 2: array.swapAt(index, next(array.count))
      default: array[index] = changed(array[index], path: Array(path.dropFirst()))
      }
      return array
    case nil: return replacement(for: part)
    }
  }

  private mutating func replacement(for part: Any) -> Any {
    if let array = part as? [Any], next(3) > 0 {
      return next(2) == 0 ? [] : Array(array.prefix(next(array.count + 1)))
    }
    if let text = part as? String, next(3) > 0 {
      let words = [
        "", "/", "x", "float64", "int32", "MatMul", "While", "Conditional", text + "é:1",
      ]
      return words[next(words.count)]
    }
    let numbers: [Int] = [-1, 0, 1, 2, 3, 4, 5, 9, -2, 1 << 45, -(1 << 45), .max, .min]
    if let number = part as? Int, next(3) > 0 {
      return next(2) == 0 ? number &+ (next(5) - 2) : numbers[next(numbers.count)]
    }
    let others: [Any] = [
      numbers[next(numbers.count)], NSNull(), true, false, 0.5, "text", [], [0], [String: Any](),
    ]
    return others[next(others.count)]
  }
}
