package import Primitives

/// How much of a pool passive checks may eject, over all nodes: a fault that all backends have, or
/// one of the balancers themselves, must not empty it.
///
/// At least one backend may go if there are two, and one always stays.
package struct EjectionCap: Hashable, Sendable {
    /// In percent of the pool's backends, `0...100`.
    package let share: Int

    package init(share: Int) {
        precondition((0...100).contains(share))
        self.share = share
    }

    /// How many backends of a pool of `count` may be ejected at a time. None if `share` is 0.
    package func limit(of count: Int) -> Int {
        guard share > 0, count > 1 else { return 0 }
        return min(max(count * share / 100, 1), count - 1)
    }

    /// Whether a node may eject `backend` now.
    ///
    /// - Parameters:
    ///   - pool: all backends of the pool.
    ///   - ejected: those of them that some node of the cluster has ejected, this one included.
    ///     Another node's ejection of the same backend costs nothing more.
    ///   - down: those that are down by their verdict, for whatever reason. The last one that is
    ///     left is never ejected.
    package func admits(
        _ backend: SocketAddress, of pool: Set<SocketAddress>, ejected: Set<SocketAddress>,
        down: Set<SocketAddress>
    ) -> Bool {
        let out = ejected.intersection(pool).union([backend])
        guard out.count <= limit(of: pool.count) else { return false }
        return !pool.subtracting(out).subtracting(down).isEmpty
    }
}
