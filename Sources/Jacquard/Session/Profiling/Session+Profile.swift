extension Session {
  /// Runs `fetches` some times and tells where the time went.
  ///
  /// ```swift
  /// let profile = try session.profile(trainStep, feeding: feeds, runs: 20)
  /// print(profile)                               // the table
  /// for share in profile.shares { print(share.part.title, share.fraction) }
  /// try JSONEncoder().encode(profile)            // or for another program
  /// ```
  ///
  /// These are runs like any other: what they assign is committed. One more, which is not timed, goes ahead, so that memory is in
  /// place. Neither counts in what ``explain(_:feeding:order:includingViews:)`` shows.
  ///
  /// - Parameters:
  ///   - fetches: what `run(_:feeding:)` takes.
  ///   - feeds: arrays for placeholders, or in place of any other tensor.
  ///   - runs: how many runs to time, at least 1.
  /// - Throws: what `run(_:feeding:)` throws.
  public func profile<each F: Fetchable>(
    _ fetches: repeat each F, feeding feeds: Feeds = Feeds(), runs: Int = 10
  ) throws -> RunProfile {
    var list = FetchList()
    repeat list.append(each fetches)
    let (plan, recorder) = try record(list, feeds, runs: runs, eventCapacity: 0)
    return profile(of: plan, recorder.times)
  }

  /// Runs `fetches` once without and then `runs` times with a recorder.
  func record(
    _ fetches: FetchList, _ feeds: Feeds, runs: Int, eventCapacity: Int
  ) throws -> (Plan, Recorder) {
    let (prepared, fed) = try prepare(fetches, feeds)
    _ = try collect(prepared, fed.arrays)
    let recorder = Recorder(
      rowCount: prepared.plan.rows.count, threadCount: pool.threadCount,
      eventCapacity: eventCapacity)
    for _ in 0..<max(runs, 1) { _ = try collect(prepared, fed.arrays, recorder: recorder) }
    return (prepared.plan, recorder)
  }
}
