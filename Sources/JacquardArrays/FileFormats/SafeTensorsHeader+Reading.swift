extension SafeTensorsHeader {
  /// Reads and checks the header of a file; takes no more memory than a multiple of what is there.
  ///
  /// - Throws: ``SafeTensorsError``, and what `bytes` throws.
  init(of bytes: some RandomAccessBytes, file: String) throws {
    func failure(_ byte: Int, _ problem: String) -> SafeTensorsError {
      SafeTensorsError(
        file: file, byte: byte, problem: problem, remedy: SafeTensorsError.useAnother)
    }
    let size = bytes.byteCount
    guard size >= Self.lengthByteCount else {
      throw failure(
        size, "the file ends before the \(Self.lengthByteCount) bytes that give its header's length"
      )
    }
    let length = try bytes.read(0..<Self.lengthByteCount)
      .reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.byteLimit else {
      throw failure(
        0,
        """
        the header's length is given as \(length), more than the \(Self.byteLimit) bytes that are \
        allowed: this is not a safetensors file, or it is damaged
        """)
    }
    let dataStart = Self.lengthByteCount + Int(length)
    guard dataStart <= size else {
      throw failure(
        size, "the file ends before its header, which would end at byte \(dataStart)")
    }
    var parser = SafeTensorsHeaderParser(
      try bytes.read(Self.lengthByteCount..<dataStart), offset: Self.lengthByteCount, file: file)
    try parser.parse()
    metadata = parser.metadata
    checksum = parser.checksum
    declinesChecksum = parser.declinesChecksum
    entries = try Self.entries(of: parser.tensors, dataStart: dataStart, size: size, failure)
  }

  /// Checks that types, shapes and places agree, and that the places fill the rest of the file.
  private static func entries(
    of described: [SafeTensorsHeaderParser.DescribedTensor], dataStart: Int, size: Int,
    _ failure: (_ byte: Int, _ problem: String) -> SafeTensorsError
  ) throws -> [SafeTensorsFile.Entry] {
    var entries: [SafeTensorsFile.Entry] = []
    entries.reserveCapacity(described.count)
    var end = dataStart
    // Tensors without elements come before the tensor that starts at their place.
    let ordered = described.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    for (index, tensor) in ordered.enumerated() {
      let name = tensor.name.quotedForMessage
      guard let byteCount = tensor.byteCount else {
        throw failure(
          tensor.shapeByte,
          "the shape \(tensor.shapeText) of \(name) has more elements than can be counted")
      }
      guard tensor.start <= tensor.end, tensor.end - tensor.start == byteCount else {
        throw failure(
          tensor.offsetsByte,
          """
          \(name), \(tensor.dtype) of shape \(tensor.shapeText), takes \(byteCount) bytes, but its \
          data_offsets are \(tensor.start) and \(tensor.end)
          """)
      }
      guard tensor.start == end - dataStart else {
        let before = index == 0 ? "the data starts" : "the data of the tensor before it ends"
        let what = tensor.start > end - dataStart ? "leaves a gap" : "overlaps another tensor"
        throw failure(
          tensor.offsetsByte,
          """
          \(name) \(what): its data starts at offset \(tensor.start), but \(before) at \
          \(end - dataStart)
          """)
      }
      guard byteCount <= size - end else {
        throw failure(
          size,
          """
          the file ends inside the data of \(name), which takes bytes \(end) up to \
          \(dataStart + tensor.end): it is truncated
          """)
      }
      entries.append(
        .init(
          name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
          range: end..<end + byteCount))
      end += byteCount
    }
    guard end == size else {
      let rest = size - end == 1 ? "1 byte follows" : "\(size - end) bytes follow"
      throw failure(end, "\(rest) the data of the last tensor")
    }
    return entries
  }
}

extension SafeTensorsHeaderParser.DescribedTensor {
  /// The size of the elements; `nil` if it, or that of the axes which are not empty, is too large for an integer.
  fileprivate var byteCount: Int? {
    var product = dtype.byteCount
    for length in shape where length > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }

  fileprivate var shapeText: String {
    let shown = shape.prefix(16).map(String.init).joined(separator: ", ")
    return "[\(shown)\(shape.count > 16 ? ", …" : "")]"
  }
}
