import JacquardArrays
import Testing

@testable import Jacquard

@Suite("Ops of TensorFlow")
struct OpGoldenTests {
  static let cases = ["ops", "convolution"].flatMap { (try? GoldenFile.load($0).cases) ?? [] }
  static let casesByName = Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0) })

  @Test("the files are read, and what the tests say about it is about cases of them")
  func coverage() throws {
    #expect(Self.cases.count >= 674)
    let ops = Set(Self.cases.compactMap { $0.text("op") })
    #expect(ops == Set(GoldenPrograms.all.keys))
    #expect(GoldenPrograms.exact.isSubset(of: ops))
    for correction in GoldenCorrection.all {
      for dtype in [DType.float32, .float64] {
        let golden = try #require(Self.casesByName["\(correction.name)_\(dtype)"])
        let original = try #require(golden.array(correction.key)).doubles().map(Optional.some)
        var elements = original
        correction.correct(golden, &elements)
        #expect(
          elements.map(\.?.bitPattern) != original.map(\.?.bitPattern), "\(correction.name)")
      }
    }
  }

  @Test("values and gradients", arguments: cases.map(\.name))
  func golden(_ name: String) throws {
    let golden = try #require(Self.casesByName[name])
    let op = try #require(golden.text("op"))
    let program = try #require(GoldenPrograms.all[op], "no program for \(op)")

    let graph = Graph()
    let arrays = golden.series("x")
    let inputs = arrays.map { graph.placeholder($0.dtype, PartialShape(known: $0.shape)) }
    var feeds = Feeds()
    for (input, array) in zip(inputs, arrays) { feeds = feeds.feed(input, array) }
    let outputs = program(golden, inputs)
    let weights = outputs.indices.map { golden.array("dy\($0)") }
    let weighted = outputs.indices.filter { weights[$0] != nil }
    let gradients = graph.gradients(
      of: weighted.map { outputs[$0] }, withRespectTo: inputs,
      gradientsOf: weighted.map { graph.constant(weights[$0]!) })
    try graph.validate()

    var fetches = outputs.enumerated().map { ("y\($0.offset)", $0.element) }
    for (index, gradient) in gradients.enumerated() {
      let isConnected = golden.arrays["dx\(index)"] != nil
      #expect((gradient != nil) == isConnected, "dx\(index) should be connected: \(isConnected)")
      if let gradient { fetches.append(("dx\(index)", gradient)) }
    }
    #expect(golden.arrays["y\(outputs.count)"] == nil, "a result is missing")

    let values: [NDArray] = try Session(graph).run(fetches.map(\.1), feeding: feeds)
    for ((key, _), value) in zip(fetches, values) {
      guard let expected = golden.array(key) else {
        #expect(key.hasPrefix("d"), "\(key) is not a result of TensorFlow's")
        continue
      }
      var elements = expected.doubles().map(Optional.some)
      GoldenCorrection.of(golden, key)?.correct(golden, &elements)
      let isExact = key.hasPrefix("y") && GoldenPrograms.exact.contains(op)
      #expect(value.dtype == expected.dtype, "\(key)")
      #expect(value.shape == expected.shape, "\(key)")
      #expect(mismatches(value, elements, isExact: isExact) == [], "\(key)")
    }
  }
}

/// Which elements are not the expected ones. NaN, infinities and what is not floating-point have to be the same.
private func mismatches(_ actual: NDArray, _ expected: [Double?], isExact: Bool) -> [String] {
  let tolerance =
    switch actual.dtype {
    case .float32 where !isExact: 5e-6
    case .float64 where !isExact: 1e-12
    default: 0.0
    }
  return zip(actual.doubles(), expected).enumerated().compactMap { index, pair in
    let (a, expected) = pair
    guard let e = expected, a != e, !(a.isNaN && e.isNaN) else { return nil }
    if e.isFinite && abs(a - e) <= tolerance * (1 + abs(e)) { return nil }
    return "element \(index) is \(a), not \(e)"
  }
}
