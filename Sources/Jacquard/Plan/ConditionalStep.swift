/// Runs one of two schedules, chosen by a bool scalar.
final class ConditionalStep: Sendable {
  struct Branch: ~Copyable, Sendable {
    let schedule: Schedule
    /// Results that the branch does not write where they belong.
    let copies: Table<SlotCopy>

    func run(_ frame: Frame) {
      schedule.run(frame)
      for index in copies.indices { copies[index].run(frame.pointers) }
    }
  }

  let predicate: Int32
  let ifTrue: Branch
  let ifFalse: Branch
  /// The row of the plan that describes it.
  let row: Int32

  init(predicate: Int32, ifTrue: consuming Branch, ifFalse: consuming Branch, row: Int) {
    self.predicate = predicate
    self.row = Int32(row)
    self.ifTrue = ifTrue
    self.ifFalse = ifFalse
  }

  func run(_ frame: Frame) {
    if frame.pointers[Int(predicate)].load(as: UInt8.self) != 0 {
      ifTrue.run(frame)
    } else {
      ifFalse.run(frame)
    }
  }
}
