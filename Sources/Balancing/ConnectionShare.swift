/// What a node tells the others about its connections to a backend that has a cluster-wide maximum.
package struct ConnectionClaim: BitwiseCopyable, Hashable, Sendable {
    /// Connections that are open now, of all workers.
    package var open: UInt32
    /// How many the node may open; it never has more than it told the others.
    package var limit: UInt32
    /// How many more it needs; 0 for none. A node that has not told this does not take any.
    package var wanted: UInt32
    /// Who asked first: where what is free does not divide, the smaller number comes first. 0 for
    /// a node that wants nothing.
    package var ticket: UInt32

    package init(open: UInt32, limit: UInt32, wanted: UInt32, ticket: UInt32) {
        self.open = open
        self.limit = limit
        self.wanted = wanted
        self.ticket = ticket
    }

    /// What the node takes away from the maximum: a lowered limit counts when the connections
    /// above it have closed.
    var held: Int { Int(max(open, limit)) }
}

/// How many connections this node may have to one backend, so that all nodes together keep to the
/// backend's maximum.
///
/// Counting the others' open connections does not do: between two gauges every node could fill what
/// all of them saw free. So nodes claim before they open, as in the escrow method (O'Neil, "The
/// escrow transactional method", 1986): the claims of all nodes never add up to more than the
/// maximum, and a node opens only what it has claimed. Each node changes its claim only in its own
/// round, once a gauge period, and sends it at once:
///
/// - **At rest**, what is free is divided among all nodes, so that each has room for a burst.
/// - **A node that runs short** says how many it wants. In its next round it takes its part of what
///   is free, divided among the nodes that said so; what is left over goes to those who asked
///   first, by numbers drawn as in a bakery (Lamport, "A new solution of Dijkstra's concurrent
///   programming problem", 1974). All of them see the same wishes, because nobody takes before its
///   wish is a round old; so the parts add up to no more than is free.
/// - **The others** give up what they do not use, but for a small reserve. One that holds more than
///   its fair share, while one that holds less wants more, lowers its limit by and by, below what is
///   open if need be, and wants nothing itself until that is paid back: nobody starves, however
///   small the maximum is.
///
/// **Assumed** is that a claim arrives within half a round. A claim that is older than two rounds
/// is not `isFresh`: then nothing is taken. A cluster split in two divides the maximum in each half.
package struct ConnectionShare: BitwiseCopyable, Sendable {
    /// Another node, as far as this one knows.
    package struct Peer: BitwiseCopyable, Sendable {
        package var claim: ConnectionClaim
        /// Whether the claim was heard, or confirmed, at most two rounds ago.
        package var isFresh: Bool
        /// Orders nodes that drew the same number: a stable hash of node and backend.
        package var rank: UInt64

        package init(claim: ConnectionClaim, isFresh: Bool, rank: UInt64) {
            self.claim = claim
            self.isFresh = isFresh
            self.rank = rank
        }
    }

    /// For how many rounds after paying back a node leaves it to the others to take.
    private static let pause: UInt8 = 3

    /// How many connections this node's workers may have open, all together.
    package private(set) var limit: UInt32
    private var wanted: UInt32 = 0
    private var ticket: UInt32 = 0
    private var lastOpen = UInt32.max
    private var pausing: UInt8 = 0

    /// - Parameter limit: what was claimed before control restarted; 0 for a new node.
    package init(limit: UInt32 = 0) {
        self.limit = limit
    }

    /// One round: lowers or raises the limit and returns the claim to send at once.
    ///
    /// - Parameters:
    ///   - maximum: the backend's, for the whole cluster.
    ///   - open: connections open now, of all workers.
    ///   - waiting: requests that wait for a connection, or were refused one since the last round.
    ///   - rank: this node's, as in `Peer`.
    ///   - peers: the other living nodes. One whose claim is not known yet is not fresh.
    package mutating func round(
        maximum: UInt32, open: UInt32, waiting: UInt32, rank: UInt64, peers: [Peer]
    ) -> ConnectionClaim {
        let view = View(
            maximum: maximum, open: open, limit: limit, ticket: ticket, rank: rank, peers: peers)
        let growth = open > lastOpen ? open - lastOpen : 0
        lastOpen = open
        // What opens in a round opens again in the next one, and the wish takes another to be met.
        let needed = Int(open) + Int(waiting) + 2 * Int(growth)
        if view.free < 0 {
            lower(to: Int(limit) + view.free, open: open)
        } else if view.isPressed {
            yield(view, open: open)
        } else if wanted == 0, view.othersWant == 0, needed <= Int(limit) {
            rest(view, open: open)
        }
        if wanted > 0, pausing == 0, needed > Int(limit) {
            limit += UInt32(min(needed - Int(limit), view.part))
        }
        if pausing > 0, open <= limit { pausing -= 1 }
        let missing = pausing > 0 ? 0 : min(needed, Int(maximum)) - Int(limit)
        return claim(open: open, wanted: UInt32(clamping: missing), after: view.lastTicket)
    }

    private mutating func claim(
        open: UInt32, wanted: UInt32, after lastTicket: UInt32
    ) -> ConnectionClaim {
        self.wanted = wanted
        if wanted == 0 {
            ticket = 0
        } else if ticket == 0 {
            ticket = lastTicket == .max ? .max : lastTicket + 1
        }
        return ConnectionClaim(open: open, limit: limit, wanted: wanted, ticket: ticket)
    }

    private mutating func lower(to target: Int, open: UInt32) {
        limit = min(limit, max(open, UInt32(max(target, 0))))
    }

    /// Others want more than is free.
    private mutating func yield(_ view: View, open: UInt32) {
        lower(to: Int(open) + view.reserve, open: open)
        guard Int(limit) > view.fairLimit, view.isOvertaken(limit) else { return }
        limit -= UInt32(max(1, (Int(limit) - view.fairLimit) / 4))
        pausing = Self.pause
    }

    /// Nobody wants anything: each comes to hold its part of what is not open.
    private mutating func rest(_ view: View, open: UInt32) {
        let spare = Int(limit) - Int(open)
        if spare > view.fairSpare + 1 {
            lower(to: Int(open) + view.fairSpare + 1, open: open)
        } else {
            limit += UInt32(max(0, min(view.fairSpare - spare, view.portion)))
            // What does not divide goes, one a round, to the node that has least.
            if view.portion == 0, view.isPoorest { limit += 1 }
        }
    }
}

