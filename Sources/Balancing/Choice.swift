/// Chooses one of `count` backends that take traffic, in turn.
///
/// The plain rotation that RFC 1794 describes for DNS and every balancer has: the cursor moves one
/// step a choice, so each backend gets the same number of them, give or take one.
package struct RoundRobin: BitwiseCopyable, Sendable {
    private var cursor: UInt32

    /// - Parameter start: where the rotation begins. Workers begin at different places, so that
    ///   they do not all send their first request to the same backend.
    package init(start: UInt32 = 0) {
        cursor = start
    }

    /// The position of the next backend; nil when `count` is 0.
    package mutating func next(of count: Int) -> Int? {
        guard count > 0 else { return nil }
        let position = Int(cursor) % count
        cursor = position + 1 == count ? 0 : UInt32(position + 1)
        return position
    }
}

/// Chooses the backend with the fewest open connections.
///
/// The scan begins one further at each choice, so that among equals the turn passes on: with equal
/// loads this is a round robin (HAProxy's `leastconn` and nginx's `least_conn` do the same).
package struct LeastConnections: BitwiseCopyable, Sendable {
    private var rotation: RoundRobin

    /// - Parameter start: where the first scan begins.
    package init(start: UInt32 = 0) {
        rotation = RoundRobin(start: start)
    }

    /// The position with the smallest load; nil when `count` is 0.
    ///
    /// - Parameter load: how many connections are open to the backend at a position, over all
    ///   workers and nodes.
    @inlinable
    package mutating func next(of count: Int, load: (Int) -> UInt64) -> Int? {
        guard let start = turn(of: count) else { return nil }
        var best = start
        var least = load(start)
        var position = start
        for _ in 1..<max(count, 1) {
            position = position + 1 == count ? 0 : position + 1
            let candidate = load(position)
            if candidate < least {
                best = position
                least = candidate
            }
        }
        return best
    }

    @usableFromInline
    package mutating func turn(of count: Int) -> Int? {
        rotation.next(of: count)
    }
}
