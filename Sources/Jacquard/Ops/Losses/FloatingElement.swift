import CVectorKernels
import JacquardArrays

/// A floating-point element type, with the C functions that row kernels call on it.
///
/// Matrices are row-major; `x` and `out` may be the same address in elementwise functions.
///
/// Kernels over elements of this kind are a ``FloatingKernel``.
protocol FloatingElement: GEMMElement, BinaryFloatingPoint {
  typealias Source = UnsafePointer<Self>
  typealias Destination = UnsafeMutablePointer<Self>

  static func exponentials(_ count: Int, _ x: Source, _ out: Destination)
  static func logarithms(_ count: Int, _ x: Source, _ out: Destination)
  static func rowMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination)
  static func rowSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination)
  static func columnMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination)
  static func columnSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination)
  static func firstNonFinite(_ count: Int, _ x: Source) -> Int
}

extension Float: FloatingElement {
  static func exponentials(_ count: Int, _ x: Source, _ out: Destination) {
    jq_exp_f32(count, x, nil, nil, out)
  }
  static func logarithms(_ count: Int, _ x: Source, _ out: Destination) {
    jq_log_f32(count, x, nil, nil, out)
  }
  static func rowMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_max_rows_f32(rows, columns, x, out)
  }
  static func rowSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_sum_rows_f32(rows, columns, x, out)
  }
  static func columnMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_max_columns_f32(rows, columns, x, out)
  }
  static func columnSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_sum_columns_f32(rows, columns, x, out)
  }
  static func firstNonFinite(_ count: Int, _ x: Source) -> Int { jq_first_nonfinite_f32(count, x) }
}

extension Double: FloatingElement {
  static func exponentials(_ count: Int, _ x: Source, _ out: Destination) {
    jq_exp_f64(count, x, nil, nil, out)
  }
  static func logarithms(_ count: Int, _ x: Source, _ out: Destination) {
    jq_log_f64(count, x, nil, nil, out)
  }
  static func rowMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_max_rows_f64(rows, columns, x, out)
  }
  static func rowSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_sum_rows_f64(rows, columns, x, out)
  }
  static func columnMaxima(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_max_columns_f64(rows, columns, x, out)
  }
  static func columnSums(_ rows: Int, _ columns: Int, _ x: Source, _ out: Destination) {
    jq_sum_columns_f64(rows, columns, x, out)
  }
  static func firstNonFinite(_ count: Int, _ x: Source) -> Int { jq_first_nonfinite_f64(count, x) }
}
