/// The HTTP status codes that count as a success, written `200`, `200-299` or `200-299,304`.
///
/// The ranges are kept sorted and merged, so `200,201` and `200-201` are the same value.
package struct SuccessCodes: Hashable, Sendable {
    /// The codes that HTTP can give: RFC 9110 section 15 has five classes of a hundred codes.
    package static let codes: ClosedRange<UInt16> = 100...599
    /// How many ranges a text may list.
    package static let rangesMax = 16

    package static let ok = SuccessCodes([200...200])

    /// Sorted, disjoint and not touching each other; empty only if it was made so.
    package let ranges: [ClosedRange<UInt16>]

    package init(_ ranges: [ClosedRange<UInt16>]) {
        var merged: [ClosedRange<UInt16>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// The codes that `text` lists, or nil when it is no such list: a number is out of `codes`,
    /// a range runs backwards, or there are more than `rangesMax`.
    package init?(_ text: String) {
        var ranges: [ClosedRange<UInt16>] = []
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        guard items.count <= Self.rangesMax else { return nil }
        for item in items {
            let ends = item.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = Self.code(ends[0]),
                let last = Self.code(ends[ends.count - 1]), first <= last
            else { return nil }
            ranges.append(first...last)
        }
        self.init(ranges)
    }

    package func contains(_ code: UInt16) -> Bool {
        ranges.contains { $0.contains(code) }
    }

    /// The code that `text` spells with three digits, spaces around it allowed.
    private static func code(_ text: Substring) -> UInt16? {
        let words = text.split(separator: " ")
        guard words.count == 1, words[0].utf8.count == 3,
            words[0].utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let code = UInt16(words[0]), codes.contains(code)
        else { return nil }
        return code
    }
}

extension SuccessCodes: CustomStringConvertible {
    package var description: String {
        ranges.map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }.joined(separator: ",")
    }
}
