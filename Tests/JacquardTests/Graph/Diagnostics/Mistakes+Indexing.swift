import JacquardArrays

@testable import Jacquard

extension Mistake {
  /// Slices, gathers, scatters, sequences and losses.
  static let indexing: [Mistake] = [
    Mistake("slice, range", "4..<6", "length 3") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).slice(axis: 0, range: 4..<6))
    },
    Mistake("slice, axis", "no axis 2", "[3, 2]") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).slice(axis: 2, range: 0..<1))
    },
    Mistake("slice, bounds for another rank", "bounds for 1 axes", "[3, 2]") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).sliced(from: [0], sizes: [1]))
    },
    Mistake("slice, start and sizes", "a slice from [0]", "[1, 1]") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).sliced(from: [0], sizes: [1, 1]))
    },
    Mistake("strided slice, counts", "1 begins, 2 ends and 1 strides") { graph in
      line(of: graph.placeholder(.float32, [3, 2]).stridedSlice(begin: [0], end: [1, 1]))
    },
    Mistake("strided slice, stride", "a stride of 0") { graph in
      let x = graph.placeholder(.float32, [3, 2])
      return line(of: x.stridedSlice(begin: [0], end: [1], strides: [0]))
    },
    Mistake("subscript", "3..<4", "axis 0", "[3, 2]") { graph in
      line(of: graph.placeholder(.float32, [3, 2])[3])
    },
    Mistake("subscript of a scalar", "no axis 0", "at least one dimension") { graph in
      line(of: graph.placeholder(.float32, [])[0])
    },
    Mistake("gather, float indices", "Gather", "float32") { graph in
      let a = graph.placeholder(.float32, [3, 2])
      return line(of: a.gathered(at: graph.placeholder(.float32, [2])))
    },
    Mistake("gather along, shapes", "[5, 1]", "[3, 2]", "along axis 1") { graph in
      let a = graph.placeholder(.float32, [3, 2])
      return line(of: a.gathered(at: graph.placeholder(.int32, [5, 1]), along: 1))
    },
    Mistake("scatter, shapes", "[4]", "[3, 2]", "[2, 2]") { graph in
      let a = graph.placeholder(.float32, [3, 2])
      let updates = graph.placeholder(.float32, [4])
      return line(of: scatterAdd(updates, at: graph.placeholder(.int32, [2]), like: a))
    },
    Mistake("scatter, dtypes", "updates are float64", "float32") { graph in
      let a = graph.placeholder(.float32, [3])
      let updates = graph.placeholder(.float64, [2])
      return line(of: a.addingScattered(updates, at: graph.placeholder(.int32, [2])))
    },
    Mistake("replacing rows, shapes", "[2]", "[3, 2]", "give updates of shape [2, 2]") { graph in
      let a = graph.placeholder(.float32, [3, 2])
      let rows = graph.placeholder(.float32, [2])
      return line(of: a.replacingRows(at: graph.placeholder(.int32, [2]), with: rows))
    },
    Mistake("replacing rows, dtypes", "updates are float64", "cast the updates") { graph in
      let a = graph.placeholder(.float32, [3])
      let rows = graph.placeholder(.float64, [2])
      return line(of: a.replacingRows(at: graph.placeholder(.int32, [2]), with: rows))
    },
    Mistake("occurrences of fractions", "elements are float32", "cast them") { graph in
      line(of: graph.placeholder(.float32, [3]).firstOccurrences())
    },
    Mistake("top k of too few", "TopK", "the 4 greatest of 3") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).topK(4).values)
    },
    Mistake("top k, negative", "TopK", "the -1 greatest", "at least 0") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).topK(-1).values)
    },
    Mistake("in top k, shapes", "InTopK", "[2, 3]", "[4]", "[batch, classes]") { graph in
      let predictions = graph.placeholder(.float32, [2, 3])
      return line(of: predictions.inTopK(1, targets: graph.placeholder(.int32, [4])))
    },
    Mistake("in top k, dtype", "InTopK", "floating-point", "int32") { graph in
      let predictions = graph.placeholder(.int32, [2, 3])
      return line(of: predictions.inTopK(1, targets: graph.placeholder(.int32, [2])))
    },
    Mistake("one hot, dtype", "OneHot", "an integer dtype", "float32") { graph in
      line(of: graph.placeholder(.float32, [2]).oneHot(depth: 3))
    },
    Mistake("sequence mask, maximum", "[-1]", "negative") { graph in
      line(of: sequenceMask(graph.placeholder(.int32, [2]), maximum: -1))
    },
    Mistake("reverse, axis", "Reverse", "no axis 2") { graph in
      line(of: graph.placeholder(.float32, [2, 3]).reversed(axes: [2]))
    },
    Mistake("reverse sequence, one axis twice", "both 0") { graph in
      let x = graph.placeholder(.float32, [2, 3])
      return line(of: x.reverseSequence(lengths: graph.placeholder(.int32, [2]), sequenceAxis: -2))
    },
    Mistake("reverse sequence, lengths", "[3]", "a batch of 2 rows") { graph in
      let x = graph.placeholder(.float32, [2, 5])
      return line(of: x.reverseSequence(lengths: graph.placeholder(.int32, [3]), sequenceAxis: 1))
    },
    Mistake("cumulative sum, axis", "CumulativeSum", "no axis 1") { graph in
      line(of: graph.placeholder(.float32, [2]).cumulativeSum(axis: 1))
    },
    Mistake("linear recurrence, shapes", "LinearRecurrence", "[2]", "[3]") { graph in
      let a = graph.placeholder(.float32, [2])
      let b = graph.placeholder(.float32, [3])
      return line(of: linearRecurrence(coefficients: a, values: b, axis: 0))
    },
    Mistake("range, step", "Range", "in steps of 0.0") { graph in
      line(of: graph.range(0, 3, 0))
    },
    Mistake("range, scalars", "Range", "int32[2] is not a scalar") { graph in
      let one = graph.constant(NDArray(Int32(1)))
      return line(of: range(from: one, to: graph.placeholder(.int32, [2]), by: one))
    },
    Mistake("softmax, dtype", "Softmax", "int32", "cast the logits") { graph in
      line(of: softmax(graph.placeholder(.int32, [2, 3])))
    },
    Mistake("softmax, axis", "Softmax", "no axis 2", "-2 to 1") { graph in
      line(of: softmax(graph.placeholder(.float32, [2, 3]), axis: 2))
    },
    Mistake("log softmax of a scalar", "LogSoftmax", "no axis -1", "rank 1 or more") { graph in
      line(of: logSoftmax(graph.placeholder(.float32, [])))
    },
    Mistake("cross entropy, shapes", "[?, 10]", "[?, 9]") { graph in
      let logits = graph.placeholder(.float32, [nil, 10])
      let labels = graph.placeholder(.float32, [nil, 9])
      return line(of: softmaxCrossEntropy(logits: logits, labels: labels))
    },
    Mistake("cross entropy, dtype", "floating-point", "int32", "cast the logits") { graph in
      let logits = graph.placeholder(.int32, [2, 3])
      return line(of: softmaxCrossEntropy(logits: logits, labels: logits))
    },
    Mistake("cross entropy, class numbers", "int32", "sparseSoftmaxCrossEntropy") { graph in
      let logits = graph.placeholder(.float32, [2, 3])
      let labels = graph.placeholder(.int32, [2])
      return line(of: softmaxCrossEntropy(logits: logits, labels: labels))
    },
    Mistake("cross entropy, label dtype", "labels float64", ".float32") { graph in
      let logits = graph.placeholder(.float32, [2, 3])
      let labels = graph.placeholder(.float64, [2, 3])
      return line(of: softmaxCrossEntropy(logits: logits, labels: labels))
    },
    Mistake("cross entropy of scalars", "the logits are scalars", "classes") { graph in
      let logits = graph.placeholder(.float32, [])
      return line(of: softmaxCrossEntropy(logits: logits, labels: logits))
    },
    Mistake("sparse cross entropy, dtype", "SparseSoftmaxCrossEntropy", "logits", "int64") {
      graph in
      let logits = graph.placeholder(.int64, [2, 3])
      let labels = graph.placeholder(.int32, [2])
      return line(of: sparseSoftmaxCrossEntropy(logits: logits, labels: labels))
    },
    Mistake("sparse cross entropy, label dtype", "class numbers", "float32") { graph in
      let logits = graph.placeholder(.float32, [2, 3])
      let labels = graph.placeholder(.float32, [2])
      return line(of: sparseSoftmaxCrossEntropy(logits: logits, labels: labels))
    },
    Mistake("sparse cross entropy, shapes", "[2, 3]", "[4]", "one class number") { graph in
      let logits = graph.placeholder(.float32, [2, 3])
      let labels = graph.placeholder(.int32, [4])
      return line(of: sparseSoftmaxCrossEntropy(logits: logits, labels: labels))
    },
  ]
}
