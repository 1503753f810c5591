/// What a run consists of, step by step, and, if runs were timed, where their time went.
///
/// Times are those that pass, so that all parts add up to the time of a run. Where several threads share a step, the mean of the
/// times they work counts, and the rest as waiting; what they did together is `threadNanoseconds`.
public struct RunProfile: Sendable, Hashable, Codable {
  /// One line: a kernel, or the header of nested steps.
  public struct Step: Sendable, Hashable, Codable {
    /// What the line stands for.
    public enum Role: String, Sendable, Hashable, Codable {
      /// A kernel.
      case kernel
      /// An array seen in another shape; nothing runs.
      case view
      /// A loop; its regions follow, one level deeper.
      case loop
      /// The condition of a loop.
      case condition
      /// The body of a loop.
      case body
      /// A choice between two branches, which follow one level deeper.
      case conditional
      /// A branch.
      case branch
    }

    /// What the line stands for.
    public var role: Role
    /// The number of a kernel, as drawings and traces show it, from 1 on.
    public var number: Int?
    /// How deep it is nested; 0 outside loops and branches.
    public var depth: Int
    /// The name of the kernel, or of the op.
    public var name: String
    /// The path of the operation it comes from: `rnn/while/basic_lstm_cell/MatMul`.
    public var operation: String
    /// What its time counts as; `nil` but for kernels.
    public var part: Part?
    /// The types of the operands.
    public var operands: [String]
    /// The types of the results.
    public var results: [String]
    /// Where each result lies: `@4096` in the arena, `file@4096` in the scratch file, `input`, `constant`, or `given` by the run.
    public var places: [String]
    /// Whether result 0 is written over an operand, or new values of variables over old ones.
    public var isInPlace: Bool
    /// How often a loop repeats its body, if that is known beforehand.
    public var iterations: Int?
    /// How often it runs in one run, if that is known beforehand: the product of the iterations around it.
    public var executionsPerRun: Int?
    /// Into how many pieces its work is cut.
    public var chunks: Int
    /// Whether threads each take some rows through all iterations of this loop, instead of sharing its kernels.
    public var dividesRows: Bool
    /// Floating-point operations of one execution; an instruction counts as one for each element, whatever it costs.
    public var floatingPointOperations: Int
    /// Bytes of operands that one execution reads, each once.
    public var bytesRead: Int
    /// Bytes of results that one execution writes.
    public var bytesWritten: Int

    /// How often it ran, all runs together.
    public var executions: Int
    /// Its time, nested steps and waits included, all runs together, in nanoseconds; of a kernel within divided rows the mean of
    /// the threads that divide them.
    public var nanoseconds: Int
    /// Of that the time spent waiting for other threads.
    public var waitNanoseconds: Int
    /// The time all threads together worked on it.
    public var threadNanoseconds: Int
  }

  /// What time goes to.
  public enum Part: String, Sendable, Hashable, Codable, CaseIterable {
    /// Products of matrices, packing them, convolutions.
    case matrixProducts
    /// Elementwise kernels, fused ones in particular.
    case elementwise
    /// Sums, maxima, searches, softmax, pooling.
    case reductions
    /// Elements moved, repeated or filled in.
    case copies
    /// Draws from random streams.
    case random
    /// Kernels that compute the new values of variables.
    case updates
    /// Closures, printing, checks.
    case other
    /// Going round loops: slices, carried values.
    case loops
    /// Waiting for other threads.
    case waiting
    /// Around the steps: binding memory, committing, handing out results.
    case session
  }

  /// The time and work of one part, all runs together.
  public struct Share: Sendable, Hashable, Codable {
    /// The part.
    public var part: Part
    /// Its time, waits not included.
    public var nanoseconds: Int
    /// Its time over that of all runs.
    public var fraction: Double
    /// Its floating-point operations.
    public var floatingPointOperations: Int
    /// The bytes it moved, read and written.
    public var bytes: Int
  }

  /// How many runs were timed.
  public var runs: Int
  /// How many threads work on a run.
  public var threads: Int
  /// The time of all runs together, in nanoseconds.
  public var nanoseconds: Int
  /// Of that the time around the steps.
  public var sessionNanoseconds: Int
  /// The bytes of intermediate results.
  public var arenaBytes: Int
  /// The most bytes of them in use at any moment.
  public var peakBytes: Int
  /// The bytes of stacks that lie in a scratch file.
  public var scratchFileBytes: Int
  /// The bytes of constants.
  public var constantBytes: Int
  /// The bytes of the variables that are read or assigned, each once.
  public var variableBytes: Int
  /// How many arrays are fetched.
  public var fetches: Int
  /// How many variables are assigned.
  public var assignments: Int
  /// The lines, nested ones after their header.
  public var steps: [Step]
}

// MARK: - What follows from it

extension RunProfile {
  /// The number of kernels.
  public var kernelCount: Int { steps.count { $0.role == .kernel } }

  /// The mean time of a run, in milliseconds.
  public var millisecondsPerRun: Double {
    runs > 0 ? Double(nanoseconds) / 1e6 / Double(runs) : 0
  }

  /// Where the time went: the fractions add up to 1. Empty without timed runs; parts that took no time are left out.
  public var shares: [Share] {
    guard runs > 0, nanoseconds > 0 else { return [] }
    var shares = Part.allCases.map {
      Share(part: $0, nanoseconds: 0, fraction: 0, floatingPointOperations: 0, bytes: 0)
    }
    func add(_ part: Part, _ time: Int, _ step: Step? = nil) {
      let index = Part.allCases.firstIndex(of: part)!
      shares[index].nanoseconds += time
      guard let step else { return }
      shares[index].floatingPointOperations += step.executions * step.floatingPointOperations
      shares[index].bytes += step.executions * (step.bytesRead + step.bytesWritten)
    }
    var unattributed = nanoseconds
    for (index, step) in steps.enumerated() {
      if step.depth == 0 { unattributed -= step.nanoseconds }
      add(.waiting, step.waitNanoseconds)
      if let part = step.part {
        add(part, step.nanoseconds - step.waitNanoseconds, step)
      } else if step.role == .loop || step.role == .conditional {
        add(.loops, step.nanoseconds - step.waitNanoseconds - nestedNanoseconds(below: index))
      }
    }
    add(.session, unattributed)
    for index in shares.indices {
      shares[index].fraction = Double(shares[index].nanoseconds) / Double(nanoseconds)
    }
    return shares.filter { $0.nanoseconds != 0 || $0.floatingPointOperations > 0 }
  }

  /// The time all threads together worked, over that of the runs: at most ``threads``.
  public var busyThreads: Double {
    guard nanoseconds > 0 else { return 0 }
    var busy = nanoseconds
    var dividedDepth: Int?
    for step in steps {
      if let depth = dividedDepth, step.depth <= depth { dividedDepth = nil }
      // What is nested in divided rows is part of the time of its loop.
      guard dividedDepth == nil else { continue }
      busy += step.threadNanoseconds - step.nanoseconds
      if step.dividesRows { dividedDepth = step.depth }
    }
    return Double(busy) / Double(nanoseconds)
  }

  /// The time of the steps right below a header, which is part of its own.
  private func nestedNanoseconds(below header: Int) -> Int {
    let depth = steps[header].depth
    var sum = 0
    // Conditions, bodies and branches are not timed: what they own lies two levels deeper.
    for step in steps[(header + 1)...] {
      guard step.depth > depth else { break }
      if step.depth == depth + 2 { sum += step.nanoseconds }
    }
    return sum
  }
}
