import Primitives

/// A set of versions, kept as the fewest ranges; what a node has seen of a life is nearly always
/// the one range from 1 to the newest.
struct VersionRanges: Hashable, Sendable {
    /// In order, with at least one version missing between two neighbours.
    private(set) var ranges: [ClosedRange<UInt64>] = []
    /// How many versions are in the set.
    private(set) var count: UInt64 = 0
    /// Stands for the set: the sum of the hashes of its ranges.
    private(set) var hash: UInt64 = 0

    func contains(_ version: UInt64) -> Bool {
        let index = position(of: version)
        return index < ranges.count && ranges[index].contains(version)
    }

    /// Adds a version, unless there would be more than `limit` ranges; the answer says whether it
    /// is in the set now.
    mutating func insert(_ version: UInt64, limit: Int) -> Bool {
        let index = position(of: version == 0 ? 0 : version - 1)
        let touches = index < ranges.count && ranges[index].lowerBound <= version &+ 1
        guard touches || ranges.count < limit else { return false }
        formUnion(version...version)
        return true
    }

    /// Adds all versions of `others`, unless there would be more than `limit` ranges.
    mutating func formUnion(_ others: [ClosedRange<UInt64>], limit: Int) -> Bool {
        var next = self
        for range in others { next.formUnion(range) }
        guard next.ranges.count <= max(limit, ranges.count) else { return false }
        self = next
        return true
    }

    private mutating func formUnion(_ range: ClosedRange<UInt64>) {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        // Ranges that touch the new one become one with it.
        let start = position(of: lower == 0 ? 0 : lower - 1)
        var end = start
        while end < ranges.count, ranges[end].lowerBound <= upper &+ 1 {
            lower = min(lower, ranges[end].lowerBound)
            upper = max(upper, ranges[end].upperBound)
            count -= Self.length(ranges[end])
            hash &-= Self.hash(ranges[end])
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(lower...upper))
        count += Self.length(lower...upper)
        hash &+= Self.hash(lower...upper)
    }

    /// The first range that ends at or after `version`.
    private func position(of version: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < version { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func length(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.upperBound - range.lowerBound + 1
    }

    private static func hash(_ range: ClosedRange<UInt64>) -> UInt64 {
        var hash = StableHash()
        hash.combine(range.lowerBound)
        hash.combine(range.upperBound)
        return hash.value
    }
}
