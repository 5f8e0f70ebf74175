/// Chooses one of `count` places in turn.
///
/// The plain rotation that RFC 1794 describes for DNS and every balancer has: the cursor moves one
/// step a choice, so each place gets the same number of them, give or take one. Over the places of
/// a `WeightedSequence` it is weighted round robin.
package struct RoundRobin: BitwiseCopyable, Sendable {
    @usableFromInline
    package var cursor: UInt32

    /// - Parameter start: where the rotation begins. Workers begin at different places, so that
    ///   they do not all send their first request to the same backend.
    package init(start: UInt32 = 0) {
        cursor = start
    }

    /// The next place; nil when `count` is 0.
    @inlinable
    package mutating func next(of count: Int) -> Int? {
        guard count > 0 else { return nil }
        var place = Int(cursor)
        // A division only after the pool has shrunk: it would be most of what a choice costs.
        if place >= count { place %= count }
        cursor = UInt32(truncatingIfNeeded: place + 1 == count ? 0 : place + 1)
        return place
    }
}
