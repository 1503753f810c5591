import Foundation
import JacquardArrays

/// The MNIST handwritten digits: 28 × 28 grey images of the digits 0 to 9.
///
/// ```swift
/// let mnist = try MNIST.load(from: "MNIST-data")
/// let batch = mnist.train.nextBatch(128)   // images [128, 784], labels [128, 10]
/// ```
public struct MNIST: Sendable {
  /// The examples to train on; 55,000 of the real ones.
  public let train: DataSet
  /// The examples to choose settings by; 5,000 of the real ones.
  public let validation: DataSet
  /// The examples to measure with at the end; 10,000 of the real ones.
  public let test: DataSet

  /// Reads the four MNIST files in `directory`.
  ///
  /// Each is looked for under its usual names (`train-images-idx3-ubyte`,
  /// `train-images.idx3-ubyte`), with and without `.gz`; the contents, not the name, decide
  /// whether it is decompressed.
  ///
  /// - Parameters:
  ///   - directory: the directory with the files.
  ///   - oneHot: labels as float32 `[count, 10]`; if false, classes as int64 `[count]`.
  ///   - validationCount: how many examples to set aside, from the start of the training file.
  ///   - seed: decides the order in which batches are drawn.
  /// - Throws: `MNISTError`, which names the file and what is wrong with it.
  public static func load(
    from directory: String, oneHot: Bool = true, validationCount: Int = 5_000, seed: UInt64 = 1
  ) throws -> MNIST {
    let training = try LabelledImages(.trainingImages, .trainingLabels, in: directory)
    let test = try LabelledImages(.testImages, .testLabels, in: directory)
    guard (0...training.count).contains(validationCount) else {
      throw MNISTError.tooFewExamples(
        path: training.path, count: training.count, validationCount: validationCount)
    }
    return MNIST(
      train: training.dataSet(validationCount..<training.count, oneHot: oneHot, seed: seed),
      validation: training.dataSet(0..<validationCount, oneHot: oneHot, seed: seed),
      test: test.dataSet(0..<test.count, oneHot: oneHot, seed: seed))
  }

  /// Draws digits to train on where the real ones are not at hand.
  ///
  /// They are pen strokes distorted by chance: a linear classifier stays well behind a recurrent
  /// network on them, as on the real ones. The same seed gives the same digits, and more of them
  /// begin with the same ones.
  ///
  /// - Parameters:
  ///   - oneHot: labels as float32 `[count, 10]`; if false, classes as int64 `[count]`.
  ///   - seed: decides the digits, and the order in which batches are drawn.
  ///   - trainCount: how many examples to train on.
  ///   - validationCount: how many examples to choose settings by.
  ///   - testCount: how many examples to measure with.
  public static func synthetic(
    oneHot: Bool = true, seed: UInt64 = 1, trainCount: Int = 10_000,
    validationCount: Int = 1_000, testCount: Int = 2_000
  ) -> MNIST {
    func draw(_ count: Int, _ subset: SyntheticDigits.Subset) -> DataSet {
      precondition(count >= 0, "\(count) digits were asked for")
      let (pixels, classes) = SyntheticDigits.draw(count, of: subset, seed: seed)
      return DataSet(pixels: pixels, classes: classes, oneHot: oneHot, seed: seed)
    }
    return MNIST(
      train: draw(trainCount, .train), validation: draw(validationCount, .validation),
      test: draw(testCount, .test))
  }

  /// Reads the MNIST files in `directory`, or draws synthetic digits if it has none of them.
  ///
  /// - Parameters:
  ///   - directory: the directory with the files; it need not exist.
  ///   - oneHot: labels as float32 `[count, 10]`; if false, classes as int64 `[count]`.
  ///   - seed: decides the order in which batches are drawn, and synthetic digits.
  /// - Returns: the digits, and whether they are synthetic.
  /// - Throws: `MNISTError` if a file is damaged, or if some but not all of them are there.
  public static func loadOrSynthesize(
    from directory: String, oneHot: Bool = true, seed: UInt64 = 1
  ) throws -> (mnist: MNIST, isSynthetic: Bool) {
    guard MNISTFile.allCases.contains(where: { $0.path(in: directory) != nil }) else {
      return (synthetic(oneHot: oneHot, seed: seed), true)
    }
    return (try load(from: directory, oneHot: oneHot, seed: seed), false)
  }
}

/// One of the four files.
private enum MNISTFile: String, CaseIterable {
  case trainingImages = "train-images"
  case trainingLabels = "train-labels"
  case testImages = "t10k-images"
  case testLabels = "t10k-labels"

  var contents: IDXFile.Contents {
    switch self {
    case .trainingImages, .testImages:
      .images(rows: DigitCanvas.side, columns: DigitCanvas.side)
    case .trainingLabels, .testLabels: .labels
    }
  }

  var role: String {
    switch self {
    case .trainingImages: "training images"
    case .trainingLabels: "training labels"
    case .testImages: "test images"
    case .testLabels: "test labels"
    }
  }

  var names: [String] {
    let suffix = contents == .labels ? "idx1-ubyte" : "idx3-ubyte"
    return ["\(rawValue)-\(suffix)", "\(rawValue).\(suffix)"].flatMap { [$0, $0 + ".gz"] }
  }

  func path(in directory: String) -> String? {
    names.lazy.map { directory + "/" + $0 }.first(where: FileManager.default.fileExists)
  }

  func read(in directory: String) throws -> IDXFile {
    guard let path = path(in: directory) else {
      throw MNISTError.missingFile(role: role, directory: directory, lookedFor: names)
    }
    return try IDXFile(path: path, expecting: contents)
  }
}

/// The contents of an image file and of the label file that belongs to it.
private struct LabelledImages {
  private let images: IDXFile
  private let labels: IDXFile

  var path: String { images.path }
  var count: Int { images.count }

  init(_ imageFile: MNISTFile, _ labelFile: MNISTFile, in directory: String) throws {
    images = try imageFile.read(in: directory)
    labels = try labelFile.read(in: directory)
    guard images.count == labels.count else {
      throw MNISTError.countMismatch(
        imagesPath: images.path, images: images.count,
        labelsPath: labels.path, labels: labels.count)
    }
    if let index = labels.bytes.firstIndex(where: { $0 >= DataSet.classCount }) {
      throw MNISTError.labelOutOfRange(
        path: labels.path, index: index, label: Int(labels.bytes[index]))
    }
  }

  func dataSet(_ range: Range<Int>, oneHot: Bool, seed: UInt64) -> DataSet {
    let width = DataSet.pixelsPerImage
    return DataSet(
      pixels: Array(images.bytes[range.lowerBound * width..<range.upperBound * width]),
      classes: Array(labels.bytes[range]), oneHot: oneHot, seed: seed)
  }
}
