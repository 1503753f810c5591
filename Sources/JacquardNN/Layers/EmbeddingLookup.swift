import Jacquard
import JacquardArrays

/// The rows of a table at `ids`: `[vocabulary, …]` and ids `[batch, steps]` make `[batch, steps, …]`.
///
/// The gradient with respect to the table adds up what rows taken several times receive.
///
/// - Parameters:
///   - params: the table, one row for each id.
///   - ids: integers, of any shape; one outside `0..<vocabulary` fails the run.
public func embeddingLookup(
  _ params: Tensor, _ ids: Tensor, name: String = "embedding_lookup",
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  withSourceLocation(file, line) {
    params.graph.scope(name) {
      params.gathered(at: ids.dtype == .uint8 ? ids.cast(to: .int32) : ids, axis: 0)
    }
  }
}
