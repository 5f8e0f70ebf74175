import Primitives

/// Whether a node knows what the others know.
package enum Readiness: Hashable, Sendable {
    /// It is still learning.
    case syncing
    /// Two others, or all there are, had the same view as this node.
    case synced
    /// It did not get there in time and goes on with what it has.
    case timedOut
}

/// How a new node finds out that it is ready: it asks a few members again and again until two of
/// them have the very view that it has.
struct ReadinessWatch: Hashable, Sendable {
    /// How many must have the same view, if there are as many.
    static let peersWanted = 2
    static let askInterval: Duration = .milliseconds(100)

    private(set) var readiness = Readiness.syncing
    private(set) var deadline: Instant
    private(set) var nextAsk: Instant
    private var peers: Set<UInt64> = []

    init(now: Instant, timeout: Duration) {
        deadline = now + timeout
        nextAsk = now
    }

    /// A node that has nobody to learn from.
    mutating func skip() { readiness = .synced }

    /// A peer has the same view. The answer says whether that settled it.
    mutating func noteParity(with peer: UInt64, of others: Int) -> Bool {
        guard readiness != .synced else { return false }
        peers.insert(peer)
        guard peers.count >= min(Self.peersWanted, max(others, 1)) else { return false }
        readiness = .synced
        return true
    }

    /// When something is due, while it lasts.
    var nextDeadline: Instant? { readiness == .syncing ? min(deadline, nextAsk) : nil }

    /// Whether members are to be asked now.
    mutating func asks(at now: Instant) -> Bool {
        guard readiness == .syncing, now >= nextAsk else { return false }
        nextAsk = now + Self.askInterval
        return true
    }

    /// Whether the time is over just now.
    mutating func expires(at now: Instant) -> Bool {
        guard readiness == .syncing, now >= deadline else { return false }
        readiness = .timedOut
        return true
    }
}
