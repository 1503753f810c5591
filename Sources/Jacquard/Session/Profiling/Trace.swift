/// Spans of time as a file in Chrome's trace-event format.
///
/// The format: "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU; the JSON object form, with
/// complete events (`X`), counters (`C`) and metadata (`M`), times in microseconds.
struct Trace {
  private let profile: RunProfile
  private let plan: Plan
  private let lanes: [[Recorder.Event]]
  let summary: TraceSummary

  init(_ profile: RunProfile, _ plan: Plan, _ recorder: Recorder) {
    self.profile = profile
    self.plan = plan
    lanes = recorder.lanes.map(\.recorded)
    summary = TraceSummary(
      spans: lanes.reduce(0) { $0 + $1.count },
      dropped: recorder.lanes.reduce(0) { $0 + $1.droppedCount })
  }

  /// The file.
  var json: String {
    let origin = lanes.compactMap { $0.first?.start }.min() ?? 0
    var events = [metadata("process_name", thread: 0, ("name", .text("Jacquard session")))]
    for lane in lanes.indices {
      let name = lane == 0 ? "calling thread" : "worker \(lane)"
      events.append(metadata("thread_name", thread: lane, ("name", .text(name))))
      events.append(metadata("thread_sort_index", thread: lane, ("sort_index", .integer(lane))))
    }
    for (lane, spans) in lanes.enumerated() {
      for span in spans { events.append(object(of: span, thread: lane, since: origin)) }
    }
    events += memoryCounters(since: origin)
    let other = JSONText.object([
      ("library", .text("Jacquard")), ("runs", .integer(profile.runs)),
      ("threads", .integer(profile.threads)), ("spans", .integer(summary.spans)),
      ("droppedSpans", .integer(summary.dropped)),
      ("arenaBytes", .integer(profile.arenaBytes)), ("peakBytes", .integer(profile.peakBytes)),
    ])
    return """
      {"displayTimeUnit":"ms","otherData":\(other.text),"traceEvents":[
      \(events.map(\.text).joined(separator: ",\n"))
      ]}

      """
  }

  private func metadata(_ name: String, thread: Int, _ argument: (String, JSONText)) -> JSONText {
    .object([
      ("name", .text(name)), ("ph", .text("M")), ("pid", .integer(1)),
      ("tid", .integer(thread + 1)), ("args", .object([argument])),
    ])
  }

  // MARK: - Spans

  private func object(of span: Recorder.Event, thread: Int, since origin: Int64) -> JSONText {
    let (name, category) = title(of: span)
    return .object([
      ("name", .text(name)), ("cat", .text(category)), ("ph", .text("X")), ("pid", .integer(1)),
      ("tid", .integer(thread + 1)), ("ts", .microseconds(span.start - origin)),
      ("dur", .microseconds(span.end - span.start)), ("args", .object(arguments(of: span))),
    ])
  }

  private func title(of span: Recorder.Event) -> (name: String, category: String) {
    guard span.row >= 0 else { return ("run \(span.detail + 1)", "run") }
    let step = profile.steps[Int(span.row)]
    switch span.kind {
    case .run, .step: return (step.name, step.part?.rawValue ?? step.role.rawValue)
    case .chunk:
      return ("\(step.name), chunk \(span.detail + 1) of \(step.chunks)", "chunk")
    case .rows: return ("\(step.name), share \(span.detail + 1)", "rows")
    case .iteration: return ("iteration \(span.detail)", "iteration")
    }
  }

  private func arguments(of span: Recorder.Event) -> [(String, JSONText)] {
    guard span.row >= 0, span.kind != .iteration else { return [] }
    let step = profile.steps[Int(span.row)]
    var list: [(String, JSONText)] = []
    if let number = step.number { list.append(("step", .integer(number))) }
    list.append(("operation", .text(step.operation)))
    if span.kind == .rows {
      return list + [("rows", .text("\(Format.percent(Double(span.part))) of all"))]
    }
    if span.kind == .step && span.detail >= 0 {
      list.append(("iteration", .integer(Int(span.detail))))
    }
    guard step.role == .kernel else {
      return step.iterations.map { list + [("iterations", .integer($0))] } ?? list
    }
    let operands = Format.repeated(step.operands), results = Format.repeated(step.results)
    list.append(("types", .text("\(operands) → \(results)")))
    guard span.kind == .step else { return list }
    if span.part != 1 {
      list.append(("rows", .text("\(Format.percent(Double(span.part))) of all")))
    }
    let time = Double(max(span.end - span.start, 1)) / Double(span.part)
    let bytes = step.bytesRead + step.bytesWritten
    if step.floatingPointOperations > 0 {
      list.append(("GFLOP/s", .number(Double(step.floatingPointOperations) / time)))
    }
    list.append(("bytes", .integer(Int(Double(bytes) * Double(span.part)))))
    list.append(("GB/s", .number(Double(bytes) / time)))
    return list
  }

  // MARK: - Memory

  /// The bytes of intermediate results in use, wherever they change on the calling thread.
  private func memoryCounters(since origin: Int64) -> [JSONText] {
    var events: [JSONText] = []
    var last = -1
    func count(_ bytes: Int, at time: Int64) {
      guard bytes != last else { return }
      last = bytes
      events.append(
        .object([
          ("name", .text("arena")), ("ph", .text("C")), ("pid", .integer(1)), ("tid", .integer(1)),
          ("ts", .microseconds(time - origin)), ("args", .object([("bytes", .integer(bytes))])),
        ]))
    }
    var end: Int64?
    for span in lanes.first ?? [] {
      if span.kind == .run {
        if let end { count(0, at: end) }
        end = span.end
      } else if span.kind == .step {
        count(plan.arena.liveBytes[plan.rows[Int(span.row)].moment], at: span.start)
      }
    }
    if let end { count(0, at: end) }
    return events
  }
}
