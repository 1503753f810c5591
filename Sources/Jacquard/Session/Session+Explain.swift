extension Session {
  /// How a run would be carried out, as a table: each step with its kernel, shapes, operation, work, bytes and place in memory.
  ///
  /// The bodies of loops are indented below them; sums follow. With ``SessionOptions/isProfiling`` the table shows the time of each
  /// step in the runs so far, its share, GFLOP/s and GB/s, the threads that worked on it, and how often it ran, and where the
  /// time of a run goes: matrix products, elementwise kernels, reductions, copies, updates of variables, going round loops,
  /// waiting for threads. ``profile(_:feeding:runs:)`` has the same as values. Compiles the plan unless it is kept; runs nothing.
  ///
  /// - Parameters:
  ///   - fetches: what `run(_:feeding:)` takes.
  ///   - feeds: arrays for placeholders, or in place of any other tensor.
  ///   - order: ``PlanOrder/time`` lists the kernels that take longest first.
  ///   - includingViews: whether arrays that are merely seen in another shape have lines, too.
  /// - Throws: what `run(_:feeding:)` throws before it runs a kernel.
  public func explain<each F: Fetchable>(
    _ fetches: repeat each F, feeding feeds: Feeds = Feeds(), order: PlanOrder = .schedule,
    includingViews: Bool = false
  ) throws -> String {
    var list = FetchList()
    repeat list.append(each fetches)
    let (prepared, _) = try prepare(list, feeds)
    let profile = profile(of: prepared.plan, prepared.plan.times)
    return profile.table(order: order, includingViews: includingViews)
  }

  /// A plan with the times of some of its runs.
  func profile(of plan: Plan, _ times: RunTimes) -> RunProfile {
    let names = graph.read { state in plan.rows.map { state[operation: $0.origin].name } }
    return RunProfile(plan, times, names: names, threads: pool.threadCount)
  }
}
