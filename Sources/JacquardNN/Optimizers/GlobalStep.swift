import Jacquard
import JacquardArrays
import Synchronization

// Two threads asking at once get one variable.
private let creation = Mutex<Void>(())

extension Graph {
  /// The variable `global_step`, an int64 scalar that counts training steps; made at the first use.
  public var globalStep: Variable {
    creation.withLock { _ in
      if let known = tensor(named: "global_step"), known.isVariable { return known }
      return atRoot {
        variable(.zeros, [], dtype: .int64, name: "global_step", trainable: false)
      }
    }
  }
}
