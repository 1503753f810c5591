/// The dense index of one operation's result in its graph.
public struct ValueID: Hashable, Sendable, Codable, Comparable {
  let rawValue: Int32

  init(_ index: Int) { rawValue = Int32(index) }
  var index: Int { Int(rawValue) }

  /// Orders by age: earlier ones come first.
  public static func < (a: ValueID, b: ValueID) -> Bool { a.rawValue < b.rawValue }
}

/// The dense index of an operation in its graph; ids grow in program order.
public struct OperationID: Hashable, Sendable, Codable, Comparable {
  let rawValue: Int32

  init(_ index: Int) { rawValue = Int32(index) }
  var index: Int { Int(rawValue) }

  /// Orders by age: earlier ones come first.
  public static func < (a: OperationID, b: OperationID) -> Bool { a.rawValue < b.rawValue }
}

/// The dense index of a region in its graph; region 0 is the body of the graph itself.
public struct RegionID: Hashable, Sendable, Codable, Comparable {
  let rawValue: Int32

  init(_ index: Int) { rawValue = Int32(index) }
  var index: Int { Int(rawValue) }
  static let root = RegionID(0)

  /// Orders by age: earlier ones come first.
  public static func < (a: RegionID, b: RegionID) -> Bool { a.rawValue < b.rawValue }
}

/// The dense index of a variable in its graph.
public struct VariableID: Hashable, Sendable, Codable, Comparable {
  let rawValue: Int32

  init(_ index: Int) { rawValue = Int32(index) }
  var index: Int { Int(rawValue) }

  /// Orders by age: earlier ones come first.
  public static func < (a: VariableID, b: VariableID) -> Bool { a.rawValue < b.rawValue }
}
