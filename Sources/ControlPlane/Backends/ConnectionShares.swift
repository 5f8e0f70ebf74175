import Balancing
import Gossip
import Membership
import Primitives
import Wire

/// This node's share of the connections of every backend that has a cluster-wide most: pure.
struct ConnectionShares {
    /// A backend that is limited, as this node has it now.
    struct Demand {
        let backend: UInt64
        let maximum: UInt32
        let open: UInt32
        /// Requests that wait for it, or had to be refused since the last round.
        let waiting: UInt32
    }

    /// The length of a round, within half of which a claim must reach the others.
    static let round = Duration.seconds(1)
    /// A claim that is older may not be the newest.
    private static let freshness = Duration.milliseconds(2_200)

    /// Calls that come sooner after a backend's last round leave its share as it is: nothing may be
    /// taken before the others have heard that it is wished.
    private static let leastInterval = round * 19 / 20

    /// What a peer claims of one backend.
    fileprivate struct Known {
        let claim: ConnectionClaim
        let isFresh: Bool
    }

    fileprivate struct Entry {
        var share: ConnectionShare
        var claim: ConnectionClaim
        var last: Instant
        /// Since when each peer that is present claims nothing.
        var silentSince: [NodeName: Instant] = [:]
        /// The most that waited at a call since the last round.
        var waiting: UInt32 = 0
    }

    /// After which a peer that claims nothing is taken to hold its fair part: it does not have the
    /// backend, or not its limit, and must not keep all others from using it. One whose control
    /// begins anew is silent for less, and may hold more.
    fileprivate static let silence = Duration.seconds(5)

    private let node: NodeName?
    private var entries: [UInt64: Entry] = [:]
    private var number: UInt64 = 0
    private var last: [BackendClaim] = []
    /// Until when this node's claims are told again in each round although they stay the same:
    /// somebody else wants some, and takes only what is known to be free.
    private var tellsUntil = Instant.zero

    /// - Parameter node: nil for a node that stands alone.
    init(node: NodeName?) {
        self.node = node
    }

    /// What one round brought.
    struct Outcome {
        /// How many connections this node may have, by backend.
        var limits: [UInt64: UInt32] = [:]
        var claims: [BackendClaim] = []
        /// The number to tell the claims under.
        var number: UInt64 = 0
    }

    /// One round; a call out of turn brings the backends in that are new.
    ///
    /// In a cluster the first round of a backend only tells what this node holds, because another
    /// control process of it may have had a round a moment ago.
    ///
    /// - Parameters:
    ///   - held: what this node may have by what was written down before control restarted.
    ///   - peers: the other nodes that are present.
    ///   - knowsPeers: whether these are all there are, as far as can be known. A node that has
    ///     only begun to look for others changes nothing.
    mutating func round(
        _ demands: [Demand], peers: [NodeName], knowsPeers: Bool = true,
        claims: [ObservedClaims], held: (UInt64) -> UInt32, at now: Instant
    ) -> Outcome {
        var known: [UInt64: [NodeName: Known]] = [:]
        var isWanted = false
        for observed in claims where observed.owner != node {
            let isFresh = observed.age <= Self.freshness
            for claim in observed.claims {
                known[claim.backend, default: [:]][observed.owner] = Known(
                    claim: ConnectionClaim(claim), isFresh: isFresh)
                if claim.wanted > 0 { isWanted = true }
            }
        }
        var outcome = Outcome()
        var next: [UInt64: Entry] = [:]
        for demand in demands {
            var entry =
                entries[demand.backend]
                ?? Entry(holding: held(demand.backend), open: demand.open, at: now)
            let isNew = entries[demand.backend] == nil
            let isDue = isNew ? peers.isEmpty : entry.last + Self.leastInterval <= now
            if isDue, knowsPeers {
                let others = entry.others(
                    peers, known[demand.backend] ?? [:], backend: demand.backend,
                    fairPart: demand.maximum / UInt32(peers.count + 1), at: now)
                entry.claim = entry.share.round(
                    maximum: demand.maximum, open: demand.open,
                    waiting: max(demand.waiting, entry.waiting),
                    rank: node.map { Self.rank($0, demand.backend) } ?? 0, peers: others)
                entry.last = now
                entry.waiting = 0
            } else {
                entry.waiting = max(entry.waiting, demand.waiting)
            }
            next[demand.backend] = entry
            outcome.limits[demand.backend] = entry.share.limit
            outcome.claims.append(BackendClaim(demand.backend, entry.claim))
            if entry.claim.wanted > 0 { isWanted = true }
            let others = (known[demand.backend] ?? [:]).filter { peers.contains($0.key) }
            let held = others.values.reduce(UInt64(entry.share.limit)) {
                $0 + UInt64($1.claim.limit)
            }
            // Nobody takes of what is left but by what was told lately.
            if !peers.isEmpty, held != UInt64(demand.maximum) { isWanted = true }
        }
        entries = next
        note(outcome.claims, isWanted: isWanted, at: now)
        outcome.number = number
        return outcome
    }

    /// While anything moves, claims are told in every round, so that the others know them to be
    /// the newest; at rest they cost nothing.
    private mutating func note(_ claims: [BackendClaim], isWanted: Bool, at now: Instant) {
        if isWanted || claims != last { tellsUntil = now + Self.round * 5 }
        last = claims
        if now < tellsUntil { number += 1 }
    }

    fileprivate static func rank(_ node: NodeName, _ backend: UInt64) -> UInt64 {
        var hash = StableHash(of: node.text)
        hash.combine(backend)
        return hash.value
    }
}

extension ConnectionShares.Entry {
    /// A backend of which this node may have so many connections, by what was written down.
    fileprivate init(holding limit: UInt32, open: UInt32, at now: Instant) {
        share = ConnectionShare(limit: limit)
        claim = ConnectionClaim(open: open, limit: limit, wanted: 0, ticket: 0)
        last = now
    }

    /// The peers as the next round is to see them.
    fileprivate mutating func others(
        _ peers: [NodeName], _ known: [NodeName: ConnectionShares.Known], backend: UInt64,
        fairPart: UInt32, at now: Instant
    ) -> [ConnectionShare.Peer] {
        var silent: [NodeName: Instant] = [:]
        let others = peers.map { peer in
            let rank = ConnectionShares.rank(peer, backend)
            if let known = known[peer] {
                return ConnectionShare.Peer(claim: known.claim, isFresh: known.isFresh, rank: rank)
            }
            let since = silentSince[peer] ?? now
            silent[peer] = since
            let isLong = since + ConnectionShares.silence <= now
            return ConnectionShare.Peer(
                claim: .silent(isLong ? fairPart : 0), isFresh: isLong, rank: rank)
        }
        silentSince = silent
        return others
    }
}

extension BackendClaim {
    fileprivate init(_ backend: UInt64, _ claim: ConnectionClaim) {
        self.init(
            backend: backend, open: claim.open, limit: claim.limit, wanted: claim.wanted,
            ticket: claim.ticket)
    }
}

extension ConnectionClaim {
    /// What a node is taken to claim that has said nothing.
    fileprivate static func silent(_ limit: UInt32) -> ConnectionClaim {
        ConnectionClaim(open: 0, limit: limit, wanted: 0, ticket: 0)
    }

    fileprivate init(_ claim: BackendClaim) {
        self.init(
            open: claim.open, limit: claim.limit, wanted: claim.wanted, ticket: claim.ticket)
    }
}
