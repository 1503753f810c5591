import JacquardArrays
import JacquardData
import Testing

@Suite("Synthetic digits")
struct SyntheticDigitsTests {
  private func digits(
    seed: UInt64 = 1, train: Int = 0, validation: Int = 0, test: Int = 0
  ) -> MNIST {
    MNIST.synthetic(
      oneHot: false, seed: seed, trainCount: train, validationCount: validation, testCount: test)
  }

  @Test func countsAndShapes() {
    let mnist = MNIST.synthetic(trainCount: 5, validationCount: 3, testCount: 2)
    #expect(mnist.train.images.shape == [5, 784])
    #expect(mnist.train.labels.shape == [5, 10])
    #expect(mnist.validation.count == 3)
    #expect(mnist.test.count == 2)
  }

  @Test func allClassesAreAboutEquallyFrequent() {
    let labels = digits(train: 1_000).train.labels.elements(as: Int64.self)
    for digit in 0..<10 {
      let frequency = labels.count { $0 == digit }
      // 100 expected, standard deviation 9.5.
      #expect((60...140).contains(frequency), "class \(digit)")
    }
  }

  @Test func pixelsAreInkOnAnEmptyGround() {
    let pixels = digits(train: 200).train.images.elements(as: Float.self)
    #expect(pixels.allSatisfy { (0...1).contains($0) })
    for image in 0..<200 {
      let inked = pixels[image * 784..<(image + 1) * 784].count { $0 > 0.5 }
      #expect((15...350).contains(inked), "image \(image)")
    }
  }

  @Test func digitsOfAClassDiffer() {
    let train = digits(train: 200).train
    let pixels = train.images.elements(as: Float.self)
    let images = (0..<200).map { Array(pixels[$0 * 784..<($0 + 1) * 784]) }
    #expect(Set(images).count == 200)
  }

  /// Classifying by the most similar mean image must do far better than guessing.
  @Test func labelsMatchTheShapes() {
    let mnist = digits(train: 1_000, test: 200)
    let training = rows(mnist.train)
    var means = [[Float]](repeating: .init(repeating: 0, count: 784), count: 10)
    for digit in 0..<10 {
      let members = training.filter { $0.label == digit }
      for member in members {
        for pixel in 0..<784 { means[digit][pixel] += member.pixels[pixel] }
      }
      let length = means[digit].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for pixel in 0..<784 { means[digit][pixel] /= length }
    }
    let correct = rows(mnist.test).count { row in
      let scores = means.map { mean in zip(mean, row.pixels).reduce(0) { $0 + $1.0 * $1.1 } }
      return scores.firstIndex(of: scores.max()!) == row.label
    }
    #expect(correct > 80, "a guess would get 20 of 200")
  }

  private func rows(_ data: DataSet) -> [(label: Int, pixels: [Float])] {
    let pixels = data.images.elements(as: Float.self)
    let labels = data.labels.elements(as: Int64.self)
    return labels.indices.map { (Int(labels[$0]), Array(pixels[$0 * 784..<($0 + 1) * 784])) }
  }

  @Test func seedDecidesTheDigits() {
    let first = digits(train: 50).train
    let again = digits(train: 50).train
    let other = digits(seed: 2, train: 50).train
    #expect(first.images == again.images)
    #expect(first.labels == again.labels)
    #expect(first.images != other.images)
  }

  @Test func moreDigitsBeginWithTheSameOnes() {
    let few = digits(train: 20).train.images.elements(as: Float.self)
    let many = digits(train: 40).train.images.elements(as: Float.self)
    #expect(few == Array(many.prefix(few.count)))
  }

  @Test func subsetsHaveNoDigitInCommon() {
    let mnist = digits(train: 50, validation: 50, test: 50)
    #expect(mnist.train.images != mnist.validation.images)
    #expect(mnist.train.images != mnist.test.images)
    #expect(mnist.validation.images != mnist.test.images)
  }
}
