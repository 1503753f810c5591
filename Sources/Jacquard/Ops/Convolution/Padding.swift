/// What a window does at the edges of what it slides over, as in TensorFlow.
public enum Padding: String, Sendable, Hashable, Codable {
  /// Zeros around the edges, so that there are ⌈length / stride⌉ results; of an odd number of zeros the greater half comes last.
  case same
  /// Windows that lie within: ⌊(length − window) / stride⌋ + 1 results.
  case valid
}
