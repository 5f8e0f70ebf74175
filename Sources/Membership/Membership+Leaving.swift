package import Primitives

/// A leaving under way.
struct Departure: Hashable, Sendable {
    let started: Instant
    /// How many peers should acknowledge it.
    let wanted: Int
    var deadline: Instant
    var acknowledgements = 0
    var isOver = false

    mutating func postpone(by lag: Duration) { deadline = deadline + lag }
}

extension Membership {
    /// Leaves the cluster: says so to a few peers until they acknowledge it, then `departed`.
    ///
    /// The node goes on answering afterwards, for as long as it runs, but probes nobody. Leaving
    /// cannot be taken back by this life; a new one, with a higher generation, joins as usual.
    package mutating func leave(at now: Instant, effects: inout [MembershipEffect]) {
        guard departure == nil else { return }
        let witnesses = pick(configuration.departureWitnesses) { $0.state.isPresent }
        if ownClaim.state == .refused {
            // Within one incarnation nothing outranks a refusal.
            ownClaim.incarnation = min(ownClaim.incarnation + 1, Claim.incarnationMax)
        }
        refusal = nil
        ownClaim.state = .left
        departure = Departure(
            started: now, wanted: witnesses.count,
            deadline: now + configuration.departureTimeout)
        probes.removeAll()
        effects.append(.spread(identity.name))
        for witness in witnesses {
            guard let index = roster.index(named: witness.name) else { continue }
            beginProbe(of: index, purpose: .farewell, at: now, effects: &effects)
        }
        endDeparture(at: now, effects: &effects)
    }

    /// Reports the leaving as done once enough peers know, or when its time is over.
    mutating func endDeparture(at now: Instant, effects: inout [MembershipEffect]) {
        guard let current = departure, !current.isOver,
            current.acknowledgements >= current.wanted || now >= current.deadline
        else { return }
        departure?.isOver = true
        departure?.deadline = .distantFuture
        probes.removeAll()
        effects.append(.departed(acknowledgements: current.acknowledgements))
    }
}
