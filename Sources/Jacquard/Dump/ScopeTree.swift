/// The boxes of a drawing: scopes by name, loops and conditionals with their regions, nested as they are in the graph.
struct ScopeTree {
  struct Box {
    enum Kind: Hashable {
      case root
      case scope
      /// A loop or a conditional.
      case owner(OperationID)
      /// A condition, a body or a branch: part of its owner's box.
      case region(RegionID)
    }

    var kind: Kind
    /// The last component of its name.
    var name: String
    /// The whole name, as operations in it are named.
    var path: String
    var parent: Int?
    var depth: Int
    /// The operations and boxes directly in it, in the order of their first operations.
    var items: [Item] = []
    /// All operations in it, nested ones included.
    var operations: [OperationID] = []
    /// How many of them have a node.
    var nodeCount = 0
    /// The outermost box around it, or itself, that is drawn as one node.
    var fold: Int?
    /// Whether it should be folded, but holds one node only, which is drawn in its place.
    var isTransparent = false
  }

  enum Item {
    case operation(OperationID)
    case box(Int)
  }

  private struct Key: Hashable {
    var parent: Int
    var kind: Box.Kind
    var name: String
  }

  private(set) var boxes = [Box(kind: .root, name: "", path: "", parent: nil, depth: 0)]
  private let state: GraphState
  private let drawn: DrawnOperations
  private let inlined: [Bool]
  private var indices: [Key: Int] = [:]
  private var homes: [Int?]
  private var ownBoxes: [Int?]
  /// The scopes in each region, looked up by key only.
  private var scopes: [Set<String>]

  /// - Parameter inlined: which operations have no node.
  init(_ state: GraphState, _ drawn: DrawnOperations, inlined: [Bool], maxDepth: Int?) {
    self.state = state
    self.drawn = drawn
    self.inlined = inlined
    homes = Array(repeating: nil, count: state.operations.count)
    ownBoxes = homes
    scopes = Array(repeating: [], count: state.regions.count)
    for id in drawn.ids {
      let record = state[operation: id]
      var path = record.name.pathComponents.dropLast()
      while !path.isEmpty {
        scopes[record.region.index].insert(path.joined(separator: "/"))
        path = path.dropLast()
      }
    }
    for id in drawn.ids { place(id) }
    if let maxDepth { fold(below: maxDepth) }
  }

  /// The box that holds an operation.
  func home(of id: OperationID) -> Int { homes[id.index]! }

  /// The box of a loop or a conditional; `nil` if its regions are drawn elsewhere.
  func ownBox(of id: OperationID) -> Int? { ownBoxes[id.index] }

  /// The box drawn as one node that holds an operation.
  func fold(of id: OperationID) -> Int? { boxes[ownBoxes[id.index] ?? homes[id.index]!].fold }

  private mutating func place(_ id: OperationID) {
    let home = findHome(of: id)
    if let own = findOwnBox(of: id) {
      count(id, in: boxes[own].parent!)
    } else {
      boxes[home].items.append(.operation(id))
      count(id, in: home)
    }
  }

  private mutating func count(_ id: OperationID, in box: Int) {
    var level: Int? = box
    while let index = level {
      boxes[index].operations.append(id)
      if !inlined[id.index] { boxes[index].nodeCount += 1 }
      level = boxes[index].parent
    }
  }

  private mutating func findHome(of id: OperationID) -> Int {
    if let known = homes[id.index] { return known }
    let record = state[operation: id]
    let (base, basePath) = base(of: record.region)
    var path = Array(record.name.pathComponents.dropLast())
    // An operation named like a scope belongs to it: a variable to what initialises it.
    if scopes[record.region.index].contains(record.name) { path = record.name.pathComponents }
    var box = base
    let shared = zip(path, basePath).prefix { $0 == $1 }.count
    for length in path.indices.dropFirst(shared) {
      box = self.box(
        .scope, name: path[length], path: path[...length].joined(separator: "/"), in: box)
    }
    homes[id.index] = box
    return box
  }

  /// The box for a region, and the names that scopes in it need not repeat.
  private mutating func base(of region: RegionID) -> (box: Int, path: [String]) {
    guard region != .root, let owner = drawn.owners[region.index], drawn.contains(owner),
      let own = findOwnBox(of: owner)
    else { return (0, []) }
    let record = state[operation: owner]
    let path = record.name.pathComponents
    guard record.regions.count > 1 else { return (own, path) }
    let names = record.op is While ? ["while", "do"] : ["then", "else"]
    let index = record.regions.firstIndex(of: region)!
    let box = self.box(.region(region), name: names[index], path: record.name, in: own)
    return (box, path)
  }

  private mutating func findOwnBox(of id: OperationID) -> Int? {
    if let known = ownBoxes[id.index] { return known }
    let record = state[operation: id]
    guard let region = record.regions.first, drawn.owners[region.index] == id else { return nil }
    let home = findHome(of: id)
    let box = box(.owner(id), name: record.name.pathComponents.last!, path: record.name, in: home)
    ownBoxes[id.index] = box
    return box
  }

  private mutating func box(
    _ kind: Box.Kind, name: String, path: String, in parent: Int
  ) -> Int {
    let key = Key(parent: parent, kind: kind, name: name)
    if let known = indices[key] { return known }
    var depth = boxes[parent].depth
    if case .region = kind {} else { depth += 1 }
    boxes.append(Box(kind: kind, name: name, path: path, parent: parent, depth: depth))
    indices[key] = boxes.count - 1
    boxes[parent].items.append(.box(boxes.count - 1))
    return boxes.count - 1
  }

  private mutating func fold(below maxDepth: Int) {
    for index in boxes.indices.dropFirst() {
      let box = boxes[index]
      let isDeep = box.depth > maxDepth || variable(of: index) != nil
      boxes[index].fold = boxes[box.parent!].fold
      guard isDeep, boxes[index].fold == nil else { continue }
      if box.kind == .scope && box.nodeCount <= 1 {
        boxes[index].isTransparent = true
      } else {
        boxes[index].fold = index
      }
    }
  }

  /// The name of an operation within the innermost box that is drawn.
  func shownName(of id: OperationID) -> String {
    var path = [state[operation: id].name.pathComponents.last!]
    var box = boxes[home(of: id)]
    if box.isTransparent && box.path == state[operation: id].name { path = [] }
    while box.isTransparent {
      path.insert(box.name, at: 0)
      box = boxes[box.parent!]
    }
    return path.joined(separator: "/")
  }

  /// The variable that a scope bears the name of.
  func variable(of box: Int) -> OperationID? {
    guard boxes[box].kind == .scope else { return nil }
    for case .operation(let id) in boxes[box].items {
      let record = state[operation: id]
      if record.name == boxes[box].path && record.op is ReadVariable { return id }
    }
    return nil
  }
}

extension String {
  /// The scopes and the name itself: `rnn`, `while`, `MatMul_1`.
  var pathComponents: [String] {
    split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }
}
