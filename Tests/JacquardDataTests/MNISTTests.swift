import Foundation
import JacquardArrays
import JacquardData
import Testing

@Suite("MNIST directories")
struct MNISTTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func writeAll(training: Int = 30, test: Int = 7) throws {
    try directory.write(gzip(imageFile(count: training)), as: "train-images-idx3-ubyte.gz")
    try directory.write(labelFile(count: training), as: "train-labels.idx1-ubyte")
    try directory.write(gzip(imageFile(count: test)), as: "t10k-images.idx3-ubyte.gz")
    try directory.write(labelFile(count: test), as: "t10k-labels-idx1-ubyte")
  }

  @Test func validationIsTheStartOfTheTrainingFile() throws {
    try writeAll()
    let mnist = try MNIST.load(from: directory.path, oneHot: false, validationCount: 12)
    #expect(mnist.train.count == 18)
    #expect(mnist.validation.count == 12)
    #expect(mnist.test.count == 7)
    #expect(mnist.validation.labels.elements(as: Int64.self) == (0..<12).map { $0 % 10 })
    #expect(mnist.train.labels.elements(as: Int64.self) == (12..<30).map { $0 % 10 })
    #expect(mnist.train.labels.shape == [18])

    let images = mnist.train.images
    #expect(images.shape == [18, 784])
    let expected = (12..<30).flatMap { image in (0..<784).map { Float((image + $0) % 256) / 255 } }
    #expect(images.elements(as: Float.self) == expected)
  }

  @Test func oneHotLabels() throws {
    try writeAll()
    let labels = try MNIST.load(from: directory.path, validationCount: 0).test.labels
    #expect(labels.shape == [7, 10])
    let expected = (0..<7).flatMap { label in (0..<10).map { $0 == label ? Float(1) : 0 } }
    #expect(labels.elements(as: Float.self) == expected)
  }

  @Test func emptyValidation() throws {
    try writeAll()
    let validation = try MNIST.load(from: directory.path, validationCount: 0).validation
    #expect(validation.images.shape == [0, 784])
    #expect(validation.labels.shape == [0, 10])
  }

  @Test func missingFileListsTheNamesLookedFor() throws {
    try writeAll()
    try FileManager.default.removeItem(atPath: directory.path + "/train-labels.idx1-ubyte")
    let expected =
      "no training labels in \(directory.path): looked for train-labels-idx1-ubyte, "
      + "train-labels-idx1-ubyte.gz, train-labels.idx1-ubyte, train-labels.idx1-ubyte.gz"
    #expect(failure { _ = try MNIST.load(from: directory.path) } == expected)
    #expect(failure { _ = try MNIST.loadOrSynthesize(from: directory.path) } == expected)
  }

  @Test func countsThatDiffer() throws {
    try writeAll()
    try directory.write(labelFile(count: 8), as: "t10k-labels-idx1-ubyte")
    let path = directory.path
    #expect(
      failure { _ = try MNIST.load(from: path) }
        == "\(path)/t10k-images.idx3-ubyte.gz has 7 images but "
        + "\(path)/t10k-labels-idx1-ubyte has 8 labels; the two files do not belong together")
  }

  @Test func labelAboveNine() throws {
    try writeAll()
    try directory.write(idx([7], [0, 1, 2, 3, 10, 5, 6]), as: "t10k-labels-idx1-ubyte")
    let message = failure { _ = try MNIST.load(from: directory.path) }
    #expect(
      message.hasSuffix("/t10k-labels-idx1-ubyte: label 4 is 10, expected a digit from 0 to 9"))
  }

  @Test(arguments: [31, -1]) func validationCountOutOfRange(validationCount: Int) throws {
    try writeAll()
    let message = failure {
      _ = try MNIST.load(from: directory.path, validationCount: validationCount)
    }
    #expect(message.contains("has 30 images, but \(validationCount) are to be set aside"))
    #expect(message.hasSuffix("pass a validationCount between 0 and 30"))
  }

  @Test func synthesizesOnlyWhereThereIsNoFile() throws {
    let (mnist, isSynthetic) = try MNIST.loadOrSynthesize(from: directory.path + "/absent")
    #expect(isSynthetic)
    #expect(mnist.train.count == 10_000)
    #expect(mnist.validation.count == 1_000)
    #expect(mnist.test.count == 2_000)

    try writeAll(training: 5_001)
    let loaded = try MNIST.loadOrSynthesize(from: directory.path)
    #expect(!loaded.isSynthetic)
    #expect(loaded.mnist.train.count == 1)

    try directory.write([0x1F, 0x8B, 0, 0], as: "t10k-images.idx3-ubyte.gz")
    let message = failure { _ = try MNIST.loadOrSynthesize(from: directory.path) }
    #expect(message.contains("/t10k-images.idx3-ubyte.gz: corrupt gzip stream at byte "))
  }
}

/// Where the real files are, if they are anywhere.
private let realDirectory: String? = {
  if let named = ProcessInfo.processInfo.environment["JACQUARD_MNIST"] { return named }
  let beside = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/mnist")
  let path = beside.standardizedFileURL.path
  return FileManager.default.fileExists(atPath: path) ? path : nil
}()

@Suite("Real MNIST", .enabled(if: realDirectory != nil, "set JACQUARD_MNIST to their directory"))
struct RealMNISTTests {
  @Test func countsAndFirstLabels() throws {
    let directory = try #require(realDirectory)
    let mnist = try MNIST.load(from: directory, oneHot: false)
    #expect(mnist.train.count == 55_000)
    #expect(mnist.validation.count == 5_000)
    #expect(mnist.test.count == 10_000)

    let first = mnist.validation.nextBatch(10, shuffle: false)
    #expect(first.labels.elements(as: Int64.self) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    let firstStroke = first.images.elements(as: Float.self)[152..<158].map { $0 * 255 }
    #expect(firstStroke.map { $0.rounded() } == [3, 18, 18, 18, 126, 136])
    let test = mnist.test.nextBatch(5, shuffle: false)
    #expect(test.labels.elements(as: Int64.self) == [7, 2, 1, 0, 4])
  }
}
