/// Anti-entropy: two nodes find what one has and the other lacks.
///
/// The method is range-based set reconciliation (Meyer, "Range-Based Set Reconciliation and
/// Authenticated Set Representations", 2022). A node describes a range of ids by the sum of the
/// fingerprints in it, or, when it has few entries there, by listing them. Equal sums are done;
/// unequal ones are described more finely by the other side; a list is answered by the items
/// themselves and by what is wanted in return. So the bytes follow the difference, each step fits
/// datagrams, no step needs memory of the one before, and every exchange ends after about
/// log16(n / 32) + 2 steps.
package enum Reconciliation {
    /// A range with at most so many entries is listed; such a list fits any datagram.
    package static let listLimit = 32
    /// Into how many ranges a longer one is divided.
    static let fanOut = 16

    /// What a node answers to the other's ranges.
    package struct Answer: Hashable, Sendable {
        /// Finer descriptions of the ranges that differ.
        package var ranges: [DigestRange] = []
        /// Ids whose items the other side should get.
        package var offers: [UInt64] = []
        /// Ids whose items we should get.
        package var wants: [UInt64] = []
    }

    /// Describes everything that a node has. `own` must be sorted by id.
    package static func opening(_ own: [DigestEntry]) -> [DigestRange] {
        describe(own[...], lower: .min, upper: .max)
    }

    /// Compares the other's ranges with `own`, sorted by id.
    ///
    /// `version` looks up what we know besides, without listing it (removals, members that left):
    /// an item listed by the other that we know better is offered, not wanted.
    package static func answer(
        to ranges: [DigestRange], own: [DigestEntry], version: (UInt64) -> DigestVersion?
    ) -> Answer {
        var answer = Answer()
        for range in ranges where range.lower <= range.upper {
            let part = own[position(of: range.lower, in: own)...].prefix { $0.id <= range.upper }
            switch range.content {
            case .fingerprint(let sum):
                guard sum != part.reduce(0, { $0 &+ $1.fingerprint }) else { continue }
                answer.ranges += describe(part, lower: range.lower, upper: range.upper)
            case .entries(let theirs):
                compare(part, with: theirs, version: version, answer: &answer)
            }
        }
        return answer
    }

    private static func compare(
        _ own: ArraySlice<DigestEntry>, with theirs: [DigestEntry],
        version: (UInt64) -> DigestVersion?, answer: inout Answer
    ) {
        var rest = own
        for entry in theirs {
            while let first = rest.first, first.id < entry.id {
                answer.offers.append(first.id)
                rest.removeFirst()
            }
            if rest.first?.id == entry.id { rest.removeFirst() }
            guard let known = version(entry.id) else {
                answer.wants.append(entry.id)
                continue
            }
            if known > entry.version { answer.offers.append(entry.id) }
            if known < entry.version { answer.wants.append(entry.id) }
        }
        answer.offers += rest.map(\.id)
    }

    private static func describe(
        _ own: ArraySlice<DigestEntry>, lower: UInt64, upper: UInt64
    ) -> [DigestRange] {
        guard own.count > listLimit else {
            return [DigestRange(lower: lower, upper: upper, content: .entries(Array(own)))]
        }
        var ranges: [DigestRange] = []
        var start = lower
        for part in 1...fanOut {
            let from = own.startIndex + own.count * (part - 1) / fanOut
            let until = own.startIndex + own.count * part / fanOut
            let end = part == fanOut ? upper : own[until].id &- 1
            let sum = own[from..<until].reduce(0) { $0 &+ $1.fingerprint }
            ranges.append(DigestRange(lower: start, upper: end, content: .fingerprint(sum)))
            start = end &+ 1
        }
        return ranges
    }

    /// The first entry whose id is at least `id`.
    private static func position(of id: UInt64, in entries: [DigestEntry]) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
