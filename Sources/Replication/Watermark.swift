/// What one node says of one life: "I have heard of all these operations, and those of them that
/// are live have this sum". Whoever has the same sum there has the same live operations, so all
/// the others are superseded or removed, and their number is enough to remember them.
///
/// This is the causal watermark: it replaces a tombstone for each removal, needs no time and no
/// list of members, and can be checked by any node at any time on its own.
package struct Watermark: Hashable, Sendable {
    /// The most ranges in one watermark, so that it fits any datagram with others.
    package static let rangeLimit = 32

    package let life: Life
    /// The versions that the sender has heard of, or a part of them: in order, disjoint.
    package let seen: [ClosedRange<UInt64>]
    /// The sum of the fingerprints of those that are live.
    package let live: UInt64

    package init(life: Life, seen: [ClosedRange<UInt64>], live: UInt64) {
        self.life = life
        self.seen = seen
        self.live = live
    }

    /// Whether its ranges are such as this release writes.
    package var isWellFormed: Bool {
        var next: UInt64 = 1
        for range in seen {
            guard range.lowerBound >= next, range.upperBound <= Record.versionMax else {
                return false
            }
            next = range.upperBound + 2
        }
        return (1...Self.rangeLimit).contains(seen.count)
    }
}