/// What a node sees in its round.
private struct View {
    let maximum: Int
    let nodes: Int
    /// What nobody holds; negative when too much is held.
    private(set) var free: Int
    /// What no node has open.
    private var unopened: Int
    private(set) var othersWant = 0
    private var isFresh = true
    /// The nodes that want more, this one included, and how many of them come first.
    private var wanting: Int
    private var before = 0
    /// The largest number that a peer has drawn and not used yet.
    private(set) var lastTicket: UInt32 = 0
    /// The smallest limit of a peer that wants more.
    private var smallestWanting = UInt32.max
    /// Whether every peer has a larger limit, or an equal one and a larger rank.
    private var hasLeast = true

    init(
        maximum: UInt32, open: UInt32, limit: UInt32, ticket: UInt32, rank: UInt64,
        peers: [ConnectionShare.Peer]
    ) {
        self.maximum = Int(maximum)
        nodes = peers.count + 1
        free = Int(maximum) - Int(max(open, limit))
        unopened = Int(maximum) - Int(open)
        wanting = ticket > 0 ? 1 : 0
        for peer in peers {
            free -= peer.claim.held
            unopened -= Int(peer.claim.open)
            isFresh = isFresh && peer.isFresh
            if (peer.claim.limit, peer.rank) < (limit, rank) { hasLeast = false }
            guard peer.claim.wanted > 0 else { continue }
            othersWant += Int(peer.claim.wanted)
            wanting += 1
            if (peer.claim.ticket, peer.rank) < (ticket, rank) { before += 1 }
            lastTicket = max(lastTicket, peer.claim.ticket)
            smallestWanting = min(smallestWanting, peer.claim.limit)
        }
    }

    var isPressed: Bool { othersWant > max(free, 0) }

    /// What an idle node keeps, so that its next connection need not wait: all together at most
    /// a sixteenth of the maximum.
    var reserve: Int { maximum / (16 * nodes) }

    var fairLimit: Int { maximum / nodes }

    var fairSpare: Int { max(0, unopened) / nodes }

    /// This node's part of what is free, if it is among those that want some.
    var part: Int {
        guard isFresh, free > 0, wanting > 0 else { return 0 }
        return free / wanting + (before < free % wanting ? 1 : 0)
    }

    /// The same if all nodes take one.
    var portion: Int { isFresh ? max(free, 0) / nodes : 0 }

    /// Whether what is free, if anything, is first of all for this node.
    var isPoorest: Bool { isFresh && free > 0 && hasLeast }

    /// Whether a peer that wants more has less than `limit`, and not just the odd one.
    func isOvertaken(_ limit: UInt32) -> Bool {
        smallestWanting < limit && (limit - smallestWanting > 1 || smallestWanting == 0)
    }
}
