import CVectorKernels
import JacquardArrays

/// How elements combine into one, with the C functions that do it.
struct Reduction: Sendable {
  /// `f(rows, columns, x, out)` over x `[rows, columns]`: `rows` reduces each row, `columns` each column.
  typealias Function =
    @convention(c) (Int, Int, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void

  /// The functions for one element type.
  struct Functions: Sendable {
    var rows: Function
    var columns: Function
    /// Combines two arrays element by element.
    var combine: VectorInstruction.TileFunction
  }

  /// The element types it takes.
  let domain: ElementDomain
  private let functions: @Sendable (DType) -> Functions?

  /// The functions for elements of `dtype`.
  ///
  /// - Throws: ``LoweringError`` if there are none.
  func functions(for dtype: DType) throws -> Functions {
    guard let functions = functions(dtype) else {
      throw LoweringError("no reduction over \(dtype)")
    }
    return functions
  }

  static let sum = Reduction(domain: .numeric) { dtype in
    switch dtype {
    case .float32:
      Functions(rows: jq_sum_rows_f32, columns: jq_sum_columns_f32, combine: jq_add_f32)
    case .float64:
      Functions(rows: jq_sum_rows_f64, columns: jq_sum_columns_f64, combine: jq_add_f64)
    case .int32: Functions(rows: jq_sum_rows_i32, columns: jq_sum_columns_i32, combine: jq_add_i32)
    case .int64: Functions(rows: jq_sum_rows_i64, columns: jq_sum_columns_i64, combine: jq_add_i64)
    case .uint8: Functions(rows: jq_sum_rows_u8, columns: jq_sum_columns_u8, combine: jq_add_u8)
    case .bool: nil
    }
  }

  static let product = Reduction(domain: .numeric) { dtype in
    switch dtype {
    case .float32:
      Functions(rows: jq_prod_rows_f32, columns: jq_prod_columns_f32, combine: jq_mul_f32)
    case .float64:
      Functions(rows: jq_prod_rows_f64, columns: jq_prod_columns_f64, combine: jq_mul_f64)
    case .int32:
      Functions(rows: jq_prod_rows_i32, columns: jq_prod_columns_i32, combine: jq_mul_i32)
    case .int64:
      Functions(rows: jq_prod_rows_i64, columns: jq_prod_columns_i64, combine: jq_mul_i64)
    case .uint8: Functions(rows: jq_prod_rows_u8, columns: jq_prod_columns_u8, combine: jq_mul_u8)
    case .bool: nil
    }
  }

  static let maximum = Reduction(domain: .numeric) { dtype in
    switch dtype {
    case .float32:
      Functions(rows: jq_max_rows_f32, columns: jq_max_columns_f32, combine: jq_max_f32)
    case .float64:
      Functions(rows: jq_max_rows_f64, columns: jq_max_columns_f64, combine: jq_max_f64)
    case .int32: Functions(rows: jq_max_rows_i32, columns: jq_max_columns_i32, combine: jq_max_i32)
    case .int64: Functions(rows: jq_max_rows_i64, columns: jq_max_columns_i64, combine: jq_max_i64)
    case .uint8: Functions(rows: jq_max_rows_u8, columns: jq_max_columns_u8, combine: jq_max_u8)
    case .bool: nil
    }
  }

  static let minimum = Reduction(domain: .numeric) { dtype in
    switch dtype {
    case .float32:
      Functions(rows: jq_min_rows_f32, columns: jq_min_columns_f32, combine: jq_min_f32)
    case .float64:
      Functions(rows: jq_min_rows_f64, columns: jq_min_columns_f64, combine: jq_min_f64)
    case .int32: Functions(rows: jq_min_rows_i32, columns: jq_min_columns_i32, combine: jq_min_i32)
    case .int64: Functions(rows: jq_min_rows_i64, columns: jq_min_columns_i64, combine: jq_min_i64)
    case .uint8: Functions(rows: jq_min_rows_u8, columns: jq_min_columns_u8, combine: jq_min_u8)
    case .bool: nil
    }
  }

  static let any = Reduction(domain: .boolean) { dtype in
    guard dtype == .bool else { return nil }
    return Functions(rows: jq_any_rows_b8, columns: jq_any_columns_b8, combine: jq_or_b8)
  }

  static let all = Reduction(domain: .boolean) { dtype in
    guard dtype == .bool else { return nil }
    return Functions(rows: jq_all_rows_b8, columns: jq_all_columns_b8, combine: jq_and_b8)
  }

  private init(domain: ElementDomain, functions: @escaping @Sendable (DType) -> Functions?) {
    self.domain = domain
    self.functions = functions
  }
}
