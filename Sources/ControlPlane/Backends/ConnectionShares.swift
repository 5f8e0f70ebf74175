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

    private let node: NodeName?
    private var shares: [UInt64: ConnectionShare] = [:]
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

    /// One round.
    ///
    /// - Parameters:
    ///   - held: what this node may have by what was written down before control restarted.
    ///   - peers: the other nodes that are present.
    mutating func round(
        _ demands: [Demand], peers: [NodeName], claims: [ObservedClaims],
        held: (UInt64) -> UInt32, at now: Instant
    ) -> Outcome {
        var known: [UInt64: [NodeName: (claim: ConnectionClaim, isFresh: Bool)]] = [:]
        var isWanted = false
        for observed in claims where observed.owner != node {
            let isFresh = observed.age <= Self.freshness
            for claim in observed.claims {
                known[claim.backend, default: [:]][observed.owner] = (
                    ConnectionClaim(claim),
                    isFresh
                )
                if claim.wanted > 0 { isWanted = true }
            }
        }
        var outcome = Outcome()
        var next: [UInt64: ConnectionShare] = [:]
        for demand in demands {
            var share = shares[demand.backend] ?? ConnectionShare(limit: held(demand.backend))
            let nothing = ConnectionClaim(open: 0, limit: 0, wanted: 0, ticket: 0)
            let others = peers.map { peer in
                let entry = known[demand.backend]?[peer] ?? (nothing, false)
                return ConnectionShare.Peer(
                    claim: entry.claim, isFresh: entry.isFresh,
                    rank: Self.rank(peer, demand.backend))
            }
            let claim = share.round(
                maximum: demand.maximum, open: demand.open, waiting: demand.waiting,
                rank: node.map { Self.rank($0, demand.backend) } ?? 0, peers: others)
            next[demand.backend] = share
            outcome.limits[demand.backend] = share.limit
            outcome.claims.append(
                BackendClaim(
                    backend: demand.backend, open: claim.open, limit: claim.limit,
                    wanted: claim.wanted, ticket: claim.ticket))
            if claim.wanted > 0 { isWanted = true }
        }
        shares = next
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

    private static func rank(_ node: NodeName, _ backend: UInt64) -> UInt64 {
        var hash = StableHash(of: node.text)
        hash.combine(backend)
        return hash.value
    }
}

extension ConnectionClaim {
    fileprivate init(_ claim: BackendClaim) {
        self.init(
            open: claim.open, limit: claim.limit, wanted: claim.wanted, ticket: claim.ticket)
    }
}
