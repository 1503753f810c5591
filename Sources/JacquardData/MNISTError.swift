import Foundation

/// What can be wrong with a set of MNIST files. Every message names the file.
public enum MNISTError: Error, Equatable, Sendable {
  /// None of the names a file may have exists in the directory.
  case missingFile(role: String, directory: String, lookedFor: [String])
  /// The operating system refused to open or read the file.
  case unreadable(path: String, reason: String)
  /// The first four bytes are not those of the expected kind of IDX file.
  case badMagic(path: String, found: UInt32, expected: UInt32)
  /// The file ends early; both counts are of decompressed bytes, header included.
  case truncated(path: String, expected: Int, found: Int)
  /// The file goes on after the bytes its header announces.
  case trailingBytes(path: String, expected: Int)
  /// zlib rejects the stream at `byte` (an offset into the compressed file).
  case corruptGzip(path: String, message: String, byte: Int)
  /// The header announces more data than the reader is willing to hold.
  case tooLarge(path: String, dimensions: [Int], byteLimit: Int)
  /// The images are not of the expected size in pixels.
  case wrongImageSize(path: String, found: [Int], expected: [Int])
  /// An image file and its label file disagree about the number of examples.
  case countMismatch(imagesPath: String, images: Int, labelsPath: String, labels: Int)
  /// A label is not one of the digits 0 to 9.
  case labelOutOfRange(path: String, index: Int, label: Int)
  /// The training file has fewer examples than are to be set aside for validation.
  case tooFewExamples(path: String, count: Int, validationCount: Int)
}

extension MNISTError: CustomStringConvertible {
  /// A sentence that names the file and says what is wrong.
  public var description: String {
    switch self {
    case .missingFile(let role, let directory, let names):
      "no \(role) in \(directory): looked for \(names.joined(separator: ", "))"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .badMagic(let path, let found, let expected):
      "\(path): \(Self.kind(ofMagic: found)), expected "
        + "\(Self.plural(ofMagic: expected)) (magic number \(Self.hexadecimal(expected)))"
    case .truncated(let path, let expected, let found):
      "\(path): truncated: expected \(expected) bytes, got \(found)"
    case .trailingBytes(let path, let expected):
      "\(path): oversized: the file goes on after the \(expected) bytes its header announces"
    case .corruptGzip(let path, let message, let byte):
      "\(path): corrupt gzip stream at byte \(byte): \(message)"
    case .tooLarge(let path, let dimensions, let byteLimit):
      "\(path): the header announces \(Self.product(dimensions)) bytes of data, "
        + "more than the limit of \(byteLimit); the header is probably damaged"
    case .wrongImageSize(let path, let found, let expected):
      "\(path): images are \(Self.product(found)) pixels, expected \(Self.product(expected))"
    case .countMismatch(let imagesPath, let images, let labelsPath, let labels):
      "\(imagesPath) has \(images) images but \(labelsPath) has \(labels) labels; "
        + "the two files do not belong together"
    case .labelOutOfRange(let path, let index, let label):
      "\(path): label \(index) is \(label), expected a digit from 0 to 9"
    case .tooFewExamples(let path, let count, let validationCount):
      "\(path): has \(count) images, but \(validationCount) are to be set aside for validation; "
        + "pass a validationCount between 0 and \(count)"
    }
  }

  private static func product(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: " x ")
  }

  private static func hexadecimal(_ magic: UInt32) -> String {
    let digits = String(magic, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func plural(ofMagic magic: UInt32) -> String {
    switch magic {
    case IDXFile.magic(rank: 3): "images"
    case IDXFile.magic(rank: 1): "labels"
    default: "IDX data"
    }
  }

  private static func kind(ofMagic magic: UInt32) -> String {
    let elementTypes: [UInt32: String] = [
      0x08: "unsigned bytes", 0x09: "signed bytes", 0x0B: "16-bit integers",
      0x0C: "32-bit integers", 0x0D: "32-bit floats", 0x0E: "64-bit floats",
    ]
    switch magic {
    case IDXFile.magic(rank: 3): return "is an image file"
    case IDXFile.magic(rank: 1): return "is a label file"
    default: break
    }
    if let elements = elementTypes[magic >> 8] {
      return "is a rank-\(magic & 0xFF) IDX file of \(elements)"
    }
    return "is not an IDX file (it starts with \(hexadecimal(magic)))"
  }
}

extension MNISTError: LocalizedError {
  /// The same text as `description`.
  public var errorDescription: String? { description }
}
