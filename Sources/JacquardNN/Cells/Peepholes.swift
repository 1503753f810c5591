import Jacquard

/// The weights with which the gates of an LSTM see its memory, each `[units]`.
struct Peepholes: Sendable {
  let forget: Variable
  let input: Variable
  let output: Variable

  /// Makes `w_f_diag`, `w_i_diag` and `w_o_diag`.
  init(_ variable: VariableMaker, units: Int, initializer: Initializer? = nil) {
    forget = variable("w_f_diag", [units], initializer)
    input = variable("w_i_diag", [units], initializer)
    output = variable("w_o_diag", [units], initializer)
  }
}
