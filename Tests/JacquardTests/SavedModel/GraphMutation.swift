import Foundation
import JacquardArrays

/// Random damage to JSON: numbers, strings, members and elements changed, exchanged or gone.
struct GraphMutation {
  private let json: String
  private let tree: Part
  private var random = SplitMix(seed: 0)

  /// Some JSON, which is read once for any number of mutations.
  init(_ json: String) throws {
    self.json = json
    tree = Part(try JSONSerialization.jsonObject(with: Data(json.utf8)))
  }

  /// A part of some JSON.
  private indirect enum Part {
    /// A string, a number, `true`, `false` or `null`, as it is written.
    case leaf(String)
    case array([Part])
    /// Members with their names as they are written, in order of these.
    case object([(name: String, value: Part)])

    init(_ value: Any) {
      switch value {
      case let array as [Any]: self = .array(array.map { Part($0) })
      case let object as [String: Any]:
        self = .object(
          object.sorted { $0.key < $1.key }.map {
            (JSONObjectWriter.quoted($0.key), Part($0.value))
          })
      case let text as String: self = .leaf(JSONObjectWriter.quoted(text))
      case let number as NSNumber where String(cString: number.objCType) == "c":
        self = .leaf("\(number.boolValue)")
      case let number as NSNumber: self = .leaf("\(number)")
      default: self = .leaf("null")
      }
    }

    func write(to text: inout String) {
      switch self {
      case .leaf(let leaf): text += leaf
      case .array(let elements):
        text += "["
        for (index, element) in elements.enumerated() {
          if index > 0 { text += "," }
          element.write(to: &text)
        }
        text += "]"
      case .object(let members):
        text += "{"
        for (index, member) in members.enumerated() {
          if index > 0 { text += "," }
          text += member.name
          text += ":"
          member.value.write(to: &text)
        }
        text += "}"
      }
    }
  }

  private mutating func next(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }

  /// The JSON with a few changes.
  mutating func mutated(seed: Int) -> String {
    random = SplitMix(seed: UInt64(seed) &* 0x9E37_79B9 &+ 3)
    _ = random.next()
    if next(12) == 0 { return mutatedText() }
    var tree = tree
    for _ in 0...next(3) { tree = changed(tree, path: path(in: tree)[...]) }
    var text = ""
    tree.write(to: &text)
    return text
  }

  private mutating func mutatedText() -> String {
    var bytes = Array(json.utf8)
    switch next(3) {
    case 0: bytes.removeLast(1 + next(bytes.count - 1))
    case 1: bytes[next(bytes.count)] = UInt8(32 + next(95))
    default: bytes.remove(at: next(bytes.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The way to some part, more often to one deep inside: indices of members and elements.
  private mutating func path(in tree: Part) -> [Int] {
    var path: [Int] = []
    var part = tree
    while path.isEmpty || next(12) > 0 {
      switch part {
      case .object(let members) where !members.isEmpty:
        // Operations are where most can go wrong.
        let operations =
          path.isEmpty ? members.firstIndex { $0.name == "\"operations\"" } : nil
        var index = next(members.count)
        if let operations, next(3) > 0 { index = operations }
        path.append(index)
        part = members[index].value
      case .array(let elements) where !elements.isEmpty:
        path.append(next(elements.count))
        part = elements[path.last!]
      default: return path
      }
    }
    return path
  }

  private mutating func changed(_ part: Part, path: ArraySlice<Int>) -> Part {
    guard let index = path.first else { return replacement(for: part) }
    let rest = path.dropFirst()
    switch part {
    case .object(var members):
      if rest.isEmpty, next(6) == 0 {
        members.remove(at: index)
      } else {
        members[index].value = changed(members[index].value, path: rest)
      }
      return .object(members)
    case .array(var elements):
      switch rest.isEmpty ? next(8) : 8 {
      case 0: elements.remove(at: index)
      case 1: elements.insert(elements[index], at: next(elements.count + 1))
      case 2: elements.swapAt(index, next(elements.count))
      default: elements[index] = changed(elements[index], path: rest)
      }
      return .array(elements)
    case .leaf: return part
    }
  }

  private mutating func replacement(for part: Part) -> Part {
    let numbers: [Int] = [-1, 0, 1, 2, 3, 4, 5, 9, -2, 1 << 45, -(1 << 45), .max, .min]
    switch part {
    case .array(let elements) where next(3) > 0:
      return .array(next(2) == 0 ? [] : Array(elements.prefix(next(elements.count + 1))))
    case .leaf(let leaf) where leaf.hasPrefix("\"") && next(3) > 0:
      let words = ["", "/", "x", "float64", "int32", "MatMul", "While", "Conditional"]
      let index = next(words.count + 1)
      return .leaf(
        index < words.count ? "\"\(words[index])\"" : "\(leaf.dropLast())é:1\"")
    case .leaf(let leaf):
      if let number = Int(leaf), next(3) > 0 {
        return .leaf("\(next(2) == 0 ? number &+ (next(5) - 2) : numbers[next(numbers.count)])")
      }
    default: break
    }
    let others: [Part] = [
      .leaf("\(numbers[next(numbers.count)])"), .leaf("null"), .leaf("true"), .leaf("false"),
      .leaf("0.5"), .leaf("\"text\""), .array([]), .array([.leaf("0")]), .object([]),
    ]
    return others[next(others.count)]
  }
}
