extension Sequence<String> {
  /// The one most like `name`, unless all are unlike it: fewer than half of the letters may have to be changed.
  func nearest(to name: String) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in self {
      let distance = editDistance(candidate.lowercased(), name.lowercased())
      if distance * 2 < Swift.max(name.count, 2), distance < best?.distance ?? .max {
        best = (candidate, distance)
      }
    }
    return best?.name
  }
}

/// How many letters have to be put in, taken out or replaced to make one of the other (Levenshtein).
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
  var row = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
