/// What a choice by load compares of a backend.
package struct BackendLoad: BitwiseCopyable, Sendable {
    /// Open connections (or requests in flight), of all workers and nodes; 2^32 - 1 for more.
    package var connections: UInt32
    /// The share of traffic that the backend is meant to have, against the others'; with slow
    /// start, `SlowStart.weight`. Zero: it takes nothing now, say because it is full.
    package var weight: UInt32

    @inlinable
    package init(connections: UInt64, weight: UInt32 = 1) {
        self.connections = UInt32(clamping: connections)
        self.weight = weight
    }

    /// Whether the next connection is better placed here: after it, this backend has the smaller
    /// load for its weight. One that takes nothing is better than none.
    ///
    /// `(connections + 1) / weight`, compared without a division, is Linux IPVS's `wlc` and
    /// nginx's `least_conn` with the new connection counted in, so that a heavy idle backend wins
    /// over a light idle one.
    @inlinable
    package func isBetter(than other: BackendLoad) -> Bool {
        (UInt64(connections) &+ 1) &* UInt64(other.weight)
            < (UInt64(other.connections) &+ 1) &* UInt64(weight)
    }

    /// Whether this backend has the smaller load for its weight now. Where both were drawn by
    /// weight, the weight has had its say about idle ones.
    @inlinable
    package func isLighter(than other: BackendLoad) -> Bool {
        guard weight > 0, other.weight > 0 else { return weight > 0 && other.weight == 0 }
        return UInt64(connections) &* UInt64(other.weight) < UInt64(other.connections)
            &* UInt64(weight)
    }
}
