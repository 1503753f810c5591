import Foundation
import JacquardArrays
import SwiftProtobuf
import Synchronization

/// Writes what TensorBoard shows of a training: scalars, histograms, images and the graph.
///
/// ```swift
/// let writer = try EventWriter(directory: "logs/run1")
/// try writer.add(graph: graph)
/// for step in 0..<1000 {
///   …
///   try writer.add(scalar: loss, named: "loss", step: step)
/// }
/// try writer.close()
/// ```
///
/// `tensorboard --logdir logs` shows each folder below `logs` as a run, while it is being written, too. A writer appends to a
/// file of its own, so several of them, and several trainings one after the other, may share a folder.
///
/// Records are written together after a few seconds, by ``flush()`` and ``close()``, and when the writer goes away. A file whose
/// process was killed ends with a whole record. A writer may be used from several threads.
public final class EventWriter: Sendable {
  /// The event file: `events.out.tfevents.<seconds since 1970>.<host>.<process>.<number>` in the directory.
  public let path: String

  private let file: Mutex<RecordFile?>
  private let now: @Sendable () -> Double

  /// How many writers this process has made.
  private static let count = Atomic(0)

  /// A writer to a new file.
  ///
  /// - Parameters:
  ///   - directory: the folder of the run; it is made if there is none.
  ///   - flushInterval: how long records may wait before one that comes makes them be written.
  /// - Throws: ``SummaryError/cannotWrite(path:reason:)``
  public convenience init(directory: String, flushInterval: Duration = .seconds(2)) throws {
    try self.init(directory: directory, flushInterval: flushInterval) {
      Date().timeIntervalSince1970
    }
  }

  /// - Parameter now: the time that records get, in seconds since 1970.
  init(
    directory: String, flushInterval: Duration = .seconds(2), now: @escaping @Sendable () -> Double
  ) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw SummaryError.cannotWrite(path: directory, reason: error.systemReason)
    }
    let number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
    let process = ProcessInfo.processInfo.processIdentifier
    let name = "events.out.tfevents.\(Int(now())).\(hostName()).\(process).\(number)"
    path = URL(fileURLWithPath: directory).appendingPathComponent(name).path
    self.now = now
    file = Mutex(try RecordFile(creating: path, flushInterval: flushInterval))
    try append(TensorFlowEvent.What.fileVersion("brain.Event:2"), step: 0)
  }

  deinit { try? close() }

  /// Writes all records to the file.
  ///
  /// - Throws: ``SummaryError/cannotWrite(path:reason:)``; the records are kept, to be tried again.
  public func flush() throws { try file.withLock { try $0?.flush() } }

  /// Writes all records to the file, and ends it. Does nothing the second time.
  ///
  /// - Throws: ``SummaryError/cannotWrite(path:reason:)``
  public func close() throws {
    try file.withLock {
      try $0?.flush()
      $0 = nil
    }
  }

  /// Adds a record of the present time.
  func append(_ content: TensorFlowEvent.What, step: Int) throws {
    try file.withLock {
      var event = TensorFlowEvent()
      event.wallTime = now()
      event.step = Int64(step)
      event.what = content
      let record: [UInt8] = try event.serializedBytes()
      guard try $0?.append(record) != nil else { throw SummaryError.closed(path: path) }
    }
  }
}

extension TensorFlowEvent {
  /// What a record holds.
  typealias What = OneOf_What
}

extension Error {
  /// The reason that the operating system gave, if it was that; else the whole text.
  fileprivate var systemReason: String {
    let underlying = (self as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let underlying, underlying.domain == NSPOSIXErrorDomain else {
      return localizedDescription
    }
    return String(cString: strerror(Int32(underlying.code)))
  }
}

/// The name of this machine, as TensorFlow puts it in file names.
private func hostName() -> String {
  var bytes = [CChar](repeating: 0, count: 256)
  guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
  let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  return name.isEmpty || name.contains("/") ? "localhost" : name
}
