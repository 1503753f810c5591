import Foundation
import JacquardArrays
import Testing

@testable import Jacquard

/// What loops with `swapMemory` stack beyond the budget lies in files.
@Suite("Stacks in scratch files") struct SwapMemoryTests {
  /// A recurrence of which each step is stacked, with its gradients.
  private struct Recurrence {
    let graph = Graph(seed: 1)
    let fetches: [Tensor]
    let feeds: Feeds

    init(steps: Int, units: Int = 4, swaps: Bool, parallelIterations: Int = 32) {
      let x = graph.placeholder(.float32, [steps, 8, units])
      let w = graph.placeholder(.float32, [units, units])
      let h = graph.constant(.ones(.float32, [8, units]))
      let (state, outputs) = graph.scan(
        x, initial: h, parallelIterations: parallelIterations, swapMemory: swaps, name: "walk"
      ) { h, x in
        let next = tanh(matmul(h, w) + x)
        return (next, next * x)
      }
      fetches =
        [state]
        + graph.gradients(of: [(outputs * outputs).sum()], withRespectTo: [x, w])
        .compactMap(\.self)
      let numbers = (0..<steps * 8 * units).map { Float($0 % 17) / 16 - 0.5 }
      feeds = Feeds().feed(x, NDArray(numbers, shape: [steps, 8, units]))
        .feed(w, NDArray(Array(numbers[..<(units * units)]), shape: [units, units]))
    }

    func session(_ change: (inout SessionOptions) -> Void) -> Session {
      var options = SessionOptions(threads: 1, swapBudget: 0)
      options.leastRowOperations = 0
      change(&options)
      return Session(graph, options: options)
    }
  }

  /// A directory for the files of one test.
  private final class Directory {
    let path = FileManager.default.temporaryDirectory.path + "/jacquard-swap-\(UUID().uuidString)"
    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The open descriptors of files here, as paths.
    var descriptors: [String] {
      get throws {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map {
          "/proc/self/fd/\($0)"
        }.filter {
          let target = try? FileManager.default.destinationOfSymbolicLink(atPath: $0)
          return target?.hasPrefix(path) == true
        }
      }
    }

