/// The one of `names` that `text` was most likely meant to be, or nil if none is close.
///
/// Distance is optimal string alignment (Damerau-Levenshtein without repeated edits): insertions,
/// deletions, substitutions and swaps of neighbours, letter case ignored. Close is at most a third
/// of the longer one, and at least one edit. Of several equally near names the first is taken.
func nearest(to text: String, among names: some Sequence<String>) -> String? {
    let typed = Array(text.lowercased().unicodeScalars.prefix(nameMax))
    var best: (name: String, distance: Int)?
    for name in names {
        let known = Array(name.lowercased().unicodeScalars.prefix(nameMax))
        let close = max(1, max(typed.count, known.count) / 3)
        guard abs(typed.count - known.count) <= close else { continue }
        let distance = alignmentDistance(typed, known)
        if distance <= close, distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
}

/// No name is longer, and of a longer text the beginning is enough.
private let nameMax = 128

/// How many edits make `left` into `right`.
func alignmentDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                edits = min(edits, beforeLast[j - 1] + 1)
            }
            row.append(edits)
        }
        (beforeLast, last) = (last, row)
    }
    return last[right.count]
}
