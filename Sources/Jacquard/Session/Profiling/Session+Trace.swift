import JacquardArrays

/// How much a trace holds.
public struct TraceSummary: Sendable, Hashable {
  /// The spans of time in the file.
  public var spans: Int
  /// The spans that did not fit in the buffers; those are the last ones of each thread.
  public var dropped: Int
}

extension Session {
  private static let mostSpansPerThread = 10_000_000

  /// Runs `fetches` some times and writes what each thread did, and when, as a trace that ui.perfetto.dev and chrome://tracing open.
  ///
  /// The file is in Chrome's trace-event format. Each thread has a row of spans: runs, steps, loops with their iterations, chunks of
  /// kernels; each with its operation, shapes, GFLOP/s and bytes. A counter shows the bytes of intermediate results in use.
  ///
  /// These are runs like any other: what they assign is committed. One more, which is not traced, goes ahead. Spans are noted in
  /// memory that is taken beforehand; those beyond `spansPerThread` are dropped, which the summary and the file tell.
  ///
  /// - Parameters:
  ///   - fetches: what `run(_:feeding:)` takes.
  ///   - feeds: arrays for placeholders, or in place of any other tensor.
  ///   - runs: how many runs to trace, at least 1.
  ///   - spansPerThread: the most spans of each thread, 32 bytes each; 10 million at most.
  ///   - path: the file, which is replaced once the trace is complete.
  /// - Throws: what `run(_:feeding:)` throws; `FileWriteError`.
  @discardableResult
  public func writeTrace<each F: Fetchable>(
    of fetches: repeat each F, feeding feeds: Feeds = Feeds(), runs: Int = 3,
    spansPerThread: Int = 200_000, to path: String
  ) throws -> TraceSummary {
    var list = FetchList()
    repeat list.append(each fetches)
    let (plan, recorder) = try record(
      list, feeds, runs: runs, eventCapacity: min(max(spansPerThread, 1), Self.mostSpansPerThread))
    let trace = Trace(profile(of: plan, recorder.times), plan, recorder)
    try replaceFile(at: path, with: trace.json)
    return trace.summary
  }
}