    /// The bytes of these files that are in the memory of the process.
    static func residentBytes(under path: String) throws -> Int {
      var text = Data()
      let maps = FileHandle(forReadingAtPath: "/proc/self/smaps")
      while let part = try maps?.read(upToCount: 1 << 16), !part.isEmpty { text += part }
      var (bytes, isMapped) = (0, false)
      for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        if words[0].contains("-") { isMapped = line.contains(path) }
        if isMapped && words[0] == "Rss:" { bytes += (Int(words[1]) ?? 0) * 1024 }
      }
      return bytes
    }
  }

  @Test(arguments: [1, 2, 3], [1, 32])
  func resultsHaveTheSameBits(_ threads: Int, _ parallelIterations: Int) throws {
    func run(swaps: Bool, budget: Int) throws -> (arrays: [NDArray], fileBytes: Int) {
      let recurrence = Recurrence(
        steps: 50, swaps: swaps, parallelIterations: parallelIterations)
      let session = recurrence.session {
        $0.threads = threads
        $0.swapBudget = budget
        $0.windowLimits = WindowLimits.none
      }
      let memory = try session.memoryProfile(recurrence.fetches, feeding: recurrence.feeds)
      #expect(memory.swappedBlocks.isEmpty == (memory.scratchFileBytes == 0))
      var arrays: [NDArray] = []
      for _ in 0..<2 {
        arrays += try session.run(recurrence.fetches, feeding: recurrence.feeds)
      }
      return (arrays, memory.scratchFileBytes)
    }
    let inMemory = try run(swaps: false, budget: 0)
    #expect(inMemory.fileBytes == 0)
    for budget in [0, 3000, 1 << 20] {
      let swapped = try run(swaps: true, budget: budget)
      #expect(swapped.arrays == inMemory.arrays)
      #expect((swapped.fileBytes > 0) == (budget < 1 << 20))
    }
  }

  @Test func theLimitDoesNotCountFiles() throws {
    func run(swaps: Bool) throws -> NDArray {
      let recurrence = Recurrence(steps: 1000, swaps: swaps)
      let session = recurrence.session { $0.memoryLimit = 200_000 }
      return try session.run(recurrence.fetches[2], feeding: recurrence.feeds)
    }
    #expect(throws: SessionError.self) { try run(swaps: false) }
    _ = try run(swaps: true)
  }

  @Test func planAndMemoryProfileNameTheFile() throws {
    let recurrence = Recurrence(steps: 50, swaps: true)
    let session = recurrence.session { _ in }
    let plan = try session.explain(recurrence.fetches, feeding: recurrence.feeds)
    #expect(plan.contains("scratch file"))
    let memory = try session.memoryProfile(recurrence.fetches, feeding: recurrence.feeds)
    #expect(memory.description.contains("in the scratch file of"))
    #expect(
      memory.swappedBlocks.allSatisfy {
        $0.operation.contains("walk") || $0.operation.contains("gradients")
      })
    #expect(memory.swappedBlocks.allSatisfy { $0.bytes <= memory.scratchFileBytes })
    #expect(!memory.peakBlocks.contains { $0.isSwapped })
  }

  @Test func filesHaveNoNameAndGoWithTheSession() throws {
    let directory = try Directory()
    let recurrence = Recurrence(steps: 50, swaps: true)
    do {
      let session = recurrence.session { $0.scratchDirectory = directory.path }
      try session.run(recurrence.fetches, feeding: recurrence.feeds)
      let descriptors = try directory.descriptors
      #expect(descriptors.count == 1)
      // Between runs they take no room.
      for descriptor in descriptors {
        let size = try FileHandle(forReadingAtPath: descriptor)?.seekToEnd()
        #expect(size == 0)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }
    #expect(try directory.descriptors.isEmpty)
  }

  @Test func noDirectoryIsAnError() throws {
    let recurrence = Recurrence(steps: 50, swaps: true)
    let session = recurrence.session { $0.scratchDirectory = "/proc/nowhere" }
    let error = #expect(throws: SessionError.self) {
      try session.run(recurrence.fetches, feeding: recurrence.feeds)
    }
    guard case .scratchFile(let operation, let bytes, "/proc/nowhere", let reason) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(operation.contains("walk") || operation.contains("gradients"))
    #expect(bytes > 0 && !reason.isEmpty)
    for word in ["\(bytes) bytes", operation, "/proc/nowhere", reason, "scratchDirectory"] {
      #expect(error?.description.contains(word) == true)
    }
  }

  @Test func aDiskThatIsTooSmallIsAnError() throws {
    let graph = Graph()
    let steps = 1 << 38
    let ticks = graph.placeholder(.float32, [steps, 0])
    let h = graph.constant(.ones(.float32, [1024]))
    let outputs = graph.scan(ticks, initial: h, swapMemory: true) { h, _ in (h * 2, h) }.outputs
    let last = graph.scan(outputs, initial: h) { h, x in (h + x, [Tensor]()) }.state
    let error = #expect(throws: SessionError.self) {
      try Session(graph).run(last, feeding: [ticks: NDArray.zeros(.float32, [steps, 0])])
    }
    guard case .scratchFile(_, steps * 4096, _, _) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  /// Doubles until a limit, and the gradients of that: nobody knows how long the stacks become.
  private func doubling(swaps: Bool) -> (graph: Graph, limit: Tensor, fetches: [Tensor]) {
    let graph = Graph()
    let limit = graph.placeholder(.float32, [])
    let w = graph.placeholder(.float32, [4])
    let one = graph.constant(.ones(.float32, [4]))
    let (count, x) = graph.whileLoop(graph.scalar(0, .float32), one, swapMemory: swaps) { i, _ in
      i .< limit
    } do: { i, x in
      (i + 1, tanh(x * w) + x * 0.5)
    }
    return (
      graph, limit,
      [count, x] + graph.gradients(of: [x.sum()], withRespectTo: [w]).compactMap(\.self)
    )
  }

  @Test func stacksOfUnknownLengthLeaveMemoryToo() throws {
    let directory = try Directory()
    func run(swaps: Bool, budget: Int, memoryLimit: Int?) throws -> [NDArray] {
      let (graph, limit, fetches) = doubling(swaps: swaps)
      let w = fetches[0].graph.operations.first {
        $0.op is Placeholder && $0.results[0].shape.rank == 1
      }!
      let session = Session(
        graph,
        options: SessionOptions(
          threads: 2, memoryLimit: memoryLimit, swapBudget: budget,
          scratchDirectory: directory.path))
      var arrays: [NDArray] = []
      for steps in [3, 3000, 0, 700, 9000] {
        arrays += try session.run(
          fetches,
          feeding: Feeds().feed(limit, NDArray(Float(steps)))
            .feed(w.results[0], NDArray([0.5, -0.25, 1, 0.75] as [Float])))
      }
      #expect(try directory.descriptors.isEmpty == (!swaps || budget > 1 << 20))
      return arrays
    }
    let inMemory = try run(swaps: false, budget: 0, memoryLimit: nil)
    for budget in [0, 20_000, 1 << 22] {
      #expect(try run(swaps: true, budget: budget, memoryLimit: nil) == inMemory)
    }
    #expect(throws: SessionError.self) { try run(swaps: false, budget: 0, memoryLimit: 40_000) }
    #expect(try run(swaps: true, budget: 1 << 20, memoryLimit: 40_000) == inMemory)
    #expect(try directory.descriptors.isEmpty)
  }

  @Test func noDirectoryForAStackOfUnknownLengthIsAFailure() throws {
    let (graph, limit, fetches) = doubling(swaps: true)
    let session = Session(
      graph, options: SessionOptions(swapBudget: 0, scratchDirectory: "/proc/nowhere"))
    let w = graph.operations.first { $0.op is Placeholder && $0.results[0].shape.rank == 1 }!
    let error = #expect(throws: SessionError.self) {
      try session.run(
        fetches,
        feeding: Feeds().feed(limit, NDArray(Float(9)))
          .feed(w.results[0], NDArray([0.5, -0.25, 1, 0.75] as [Float])))
    }
    guard case .runFailure(_, _, _, let message) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(message.contains("/proc/nowhere"))
  }

  @Test func runsAtOnceHaveFilesOfTheirOwn() async throws {
    let directory = try Directory()
    let recurrence = Recurrence(steps: 200, swaps: true)
    let session = recurrence.session {
      $0.threads = 2
      $0.scratchDirectory = directory.path
    }
    let expected = try session.run(recurrence.fetches, feeding: recurrence.feeds)
    let (fetches, feeds) = (recurrence.fetches, recurrence.feeds)
    let isSame = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try (0..<20).allSatisfy { _ in
            try session.run(fetches, feeding: feeds) == expected
          }
        }
      }
      return try await group.reduce(true) { $0 && $1 }
    }
    #expect(isSame)
    #expect(try directory.descriptors.count >= 1)
  }

  @Test(arguments: 0...1) func whatIsWrittenOrReadLeavesMemory(_ axis: Int) throws {
    let directory = try Directory()
    let path = directory.path
    let graph = Graph()
    let shape = axis == 0 ? [1024, 0] : [0, 1024]
    let ticks = graph.placeholder(.float32, PartialShape(known: shape))
    let h = graph.constant(.ones(.float32, [64, 256]))
    let none: [Tensor] = []
    func residentBytes(_ label: String, after tensor: Tensor) -> Tensor {
      graph.call(label, [tensor], resultTypes: [TensorType(.int64, [])]) { _ in
        [NDArray(Int64(try Directory.residentBytes(under: path)))]
      }[0]
    }
    // 64 MiB, written and read again.
    let (last, stack) = graph.scan(ticks, initial: h, axis: axis, swapMemory: true) { h, _ in
      (h + 1, h)
    }
    let afterWriting = residentBytes("written", after: last)
    let sum = graph.scan(stack, initial: afterWriting.cast(to: .float32), axis: axis) { sum, x in
      (maximum(sum, x.max()), none)
    }.state
    let afterReading = residentBytes("read", after: sum)
    let session = Session(graph, options: SessionOptions(swapBudget: 0, scratchDirectory: path))
    let (written, read) = try session.run(
      afterWriting, afterReading, feeding: [ticks: NDArray.zeros(.float32, shape)])
    for bytes in [written.intValue, read.intValue] {
      #expect(bytes > 0 && bytes < 24 << 20)
    }
  }

  @Test func releasedPagesKeepTheirBytes() throws {
    let directory = try Directory()
    let bytes = 1 << 20
    let file = try ScratchFile(in: directory.path, byteCount: bytes)
    for index in 0..<bytes {
      file.base.storeBytes(
        of: UInt8(truncatingIfNeeded: index &* 7), toByteOffset: index, as: UInt8.self)
    }
    #expect(try Directory.residentBytes(under: directory.path) == bytes)
    file.release(file.base + 100, byteCount: bytes - 200)
    #expect(try Directory.residentBytes(under: directory.path) == 0)
    try file.reserve(2 * bytes)
    #expect(
      (0..<bytes).allSatisfy {
        file.base.load(fromByteOffset: $0, as: UInt8.self) == UInt8(truncatingIfNeeded: $0 &* 7)
      })
    #expect(file.contains(file.base + (2 * bytes - 1)) && !file.contains(file.base + 2 * bytes))
  }
}
